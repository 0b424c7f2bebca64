"""The header of a `.safetensors` file, checked before anything of the file is trusted."""

from __future__ import annotations

import itertools
import json
import math
import stat
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stylecli.errors import StylecliError

MAX_HEADER = 25_000_000
MAX_FILE = 4_000_000_000
MAX_SIDES = 8
SUFFIX = ".safetensors"
_DTYPES = {"F16": 2, "BF16": 2, "F32": 4}
PICKLED = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
"""Endings of files that can run code when they are opened."""


class StyleFileError(StylecliError):
    """A file that is no style file, or a damaged one."""


def checked_header(path: Path) -> dict[str, Any]:
    """Read a file's header: entries by key, with ``__metadata__`` among them.

    Raises:
        StyleFileError: No file, pickled, no safetensors file, too large, or entries of other types, outside
            the file, or overlapping.
    """
    refuse_pickled(path)
    try:
        found = path.stat()
        # Whoever opens a pipe waits for somebody to write.
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or a device"
            raise StyleFileError(f"{path}: cannot be read ({what}, not a file).")
        size = found.st_size
        with path.open("rb") as file:
            start = file.read(8)
            if len(start) < 8:
                raise StyleFileError(f"{path}: not a safetensors file ({size} bytes).")
            length = struct.unpack("<Q", start)[0]
            if size > MAX_FILE:
                raise StyleFileError(
                    f"{path}: {_human(size)}; style files of more than {_human(MAX_FILE)} are not read."
                )
            if length > size - 8 or length > MAX_HEADER:
                raise StyleFileError(
                    f"{path}: not a safetensors file (header claims {_human(length)}, file has {_human(size)}).",
                    _looks_like(start),
                )
            header = json.loads(file.read(length))
    except OSError as problem:
        raise StyleFileError(
            f"{path}: cannot be read ({problem.strerror or problem})."
        ) from problem
    except (ValueError, RecursionError) as problem:
        raise StyleFileError(
            f"{path}: not a safetensors file (its header is no JSON)."
        ) from problem
    if not isinstance(header, dict):
        raise StyleFileError(f"{path}: not a safetensors file (its header is no JSON object).")
    _check_offsets(path, header, size - 8 - length)
    return header


def read_scalars(path: Path, header: Mapping[str, Any], keys: Iterable[str]) -> dict[str, float]:
    """Read single numbers out of a file whose header was checked; others among `keys` are left out.

    Raises:
        StyleFileError: The file cannot be read.
    """
    found = {}
    try:
        with path.open("rb") as file:
            start = 8 + struct.unpack("<Q", file.read(8))[0]
            for key in keys:
                entry = header[key]
                if math.prod(entry["shape"]) == 1:
                    file.seek(start + entry["data_offsets"][0])
                    found[key] = _number(file.read(_DTYPES[entry["dtype"]]), entry["dtype"])
    except (OSError, struct.error) as problem:
        raise StyleFileError(f"{path}: cannot be read ({problem}).") from problem
    return found


def _number(content: bytes, dtype: str) -> float:
    if dtype == "BF16":
        # The upper half of a float32.
        return float(struct.unpack("<f", b"\0\0" + content)[0])
    return float(struct.unpack("<e" if dtype == "F16" else "<f", content)[0])


def refuse_pickled(path: Path) -> None:
    """Refuse a file by its ending, unread.

    Raises:
        StyleFileError: It is a pickled one.
    """
    if path.suffix.lower() in PICKLED:
        raise StyleFileError(
            f"{path}: pickled files can run any code when they are opened and are not read.",
            "Convert it to .safetensors first.",
        )


def _check_offsets(path: Path, header: Mapping[str, Any], room: int) -> None:
    spans = []
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        try:
            kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        except (KeyError, TypeError, ValueError) as problem:
            raise StyleFileError(f"{path}: damaged entry {key!r}.") from problem
        # Multiplying thousands of sides takes hours; no weight has more than a few.
        shaped = isinstance(shape, list) and len(shape) <= MAX_SIDES and _are_sizes(shape)
        if not isinstance(kind, str) or not shaped:
            raise StyleFileError(f"{path}: damaged entry {key!r}.")
        if kind not in _DTYPES:
            raise StyleFileError(
                f"{path}: {key} is of type {kind}; a style holds F16, BF16 or F32."
            )
        if not _are_sizes((begin, end)) or not begin <= end <= room:
            raise StyleFileError(f"{path}: truncated or damaged ({key} lies outside the file).")
        if end - begin != math.prod(shape) * _DTYPES[kind]:
            raise StyleFileError(f"{path}: damaged ({key} has not the size of its shape {shape}).")
        spans.append((begin, end))
    spans.sort()
    if any(first[1] > second[0] for first, second in itertools.pairwise(spans)):
        raise StyleFileError(f"{path}: damaged (entries overlap).")


def _looks_like(start: bytes) -> str | None:
    """What a file that is no safetensors file seems to be, by its first bytes."""
    if start.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")):
        return "It looks like a picture."
    if start.startswith(b"PK"):
        return "It looks like a zip or a pickled file."
    if start.isascii() and start.decode().isprintable():
        return "It looks like text."
    return None


def _are_sizes(numbers: Iterable[Any]) -> bool:
    return all(type(number) is int and number >= 0 for number in numbers)


def _human(size: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} {unit}"
        size = size // 1000
    return str(size)
