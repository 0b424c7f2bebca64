"""Pictures inside the page, as small JPEGs."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stylecli.errors import StylecliError
from stylecli.images.reading import read_picture

SIDE = 320
"""Longest side of a thumbnail in pixels."""

TALLEST = 240
"""Greatest height on the page."""

_QUALITY = 82


@dataclass(frozen=True)
class Thumbnail:
    """A small picture.

    Attributes:
        source: A data URI.
        width: On the page, in its pixels: pictures of one shape are shown in one size, whatever their own.
        height: Likewise.
    """

    source: str
    width: int
    height: int


class Thumbnails:
    """Makes thumbnails, each file's once.

    Args:
        made: Those that are there already; None for a file that is gone.
    """

    def __init__(self, made: Mapping[Path, Thumbnail | None] | None = None) -> None:
        self._made = dict(made or {})

    def of(self, path: Path) -> Thumbnail | None:
        """The thumbnail of a file; None where it cannot be read."""
        if path not in self._made:
            self._made[path] = _thumbnail(path)
        return self._made[path]


def _thumbnail(path: Path) -> Thumbnail | None:
    from PIL import Image

    try:
        picture = read_picture(path)
    except StylecliError:
        return None
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY, optimize=True)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    scale = min(SIDE / picture.width, TALLEST / picture.height)
    width, height = (max(1, round(scale * side)) for side in picture.size)
    return Thumbnail(f"data:image/jpeg;base64,{content}", width, height)
