"""Pictures into one pack: decoded, shrunk, captioned, and split into training and held-out ones."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylecli_tiny.recipe.captions import (
    PAINTING,
    PHOTO,
    artist_and_title,
    names_excluded_painter,
    painting_caption,
    photo_caption,
    read_table,
)
from stylecli_tiny.recipe.pack import write_pack

SHORT_SIDE = 288
"""Pictures are shrunk to this short side in pixels: a little more than the base's 256."""
SMALLEST_SIDE = 96
"""Pictures with a shorter side than this many pixels are left out."""
HELD_OUT_ONE_IN = 20

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def prepare(
    paintings: Path,
    photos: Sequence[Path],
    pack: Path,
    short_side: int = SHORT_SIDE,
    smallest_side: int = SMALLEST_SIDE,
) -> None:
    """Pack all folders at `pack`: uint8 arrays of height x width x RGB.

    Facts of each: ``kind`` (`PAINTING` or `PHOTO`), ``caption``, ``artist`` ("" for photos),
    ``group`` (pictures of one group are on the same side of the split) and ``held_out``.
    """

    def items() -> Iterator[tuple[NDArray[np.uint8], dict[str, Any]]]:
        found = chain(_paintings(paintings), *map(_photos, photos))
        for file, facts in found:
            pixels = read_picture(file, short_side)
            if min(pixels.shape[:2]) >= smallest_side:
                yield pixels, {**facts, "held_out": is_held_out(facts["group"])}

    write_pack(pack, "uint8", items())


def read_picture(file: Path, short_side: int) -> NDArray[np.uint8]:
    """A picture as uint8, height x width x RGB, shrunk (never enlarged) to `short_side` pixels."""
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    scale = short_side / min(picture.size)
    if scale < 1:
        size = (round(picture.width * scale), round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(picture)


def is_held_out(group: str) -> bool:
    """Whether a group is kept for measuring; hangs on its name alone, so every run agrees."""
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_ONE_IN == 0


def _pictures(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES)


def _paintings(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    table = read_table(folder)
    for file in _pictures(folder):
        artist, title = artist_and_title(file.name)
        row = table.get(file.name, {})
        artist, title = (row.get("artist") or artist).lower(), row.get("title") or title
        if names_excluded_painter(artist):
            continue
        caption = painting_caption(artist, title)
        facts = {"kind": PAINTING, "caption": caption, "artist": artist, "group": file.stem}
        yield file, facts


def _photos(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    table = read_table(folder)
    for file in _pictures(folder):
        row = table.get(file.name, {})
        caption = photo_caption(row.get("caption") or row.get("title") or "")
        group = _photo_group(file.name, row.get("parent") or "")
        yield file, {"kind": PHOTO, "caption": caption, "artist": "", "group": group}


def _photo_group(name: str, parent: str) -> str:
    """What a photo shares with its crops: the parent's stem; files are named ``SOURCE_PARENT``."""
    return Path(parent).stem if parent else re.sub(r"^[^_]+_", "", Path(name).stem)
