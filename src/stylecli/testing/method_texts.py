"""Checks of the pictures that a method makes from text; where it makes none, it says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.errors import UsageError
from stylecli.styles.style import ScaledStyle
from stylecli.testing.bench import SEEDS, TEXTS, Workbench
from stylecli.testing.checks import Nonconformance, NotApplicable
from stylecli.testing.comparing import check_pictures, same_pictures
from stylecli.testing.picture_promises import (
    check_manners,
    check_neighbours,
    check_seeds,
    check_sharing,
    check_stopping,
)

if TYPE_CHECKING:
    from PIL.Image import Image

_NONE = "The method makes no pictures from text."
_OTHER_SEEDS = tuple(seed + 100 for seed in SEEDS)


def generator(bench: Workbench) -> None:
    """Pictures from text keep the promises of those from photos; a method that makes none says so."""
    style = [ScaledStyle(bench.style)]
    if bench.method.GenerateOptions is None:
        try:
            bench.method.generator(bench.new_base(), style, None)
        except UsageError:
            raise NotApplicable(_NONE) from None
        raise Nonconformance(
            "generator() works although GenerateOptions is None.",
            "It has options, or raises UsageError.",
        )
    made = check_pictures(bench.generated.made, TEXTS, "The generator")
    check_manners(bench.generated, "The generator")
    base = bench.new_base()
    check_seeds(
        made,
        bench.generate(style).made,
        lambda: bench.generate(style, base=base, seeds=_OTHER_SEEDS).made,
        bench.method.GenerateOptions,
    )
    check_neighbours(lambda numbers: bench.generate(style, base=base, numbers=numbers).made, made)
    without = bench.generate([ScaledStyle(bench.style, 0.0)], base=base).made
    if same_pictures(made, without):
        raise Nonconformance(
            "Pictures from text are the same at scale 0.", "A style at scale 0 does not act at all."
        )


def generator_sharing(bench: Workbench) -> None:
    """Two generators on one base do not disturb each other, and leave it as it was."""
    method = bench.method
    if method.GenerateOptions is None:
        raise NotApplicable(_NONE)
    options = bench.generate_options()

    def ready(base: Base, styles: Sequence[ScaledStyle]) -> Callable[[], Sequence[Image]]:
        made = method.generator(base, styles, options)
        return lambda: made(["a house"], [SEEDS[0]])

    check_sharing(bench, ready, "A generator", "After making pictures from text")


def stopping_generator(bench: Workbench) -> None:
    """Ctrl+C gets through, and the base can be painted with again."""
    if bench.method.GenerateOptions is None:
        raise NotApplicable(_NONE)
    check_stopping(
        *(bench, bench.generate, bench.generated),
        "Making pictures from text",
        "When making pictures from text was stopped,",
    )


CHECKS = (
    ("generator", "pictures from text keep the same promises", generator),
    ("generator-sharing", "generators share a base and leave it as it was", generator_sharing),
    ("stopping-generator", "Ctrl+C stops making pictures from text", stopping_generator),
)
