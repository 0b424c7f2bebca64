"""The picture of `methods_compared.py`: photographs in rows, the methods and their bases in columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from child_runs import run_stylecli
from methods_tables import LEVELS, ladders, own_strength
from stylecli.demo.materials import write_photos
from stylecli.evaluation.report.record import read_evaluation
from stylecli.images.reading import list_pictures, read_picture
from stylecli.images.writing import grid

HEIGHT = 160
LEVEL = LEVELS[-1]


def paint_picture(
    out: Path,
    painter: str,
    show: Path | None,
    bases: Mapping[str, str],
    styles: Mapping[str, Path],
    figures: Mapping[str, Path],
    quick: bool,
) -> Path:
    """Paint it.

    Args:
        out: Where everything of it goes.
        painter: Whose styles.
        show: The photographs; None for the demo's.
        bases: The base of each method.
        styles: The style file of each method.
        figures: Each method's ``eval.json``, which says at what strength it keeps `LEVEL` of the content;
            without it the recommended strength is taken.
        quick: Whether few steps are enough.
    """
    photos = list_pictures(show) if show else write_photos(out / "show" / "photos")
    strengths = {method: strength_for(method, bases[method], figures[method]) for method in bases}
    rows = [[(_square(photo), "photo")] for photo in photos]
    seen: set[str] = set()
    for method, base in bases.items():
        ways = [(f"{base} alone", ":0")] if base not in seen else []
        seen.add(base)
        for label, scale in [*ways, (method, "")]:
            place = out / "show" / painter / label.replace(" ", "-")
            words = ["transfer", *photos, "--style", f"{styles[method]}{scale}", "--base", base]
            words += ["--strength", strengths[method], "-o", place, "--overwrite"]
            words += ["--steps", "4"] if quick else []
            run_stylecli(words, out / "home", out / "log.txt")
            for row, photo in zip(rows, photos, strict=True):
                painted = next(place.glob(f"{photo.stem}.*png"))
                row.append((_square(painted), f"{label} {strengths[method]:g}"))
    target = out / f"methods-{painter}.jpg"
    grid(rows, height=HEIGHT).save(target, quality=88)
    return target


def strength_for(method: str, base: str, figures: Path) -> float:
    """The strength at which a method keeps `LEVEL` of the content, in hundredths."""
    found = ladders(read_evaluation(figures))[0].strength_at(LEVEL) if figures.exists() else None
    return round(own_strength(method, base) if found is None else found, 2)


def _square(path: Path) -> Image.Image:
    picture = read_picture(path)
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))
