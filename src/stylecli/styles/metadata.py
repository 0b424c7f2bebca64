"""A style's metadata in its file: ModelSpec's and kohya's entries where they exist, ours beside them.

Sources: `Stability-AI/ModelSpec` 1.0, `kohya-ss/sd-scripts` train_network.py (the ``ss_`` entries).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from stylecli.styles.header import StyleFileError
from stylecli.styles.style import Prompt, Provenance, Style

VERSION = 1
FAMILIES = ("sd15", "sdxl")

_ARCHITECTURE = {"sd15": "stable-diffusion-v1", "sdxl": "stable-diffusion-xl-v1-base"}
_KOHYA_BASE = {"sd15": "sd_v1", "sdxl": "sdxl_base_v1-0"}
_KOHYA_OPTIONS = {
    "learning_rate": "ss_learning_rate",
    "lr_schedule": "ss_lr_scheduler",
    "warmup": "ss_lr_warmup_steps",
    "batch_size": "ss_total_batch_size",
    "accumulation": "ss_gradient_accumulation_steps",
    "gradient_checkpointing": "ss_gradient_checkpointing",
    "clip_norm": "ss_max_grad_norm",
    "dropout": "ss_network_dropout",
    "caption_dropout": "ss_caption_dropout_rate",
    "min_snr": "ss_min_snr_gamma",
    "noise_offset": "ss_noise_offset",
}
_KOHYA_TRAINING = {"steps": "ss_steps", "epochs": "ss_epoch", "seed": "ss_seed"}


def style_metadata(style: Style, content_hash: str) -> dict[str, str]:
    """The file's metadata, keys sorted, every value a string.

    Args:
        style: The style.
        content_hash: SHA-256 of the file behind its header, in hex.
    """
    entries = _ours(style) | _modelspec(style, content_hash) | _kohya(style, content_hash)
    return dict(sorted(entries.items()))


def style_from(metadata: Mapping[str, str], tensors: Mapping[str, Any], name: str) -> Style:
    """Build a style from a file's metadata and tensors.

    Raises:
        StyleFileError: An entry is missing or no JSON.
    """
    try:
        prompt = _mapping(metadata, "stylecli.prompt")
        if metadata["stylecli.family"] not in FAMILIES:
            raise ValueError(f"a family {metadata['stylecli.family']!r} is not known")
        provenance = Provenance(
            base=metadata["stylecli.base"],
            base_hash=metadata["stylecli.base_hash"],
            options=_mapping(metadata, "stylecli.options"),
            dataset=_mapping(metadata, "stylecli.dataset"),
            training=_mapping(metadata, "stylecli.training"),
            resolution=int(metadata.get("modelspec.resolution", "0").partition("x")[0]),
            prediction_type="v_prediction"
            if metadata["modelspec.prediction_type"] == "v"
            else "epsilon",
            created=metadata["modelspec.date"],
            version=metadata["stylecli.version"],
            embedded=bool(json.loads(metadata.get("stylecli.embedded", "false"))),
            author=metadata.get("modelspec.author", ""),
            licence=metadata.get("modelspec.license", ""),
            tags=_tags(metadata),
            source=source_in(metadata),
        )
        return Style(
            name=name,
            method=metadata["stylecli.method"],
            family=metadata["stylecli.family"],
            tensors=tensors,
            prompt=Prompt(str(prompt["prefix"]), str(prompt["token"])),
            transfer=_mapping(metadata, "stylecli.transfer"),
            provenance=provenance,
            thumbnail=thumbnail_in(metadata),
        )
    except KeyError as problem:
        raise StyleFileError(f"{name}: damaged style metadata ({problem} is missing).") from problem
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as problem:
        raise StyleFileError(f"{name}: damaged style metadata ({problem}).") from problem


def source_in(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Where an imported or merged style came from; empty for one that was trained.

    Raises:
        ValueError: The entry is damaged.
    """
    if "stylecli.source" not in metadata:
        return {}
    source = _mapping(metadata, "stylecli.source")
    for key in ("merged", "left_out"):
        wanted = dict if key == "merged" else str
        listed = source.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(one, wanted) for one in listed):
            raise ValueError(f"stylecli.source: {key} is no list of {wanted.__name__}")
    return source


def thumbnail_in(metadata: Mapping[str, str]) -> bytes:
    """The thumbnail's JPEG, or b"" where there is none.

    Raises:
        ValueError: It is no base64.
    """
    try:
        return base64.b64decode(metadata.get("modelspec.thumbnail", "").partition(",")[2])
    except binascii.Error as problem:
        raise ValueError(f"modelspec.thumbnail: {problem}") from problem


def ranks_of(shapes: Mapping[str, Iterable[int]]) -> list[int]:
    """The ranks in a file in kohya's layout, from the shapes of its tensors, ascending."""
    downs = [tuple(shape) for key, shape in shapes.items() if key.endswith(".lora_down.weight")]
    return sorted({int(shape[0]) for shape in downs if shape})


def _ours(style: Style) -> dict[str, str]:
    made = style.provenance
    entries = {
        "stylecli.format": str(VERSION),
        "stylecli.method": style.method,
        "stylecli.version": made.version,
        "stylecli.family": style.family,
        "stylecli.base": made.base,
        "stylecli.base_hash": made.base_hash,
        "stylecli.options": _json(made.options),
        "stylecli.prompt": _json({"prefix": style.prompt.prefix, "token": style.prompt.token}),
        "stylecli.transfer": _json(style.transfer),
        "stylecli.dataset": _json(made.dataset),
        "stylecli.training": _json(made.training),
        "stylecli.embedded": _json(made.embedded),
    }
    return entries | ({"stylecli.source": _json(made.source)} if made.source else {})


def _modelspec(style: Style, content_hash: str) -> dict[str, str]:
    made = style.provenance
    kind = _ARCHITECTURE.get(style.family, style.family)
    if made.embedded:
        # Only so that no other tool takes a style of the embedded base for one of the real model.
        kind = "stylecli-tiny-xl" if style.family == "sdxl" else "stylecli-tiny"
    entries = {
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.architecture": f"{kind}/{'lora' if style.parts else style.method}",
        "modelspec.implementation": "diffusers",
        "modelspec.title": style.name,
        "modelspec.date": made.created,
        "modelspec.prediction_type": "v" if made.prediction_type == "v_prediction" else "epsilon",
        "modelspec.trigger_phrase": style.prompt.with_subject(""),
        "modelspec.hash_sha256": f"0x{content_hash}",
    }
    if made.resolution:
        entries["modelspec.resolution"] = f"{made.resolution}x{made.resolution}"
    if not style.parts:
        entries["modelspec.description"] = (
            f"No LoRA: what the method {style.method} of stylecli learnt; other programs cannot use it."
        )
    if made.author:
        entries["modelspec.author"] = made.author
    if made.licence:
        entries["modelspec.license"] = made.licence
    if "merged" in made.source:
        entries["modelspec.merged_from"] = ", ".join(
            str(one.get("name", "")) for one in made.source["merged"]
        )
    if style.thumbnail:
        data = base64.b64encode(style.thumbnail).decode()
        entries["modelspec.thumbnail"] = f"data:image/jpeg;base64,{data}"
    return entries


def _kohya(style: Style, content_hash: str) -> dict[str, str]:
    made = style.provenance
    entries = {
        "ss_base_model_version": "stylecli_tiny"
        if made.embedded
        else _KOHYA_BASE.get(style.family, style.family),
        "ss_sd_model_name": made.base,
        "ss_num_train_images": str(made.dataset.get("count", 0)),
        "ss_output_name": style.name,
        "sshs_model_hash": content_hash,
    }
    if made.resolution:
        entries["ss_resolution"] = f"({made.resolution}, {made.resolution})"
    if made.tags:
        entries["ss_tag_frequency"] = _json({style.name: made.tags})
    if style.parts:
        alphas = [float(value) for key, value in style.tensors.items() if key.endswith(".alpha")]
        rank = max(ranks_of({key: value.shape for key, value in style.tensors.items()}), default=0)
        entries["ss_network_module"] = "networks.lora"
        entries["ss_network_dim"] = str(rank)
        entries["ss_network_alpha"] = f"{max(alphas, default=rank):g}"
    for names, values in ((_KOHYA_OPTIONS, made.options), (_KOHYA_TRAINING, made.training)):
        for name, key in names.items():
            if values.get(name) is not None:
                entries[key] = str(values[name])
    return entries


def _tags(metadata: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tags in json.loads(metadata.get("ss_tag_frequency", "{}")).values():
        for tag, count in dict(tags).items():
            found[str(tag)] = found.get(str(tag), 0) + int(count)
    return found


def _mapping(metadata: Mapping[str, str], key: str) -> dict[str, Any]:
    value = json.loads(metadata[key])
    if not isinstance(value, dict):
        raise ValueError(f"{key} is no JSON object")
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
