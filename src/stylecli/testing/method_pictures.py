"""Checks of the pictures that a method paints from photos and from text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stylecli.bases.lora import apply_styles
from stylecli.errors import Cancelled, UsageError
from stylecli.progress import Event
from stylecli.sampling.options import SamplingOptions
from stylecli.styles.style import ScaledStyle
from stylecli.testing.bench import SEEDS, TEXTS, Workbench
from stylecli.testing.checks import Nonconformance, NotApplicable
from stylecli.testing.comparing import (
    check_pictures,
    check_untouched,
    difference_of_pictures,
    same_pictures,
)
from stylecli.testing.events import check_events
from stylecli.testing.method_training import check_silence, check_writes
from stylecli.testing.session import Session

if TYPE_CHECKING:
    from PIL.Image import Image

_ONE_LEVEL = 1
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
    check_events(session.events, "Painting")
    check_silence(session, "Painting")
    check_writes(session, "Painting")


def repeatable(bench: Workbench) -> None:
    """The same seeds give the same pictures, others others."""
    style = [ScaledStyle(bench.style)]
    _check_seeds(
        bench.painted.made,
        bench.paint(style).made,
        lambda: bench.paint(style, seeds=_OTHER_SEEDS).made,
        bench.method.TransferOptions,
    )


def batches(bench: Workbench) -> None:
    """A picture does not depend on its neighbours, nor on how many are computed at once."""
    style = [ScaledStyle(bench.style)]
    for number in (0, 2):
        _check_alone(bench.painted.made, number, bench.paint(style, numbers=[number]).made[0])
    backwards = bench.paint(style, numbers=[2, 1, 0]).made
    if not same_pictures(bench.painted.made, list(reversed(backwards)), _ONE_LEVEL):
        raise Nonconformance(
            "Photos in another order give other pictures.",
            "Each picture follows from its photo, prompt and seed.",
        )


def sharing(bench: Workbench) -> None:
    """Two stylizers on one base do not disturb each other, and leave it as it was."""
    base, method, options = bench.new_base(), bench.method, bench.transfer_options()
    style, asked = bench.style, ([bench.photos[0]], ["a house"], [SEEDS[0]])
    first = method.stylizer(base, [ScaledStyle(style)], options)
    alone = first(*asked)
    second = method.stylizer(base, [ScaledStyle(style, 0.5)], options)
    half = second(*asked)
    if not same_pictures(first(*asked), alone):
        raise Nonconformance(
            "A stylizer paints other pictures once another one works on the same base.",
            "The base may be shared: a stylizer puts its own styles on whenever it is called.",
        )
    if not same_pictures(second(*asked), half):
        raise Nonconformance(
            "A stylizer paints other pictures the second time.",
            "Each picture follows from its photo, prompt and seed.",
        )
    apply_styles(base, ())
    check_untouched(base, bench.new_base(), "After painting")


def stopping_painting(bench: Workbench) -> None:
    """Ctrl+C gets through, and the base can be painted with again."""
    base, style = bench.new_base(), [ScaledStyle(bench.style)]

    def stop(event: Event) -> None:
        raise Cancelled("Stopped by a check.")

    try:
        bench.paint(style, base=base, progress=stop)
    except Cancelled:
        pass
    else:
        raise Nonconformance(
            "Painting went on although progress raised Cancelled.",
            "Let `stylecli.Cancelled` through: it is how Ctrl+C stops the work.",
        )
    if not same_pictures(bench.paint(style, base=base).made, bench.painted.made):
        raise Nonconformance(
            "After a stop the same base paints other pictures.", "Stopping leaves the base usable."
        )
    apply_styles(base, ())
    check_untouched(base, bench.new_base(), "When painting was stopped,")


def generator(bench: Workbench) -> None:
    """Pictures from text keep the same promises; a method that makes none says so."""
    style = [ScaledStyle(bench.style)]
    if bench.method.GenerateOptions is None:
        try:
            bench.method.generator(bench.new_base(), style, None)
        except UsageError:
            raise NotApplicable("The method makes no pictures from text.") from None
        raise Nonconformance(
            "generator() works although GenerateOptions is None.",
            "It has options, or raises UsageError.",
        )
    session: Session = bench.generated
    made = check_pictures(session.made, TEXTS, "The generator")
    check_silence(session, "The generator")
    check_writes(session, "The generator")
    check_events(session.events, "The generator")
    _check_seeds(
        made,
        bench.generate(style).made,
        lambda: bench.generate(style, seeds=_OTHER_SEEDS).made,
        bench.method.GenerateOptions,
    )
    _check_alone(made, 1, bench.generate(style, numbers=[1]).made[0])
    if same_pictures(made, bench.generate([ScaledStyle(bench.style, 0.0)]).made):
        raise Nonconformance(
            "Pictures from text are the same at scale 0.", "A style at scale 0 does not act at all."
        )


def _check_seeds(
    first: Sequence[Image],
    again: Sequence[Image],
    other: Callable[[], Sequence[Image]],
    options: Any,
) -> None:
    if not same_pictures(first, again):
        raise Nonconformance(
            "The same seeds give other pictures the next time.",
            "All randomness comes from the seeds.",
        )
    # What is not sampled may have nothing random in it.
    if issubclass(options, SamplingOptions) and same_pictures(first, other()):
        raise Nonconformance(
            "Other seeds give the same pictures.",
            "All randomness comes from the seeds that are given.",
        )


def _check_alone(together: Sequence[Image], number: int, alone: Image) -> None:
    off = difference_of_pictures(together[number], alone)
    if off > _ONE_LEVEL:
        raise Nonconformance(
            f"Picture {number + 1} of {len(together)} differs by {off} grey levels when it is painted alone.",
            "A picture does not depend on the others in the call: one seed a picture.",
        )


CHECKS = (
    ("pictures", "one picture for each photo, of its aspect, without a word", pictures),
    ("repeatable", "the same seeds give the same pictures", repeatable),
    ("batches", "a picture does not depend on its neighbours", batches),
    ("sharing", "stylizers share a base and leave it as it was", sharing),
    ("stopping-painting", "Ctrl+C stops painting", stopping_painting),
    ("generator", "pictures from text keep the same promises", generator),
)
