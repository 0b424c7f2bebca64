"""The style file, version 1: one `.safetensors` file with ModelSpec, kohya and stylecli metadata."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.errors import StylecliError
from stylecli.files import write_whole
from stylecli.styles.header import StyleFileError, checked_header
from stylecli.styles.style import Prompt, Provenance, Style

if TYPE_CHECKING:
    from torch import Tensor

VERSION = 1
_READABLE = {str(version) for version in range(1, VERSION + 1)}


def write_style(style: Style, path: Path) -> None:
    """Write a style file, whole or not at all. The same style gives the same bytes.

    Raises:
        StylecliError: The folder is read-only or the disk is full, or the style holds values
            with which `read_style` would refuse the file.
    """
    for key, tensor in style.tensors.items():
        if not tensor.isfinite().all():
            raise StylecliError(
                f"{style.name}: {key} has values that are not finite; the training diverged.",
                "Train with a lower --learning-rate.",
            )
    content = _serialised(style)
    write_whole(path, lambda temporary: _write(temporary, content))


def read_style(path: Path) -> Style:
    """Read a style file whole.

    Raises:
        StyleFileError: No style file, a damaged one, or one that needs a newer stylecli.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    metadata = read_metadata(path)
    try:
        tensors = load_file(str(path))
    except (OSError, SafetensorError) as problem:
        raise StyleFileError(f"{path}: truncated or damaged ({problem}).") from problem
    for key, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise StyleFileError(
                f"{path}: {key} has values that are not finite; the file is unusable."
            )
    return style_from(metadata, tensors, path.stem)


def read_metadata(path: Path) -> dict[str, str]:
    """Check a file's header and give its metadata, without reading the tensors or importing torch.

    Raises:
        StyleFileError: As `read_style`.
    """
    header = checked_header(path)
    metadata = header.get("__metadata__", {})
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        raise StyleFileError(f"{path}: damaged metadata.")
    version = metadata.get("stylecli.format")
    if version is None:
        raise StyleFileError(
            f"{path}: not made by stylecli (its metadata has no 'stylecli.format')."
        )
    if version not in _READABLE:
        raise StyleFileError(
            f"{path}: written in style format {version}; this stylecli reads up to {VERSION}.",
            "Update stylecli.",
        )
    return {str(key): value for key, value in metadata.items()}


def style_metadata(style: Style) -> dict[str, str]:
    """The file's metadata, keys sorted, every value a string."""
    made = style.provenance
    alphas = {float(tensor) for key, tensor in style.tensors.items() if key.endswith(".alpha")}
    ranks = {
        tensor.shape[0]
        for key, tensor in style.tensors.items()
        if key.endswith(".lora_down.weight")
    }
    kind = {"sd15": "stable-diffusion-v1", "sdxl": "stable-diffusion-xl-v1-base"}.get(
        style.family, style.family
    )
    if made.embedded:
        # Only so that no other tool takes a style of the embedded base for one of the real model.
        kind = "stylecli-tiny-xl" if style.family == "sdxl" else "stylecli-tiny"
    metadata = {
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
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.architecture": f"{kind}/lora" if ranks else kind,
        "modelspec.implementation": "diffusers",
        "modelspec.title": style.name,
        "modelspec.date": made.created,
        "modelspec.prediction_type": "v" if made.prediction_type == "v_prediction" else "epsilon",
        "modelspec.trigger_phrase": style.prompt.with_subject(""),
        "modelspec.hash_sha256": "0x" + _tensor_hash(style.tensors),
        "ss_base_model_version": "stylecli_tiny"
        if made.embedded
        else {"sd15": "sd_v1", "sdxl": "sdxl_base_v1-0"}.get(style.family, style.family),
        "ss_sd_model_name": made.base,
        "ss_num_train_images": str(made.dataset.get("count", 0)),
    }
    if made.resolution:
        metadata["modelspec.resolution"] = f"{made.resolution}x{made.resolution}"
        metadata["ss_resolution"] = f"({made.resolution}, {made.resolution})"
    if ranks:
        metadata["ss_network_module"] = "networks.lora"
        metadata["ss_network_dim"] = str(max(ranks))
        metadata["ss_network_alpha"] = f"{max(alphas):g}" if alphas else str(max(ranks))
    if style.thumbnail:
        metadata["modelspec.thumbnail"] = (
            "data:image/jpeg;base64," + base64.b64encode(style.thumbnail).decode()
        )
    return dict(sorted(metadata.items()))


def style_from(metadata: Mapping[str, str], tensors: Mapping[str, Tensor], name: str) -> Style:
    """Build a style from a file's metadata and tensors.

    Raises:
        StyleFileError: An entry is missing or no JSON.
    """
    try:
        prompt = _mapping(metadata, "stylecli.prompt")
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
        )
        return Style(
            name=name,
            method=metadata["stylecli.method"],
            family=metadata["stylecli.family"],
            tensors=tensors,
            prompt=Prompt(str(prompt["prefix"]), str(prompt["token"])),
            transfer=_mapping(metadata, "stylecli.transfer"),
            provenance=provenance,
            thumbnail=base64.b64decode(metadata.get("modelspec.thumbnail", "").partition(",")[2]),
        )
    except KeyError as problem:
        raise StyleFileError(f"{name}: damaged style metadata ({problem} is missing).") from problem
    except (ValueError, TypeError, RecursionError) as problem:
        raise StyleFileError(f"{name}: damaged style metadata ({problem}).") from problem


def _mapping(metadata: Mapping[str, str], key: str) -> dict[str, Any]:
    value = json.loads(metadata[key])
    if not isinstance(value, dict):
        raise ValueError(f"{key} is no JSON object")
    return value


def _serialised(style: Style) -> bytes:
    from safetensors.torch import save

    tensors = {key: style.tensors[key].contiguous() for key in sorted(style.tensors)}
    content: bytes = save(tensors, metadata=style_metadata(style))
    # The library writes metadata in a random order; the same style must give the same bytes.
    length = struct.unpack("<Q", content[:8])[0]
    header = json.dumps(
        json.loads(content[8 : 8 + length]), ensure_ascii=False, sort_keys=True
    ).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + content[8 + length :]


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _tensor_hash(tensors: Mapping[str, Tensor]) -> str:
    import torch

    digest = hashlib.sha256()
    for key in sorted(tensors):
        digest.update(key.encode())
        digest.update(tensors[key].contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
