"""Small pictures to learn from and to repaint, drawn from a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def smooth_picture(seed: int = 0, size: tuple[int, int] = (80, 64)) -> Image.Image:
    """A smooth random RGB picture of a size (width, height)."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def write_paintings(folder: Path, count: int = 6) -> None:
    """Fill a folder with style pictures that have WikiArt's kind of names; a narrow palette holds them together."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture = smooth_picture(number, (80 + 8 * number, 72))
        warm = np.asarray(picture, dtype=np.float32) * (1.0, 0.8, 0.5)
        name = f"claude-monet_water-lilies-{1900 + number}.png"
        Image.fromarray(warm.astype(np.uint8)).save(folder / name)
