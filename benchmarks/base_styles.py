"""Repainting held-out photographs with several styles, and judging whose they look like."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stylecli.bases.base import Base
from stylecli.images.reading import list_pictures, read_picture
from stylecli.images.sizing import working_size
from stylecli.method import Method
from stylecli.options import Layer, known_values, resolve
from stylecli.styles.style import ScaledStyle, Style
from stylecli_metrics.content_retention import content_retention
from stylecli_metrics.deception import Judge, train_judge
from stylecli_tiny.recipe.prepare import is_held_out

PAINTERS = ("monet", "van-gogh", "cezanne")


@dataclass(frozen=True)
class Rating:
    """What repainting with one style at one strength gave.

    Attributes:
        retention: Content retention; 1 is the photograph itself.
        outputs: The repainted photographs.
    """

    retention: float
    outputs: list[Image.Image]


def held_out_photos(data: Path) -> tuple[list[Path], list[Path], list[str]]:
    """Whole photographs the base has not seen; and all of other groups, with their groups."""
    held_out, others, groups = [], [], []
    with (data / "photos.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = data / "photos" / Path(row["file"]).name
            group = Path(row["parent"]).stem or path.stem.partition("_")[2]
            if not path.is_file():
                continue
            if not is_held_out(group):
                others.append(path)
                groups.append(group)
            elif not row["parent"]:
                held_out.append(path)
    return held_out, others, groups


def read_all(paths: Sequence[Path]) -> list[Image.Image]:
    """Read pictures, at most 256 px on the short side."""
    images = [read_picture(path) for path in paths]
    return [
        image.resize(working_size(*image.size, min(256, *image.size)), Image.Resampling.LANCZOS)
        for image in images
    ]


def judge_of(data: Path) -> Judge:
    """A judge of the three painters and photographs, none of which is repainted."""
    _, others, groups = held_out_photos(data)
    paintings = {name: read_all(list_pictures(data / "styles" / name)) for name in PAINTERS}
    return train_judge(paintings, read_all(others), photo_groups=groups)


def rate(
    method: Method[Any, Any],
    base: Base,
    style: Style,
    photos: Sequence[Image.Image],
    options: Mapping[str, Any],
    scale: float = 1.0,
    seed: int = 0,
) -> Rating:
    """Repaint photographs; `options` change what the style or the base recommends."""
    recommended = base.spec.recommended(style.method, "transfer")
    layers = [
        Layer("benchmark", dict(options)),
        Layer("style", known_values(method.TransferOptions, style.transfer)),
        Layer("base", known_values(method.TransferOptions, recommended)),
    ]
    chosen = replace(resolve(method.TransferOptions, layers).options, batch_size=4)
    stylizer = method.stylizer(base, [ScaledStyle(style, scale)], chosen)
    outputs = stylizer(photos, [""] * len(photos), [seed] * len(photos))
    return Rating(content_retention(outputs, photos).value, outputs)


def called(judge: Judge, outputs: Sequence[Image.Image]) -> dict[str, float]:
    """Share of pictures that the judge gives to each painter, and to photographs."""
    names = judge.classify(outputs)
    return {name: float(np.mean([one == name for one in names])) for name in judge.classes}
