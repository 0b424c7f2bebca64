"""Checks of the pictures that a method paints from photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.styles.style import ScaledStyle
from stylecli.testing.bench import SEEDS, Workbench
from stylecli.testing.checks import Nonconformance
from stylecli.testing.comparing import check_pictures
from stylecli.testing.picture_promises import (
    check_manners,
    check_neighbours,
    check_seeds,
    check_sharing,
    check_stopping,
)

if TYPE_CHECKING:
    from PIL.Image import Image

_OTHER_SEEDS = tuple(seed + 100 for seed in SEEDS)


def pictures(bench: Workbench) -> None:
    """One picture for each photo, in their order and shape; nothing printed, nothing written."""
    session = bench.painted
    made = check_pictures(session.made, len(bench.photos), "The stylizer")
    for photo, picture in zip(bench.photos, made, strict=True):
        wide, high = photo.size
        # Sides are whole pixels.
        if abs(picture.width * high - picture.height * wide) > max(wide, high):
            raise Nonconformance(
                f"A photo of {wide} × {high} became a picture of {picture.width} × {picture.height}.",
                "Pictures have their photo's aspect, in the photos' order.",
            )
    check_manners(session, "Painting")


def repeatable(bench: Workbench) -> None:
    """The same seeds give the same pictures, others others."""
    style = [ScaledStyle(bench.style)]
    check_seeds(
        bench.painted.made,
        bench.paint(style).made,
        lambda: bench.paint(style, seeds=_OTHER_SEEDS).made,
        bench.method.TransferOptions,
    )


def batches(bench: Workbench) -> None:
    """A picture does not depend on its neighbours, nor on how many are computed at once."""
    style, base = [ScaledStyle(bench.style)], bench.new_base()
    check_neighbours(
        lambda numbers: bench.paint(style, base=base, numbers=numbers).made,
        list(bench.painted.made),
    )


def sharing(bench: Workbench) -> None:
    """Two stylizers on one base do not disturb each other, and leave it as it was."""
    method, options = bench.method, bench.transfer_options()

    def ready(base: Base, styles: Sequence[ScaledStyle]) -> Callable[[], Sequence[Image]]:
        stylizer = method.stylizer(base, styles, options)
        return lambda: stylizer([bench.photos[0].copy()], ["a house"], [SEEDS[0]])

    check_sharing(bench, ready, "A stylizer", "After painting")


def stopping_painting(bench: Workbench) -> None:
    """Ctrl+C gets through, and the base can be painted with again."""
    check_stopping(*(bench, bench.paint, bench.painted), "Painting", "When painting was stopped,")


CHECKS = (
    ("pictures", "one picture for each photo, of its aspect, without a word", pictures),
    ("repeatable", "the same seeds give the same pictures", repeatable),
    ("batches", "a picture does not depend on its neighbours", batches),
    ("sharing", "stylizers share a base and leave it as it was", sharing),
    ("stopping-painting", "Ctrl+C stops painting", stopping_painting),
)
