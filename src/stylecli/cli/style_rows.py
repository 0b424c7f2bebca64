"""What a style's file says of itself, as rows for its card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stylecli.cli.console import costs_of
from stylecli.styles.metadata import source_in


def own_rows(metadata: Mapping[str, str]) -> dict[str, str]:
    """What a style of ours says of itself, by label."""
    prompt, dataset, training, options, defaults = (
        json.loads(metadata[f"stylecli.{key}"])
        for key in ("prompt", "dataset", "training", "options", "transfer")
    )
    source = source_in(metadata)
    captions = ", ".join(
        f"{count} from {place}" for place, count in sorted(dataset.get("captions", {}).items())
    )
    pictures = str(dataset.get("count") or "not known")
    if dataset.get("fingerprint"):
        pictures += f" (fingerprint {dataset['fingerprint'][:16]})"
    if dataset.get("source"):
        pictures += f" of {dataset['source']}"
    if captions:
        pictures += f"; captions: {captions}"
    base_hash = metadata.get("stylecli.base_hash", "")
    return {
        "method": metadata.get("stylecli.method", ""),
        "base": f"{metadata.get('stylecli.base', '')} ({metadata.get('stylecli.family', '')} family)",
        "base weights": base_hash[:16] or "not known",
        "words": prompt.get("prefix", "") or "none",
        "pictures": pictures,
        "training": _listed({key: value for key, value in training.items() if key != "phases"})
        or "not known",
        **({"cost": costs_of(training)} if training.get("phases") else {}),
        "options": _listed(options) or "not known",
        "transfer": _listed(defaults) or "as the base and the method have it",
        "comes from": _origin(source),
        "date": metadata.get("modelspec.date", "") or "not known",
        "author": metadata.get("modelspec.author", "") or "not said",
        "licence": metadata.get("modelspec.license", "") or "not said",
        "made by": ("another program, brought in by " if "layout" in source else "")
        + f"stylecli {metadata.get('stylecli.version', '')}".strip(),
        "format": f"style file {metadata['stylecli.format']}",
    }


def _origin(source: Mapping[str, Any]) -> str:
    if "merged" in source:
        parts = [f"{one.get('name')} x {one.get('scale')}" for one in source["merged"]]
        return f"merged ({source.get('combination')}) of " + ", ".join(parts)
    if source:
        text = f"imported from {source.get('name')} ({source.get('layout')} layout)"
        left_out = source.get("left_out") or []
        return text + (f"; left out: {', '.join(left_out)}" if left_out else "")
    return "training"


def foreign_rows(metadata: Mapping[str, str], family: str, embedded: bool) -> dict[str, str]:
    """What a LoRA of another program says of itself, by label.

    Args:
        metadata: Of its file.
        family: What its keys tell, or "".
        embedded: Whether it is for a base of stylecli's own.
    """
    known = {
        "title": ("modelspec.title", "ss_output_name"),
        "architecture": ("modelspec.architecture", "ss_base_model_version"),
        "base": ("ss_sd_model_name",),
        "words": ("modelspec.trigger_phrase",),
        "pictures": ("ss_num_train_images",),
        "steps": ("ss_steps", "ss_max_train_steps"),
        "date": ("modelspec.date",),
        "author": ("modelspec.author",),
        "licence": ("modelspec.license",),
    }
    model = {"sd15": "SD 1.5", "sdxl": "SDXL"}.get(family, "a base that its keys do not tell")
    rows = {
        "made by": "another program, or exported for one",
        "for": "a base of stylecli's own" if embedded else model,
    }
    for label, keys in known.items():
        for key in keys:
            if metadata.get(key):
                rows.setdefault(label, metadata[key])
    return rows


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())
