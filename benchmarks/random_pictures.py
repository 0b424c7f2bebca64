"""Pictures whose content does not matter, quickly made: smooth colours, as JPEG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def random_picture(random: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """One picture of this width and height."""
    coarse = random.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def write_random_pictures(folder: Path, count: int, size: tuple[int, int], seed: int = 0) -> Path:
    """Write `count` of them; the folder is made."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        random_picture(random, size).save(folder / f"picture-{number:04d}.jpg", quality=92)
    return folder
