"""The same photos repainted in two ways at the end of a run, and how far the results are apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stylecli.files import write_text_whole
from stylecli.images.writing import grid, save_png
from stylecli.progress import Event, Progress

if TYPE_CHECKING:
    from PIL.Image import Image

FOLDER = "comparison"
STAGE = "comparing"


class Trial(Protocol):
    """Photos to try a style on, and a judge of what became of them."""

    def photos(self, count: int, side: int) -> list[Image]:
        """So many photos, RGB, of about this short side; the same ones every time."""
        ...

    def figures(
        self, photos: Sequence[Path], outputs: Sequence[Path], progress: Progress
    ) -> Mapping[str, float]:
        """What can be said of pictures made of the photos, one of each, by the metric's short name."""
        ...


@dataclass(frozen=True)
class Comparison:
    """How far two ways of repainting are apart.

    Attributes:
        difference: Mean absolute difference of the pictures' values, in grey levels of 255.
        figures: What the judge says of each way, by its name.
    """

    difference: float
    figures: Mapping[str, Mapping[str, float]]

    def described(self) -> str:
        """One sentence for the user."""
        first, second = self.figures
        told = [
            f"{name} {value:.2f} and {self.figures[second][name]:.2f}"
            for name, value in self.figures[first].items()
            if name in self.figures[second]
        ]
        judged = f"; {', '.join(told)}" if told else ""
        return (
            f"Photos repainted with {first} and with {second}: {self.difference:.1f} grey levels apart in the mean"
            f"{judged}."
        )


def compare(
    folder: Path,
    photos: Sequence[Image],
    painted: Mapping[str, Sequence[Image]],
    trial: Trial,
    progress: Progress,
) -> Comparison:
    """Keep photos and what became of them in a run's folder, measure both ways, and say so.

    Args:
        folder: The run's.
        photos: The photos.
        painted: Two ways by name, each with a picture of every photo, in their order.
        trial: Judges both.
        progress: Hears of the result.

    Raises:
        StylecliError: The folder cannot be written.
    """
    import numpy as np

    place = folder / FOLDER
    files = {
        name: _saved(place, name, images) for name, images in {"photo": photos, **painted}.items()
    }
    first, second = painted
    apart = [
        float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).mean())
        for one, other in zip(painted[first], painted[second], strict=True)
    ]
    figures = {name: trial.figures(files["photo"], files[name], progress) for name in painted}
    found = Comparison(sum(apart) / len(apart), figures)
    rows = [
        [(photo, "photo"), *((images[number], name) for name, images in painted.items())]
        for number, photo in enumerate(photos)
    ]
    save_png(grid(rows, height=192), place / "grid.png", {"comparison": list(painted)})
    record = {"difference": found.difference, "figures": {k: dict(v) for k, v in figures.items()}}
    write_text_whole(place / "comparison.json", json.dumps(record, indent=2) + "\n")
    progress(Event(STAGE, message=f"{found.described()} Side by side: {place / 'grid.png'}"))
    return found


def _saved(place: Path, name: str, images: Sequence[Image]) -> list[Path]:
    stem = name.replace(" ", "-")
    paths = [place / f"{stem}-{number}.png" for number in range(1, len(images) + 1)]
    for path, image in zip(paths, images, strict=True):
        save_png(image, path, {"comparison": name})
    return paths
