"""The size a picture is worked on, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MAX_AREA_FACTOR = 8
"""A very long picture is scaled down until its area is at most this many squares of the short side."""

MIN_SIDE = 64
"""Smallest side that a denoiser is given, in pixels."""


@dataclass(frozen=True)
class Framed:
    """A picture scaled and padded for a denoiser.

    Attributes:
        image: The padded RGB picture; both sides are multiples of the asked-for number.
        size: Width and height of the part that is the picture, at the top left.
    """

    image: Image.Image
    size: tuple[int, int]


def working_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Scale a size so that its short side is `short_side` and its aspect is kept.

    Very long pictures become smaller than that: their area stays within `MAX_AREA_FACTOR` times
    ``short_side ** 2``.

    Returns:
        Width and height in pixels, at least 1 each.
    """
    scale = short_side / min(width, height)
    area = width * height * scale * scale
    limit = MAX_AREA_FACTOR * short_side * short_side
    if area > limit:
        scale *= (limit / area) ** 0.5
    # Padding to `MIN_SIDE` must not undo the limit, hence the cap on the long side.
    scale = min(scale, max(1, limit // MIN_SIDE) / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def frame(image: Image.Image, short_side: int, multiple: int) -> Framed:
    """Scale a picture to its working size and pad it, by repeating its border, to full cells.

    Args:
        image: An RGB picture of any size.
        short_side: Short side in pixels after scaling.
        multiple: Both sides of the result are multiples of this, and at least `MIN_SIDE`.
    """
    import numpy as np
    from PIL import Image

    width, height = working_size(image.width, image.height, short_side)
    scaled = image.resize((width, height), Image.Resampling.LANCZOS)
    full_width, full_height = (
        -(-max(MIN_SIDE, side) // multiple) * multiple for side in (width, height)
    )
    if (full_width, full_height) == (width, height):
        return Framed(scaled, (width, height))
    padding = ((0, full_height - height), (0, full_width - width), (0, 0))
    padded = np.pad(np.asarray(scaled), padding, mode="edge")
    return Framed(Image.fromarray(padded), (width, height))


def unframe(image: Image.Image, framed: Framed) -> Image.Image:
    """Cut the padding off again."""
    return image.crop((0, 0, *framed.size))
