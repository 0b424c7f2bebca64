"""The style file, version 1: one `.safetensors` file, written whole and checked before it is believed."""

from __future__ import annotations

import hashlib
import json
import shlex
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import StylecliError
from stylecli.files import write_whole
from stylecli.styles.header import StyleFileError, checked_header
from stylecli.styles.metadata import VERSION, style_from, style_metadata
from stylecli.styles.style import Style

if TYPE_CHECKING:
    from torch import Tensor

_READABLE = {str(version) for version in range(1, VERSION + 1)}


def write_style(style: Style, path: Path) -> None:
    """Write a style file, whole or not at all. The same style gives the same bytes.

    Raises:
        StylecliError: The folder is read-only or the disk is full, or the style holds values
            with which `read_style` would refuse the file.
    """
    data = tensor_bytes(style.tensors, style.name)
    content_hash = hashlib.sha256(data[8 + _header_length(data) :]).hexdigest()
    content = with_metadata(data, style_metadata(style, content_hash))
    write_whole(path, lambda temporary: _write(temporary, content))


def read_style(path: Path) -> Style:
    """Read a style file whole.

    Raises:
        StyleFileError: No style file, a damaged one, or one that needs a newer stylecli.
    """
    metadata = read_metadata(path)
    return style_from(metadata, read_tensors(path), path.stem)


def read_metadata(path: Path) -> dict[str, str]:
    """Check a file's header and give its metadata, without reading the tensors or importing torch.

    Raises:
        StyleFileError: As `read_style`.
    """
    metadata = metadata_of(checked_header(path), path)
    if not is_ours(metadata, path):
        raise StyleFileError(
            f"{path}: not made by stylecli (its metadata has no 'stylecli.format').",
            f"If it is a LoRA, bring it in with: stylecli styles import {shlex.quote(str(path))}",
        )
    return metadata


def metadata_of(header: Mapping[str, object], path: Path) -> dict[str, str]:
    """The metadata in a checked header; empty where there is none.

    Raises:
        StyleFileError: It is not text by name.
    """
    metadata = header.get("__metadata__", {})
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        raise StyleFileError(f"{path}: damaged metadata.")
    return {str(key): value for key, value in metadata.items()}


def is_ours(metadata: Mapping[str, str], path: Path) -> bool:
    """Whether stylecli wrote the file with this metadata.

    Raises:
        StyleFileError: A newer stylecli did, in a format that this one cannot read.
    """
    version = metadata.get("stylecli.format")
    if version is not None and version not in _READABLE:
        raise StyleFileError(
            f"{path}: written in style format {version}; this stylecli reads up to {VERSION}.",
            "Update stylecli.",
        )
    return version is not None


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file whose header was checked, in the number types of the file.

    Raises:
        StyleFileError: The file is damaged, or a value is not finite.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Tensor] = load_file(str(path))
    except (OSError, ValueError, SafetensorError) as problem:
        raise StyleFileError(f"{path}: truncated or damaged ({problem}).") from problem
    for key, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise StyleFileError(
                f"{path}: {key} has values that are not finite; the file is unusable."
            )
    return tensors


def tensor_bytes(tensors: Mapping[str, Tensor], name: str) -> bytes:
    """A safetensors file of these tensors, without metadata.

    Raises:
        StylecliError: A value is not finite; the message says of what by `name`.
    """
    from safetensors.torch import save

    for key, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise StylecliError(
                f"{name}: {key} has values that are not finite; nothing was written.",
                "A training that diverged wants a lower --learning-rate; values too large for fp16 want "
                "bf16 or fp32.",
            )
    content: bytes = save({key: tensors[key].contiguous() for key in sorted(tensors)})
    return content


def with_metadata(content: bytes, metadata: Mapping[str, str]) -> bytes:
    """A safetensors file with other metadata.

    The library writes metadata in a random order; the same style must give the same bytes.
    """
    length = _header_length(content)
    entries = json.loads(content[8 : 8 + length]) | {"__metadata__": dict(metadata)}
    header = json.dumps(entries, ensure_ascii=False, sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + content[8 + length :]


def _header_length(content: bytes) -> int:
    return int(struct.unpack("<Q", content[:8])[0])


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
