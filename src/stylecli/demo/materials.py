"""What the demo works on: style pictures, a photograph and a scene, written into a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from stylecli.demo.painter import paint
from stylecli.demo.scenes import scene
from stylecli.progress import Event, Progress

PHOTOGRAPH = Path(__file__).parent / "coffee.jpg"
"""A photograph in the public domain; see PHOTO.md."""

PAINTINGS = 36
SCENE_SEED = 44
STAGE = "painting style pictures"


def paint_style_pictures(
    folder: Path, count: int, progress: Progress, size: tuple[int, int] = (288, 224)
) -> None:
    """Paint scenes with the project's own painter; their titles become the file names.

    Args:
        folder: Made where it is missing.
        count: How many, 1 to `PAINTINGS`; no two show the same.
        progress: Hears of every picture.
        size: Width and height in pixels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        view = scene(number, size)
        paint(view.image, seed=number).save(folder / f"{view.title.replace(' ', '-')}.png")
        progress(Event(STAGE, number + 1, count))


def write_photos(folder: Path) -> list[Path]:
    """Put the photograph, and a scene that is in none of the style pictures, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    photograph = folder / "coffee.jpg"
    shutil.copyfile(PHOTOGRAPH, photograph)
    generated = folder / "meadow.png"
    scene(SCENE_SEED, (384, 256)).image.save(generated)
    return [photograph, generated]
