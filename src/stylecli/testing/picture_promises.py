"""What holds for pictures whatever they are made from, a photo or text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base
from stylecli.bases.lora import apply_styles
from stylecli.sampling.options import SamplingOptions
from stylecli.styles.style import ScaledStyle
from stylecli.testing.bench import Workbench
from stylecli.testing.checks import Nonconformance
from stylecli.testing.comparing import difference_of_pictures, same_pictures
from stylecli.testing.events import check_events
from stylecli.testing.session import Session
from stylecli.testing.stops import Place, check_stops
from stylecli.testing.traces import check_silence, check_writes
from stylecli.testing.untouched import check_untouched

if TYPE_CHECKING:
    from PIL.Image import Image

_ONE_LEVEL = 1


def check_manners(session: Session, what: str) -> None:
    """It reports how far it is, prints nothing and writes nothing."""
    check_events(session.events, what)
    check_silence(session, what)
    check_writes(session, what)


def check_seeds(
    first: Sequence[Image],
    again: Sequence[Image],
    other: Callable[[], Sequence[Image]],
    options: Any,
) -> None:
    """The same seeds give the same pictures, others others.

    Args:
        first: Pictures.
        again: With the same seeds.
        other: Makes them with other seeds.
        options: The class of options that they are made with.
    """
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


def check_neighbours(
    make: Callable[[Sequence[int]], Sequence[Image]], together: Sequence[Image]
) -> None:
    """The last picture is the same alone, and all are in another order.

    Args:
        make: Makes those pictures that have these numbers.
        together: All of them.
    """
    last = len(together) - 1
    off = difference_of_pictures(together[last], make([last])[0])
    if off > _ONE_LEVEL:
        raise Nonconformance(
            f"Picture {last + 1} of {last + 1} differs by {off} grey levels when it is painted alone.",
            "A picture does not depend on the others in the call: one seed a picture.",
        )
    backwards = make(range(last, -1, -1))
    if not same_pictures(together, list(reversed(backwards)), _ONE_LEVEL):
        raise Nonconformance(
            "In another order other pictures come out.",
            "Each picture follows from its photo, prompt and seed.",
        )


def check_sharing(
    bench: Workbench,
    ready: Callable[[Base, Sequence[ScaledStyle]], Callable[[], Sequence[Image]]],
    what: str,
    when: str,
) -> None:
    """Two that work on one base do not disturb each other, and leave it as it was.

    Args:
        bench: Has the base and the style.
        ready: Makes one ready, which makes the same pictures whenever it is called.
        what: It, for messages: "A stylizer".
        when: "After painting".
    """
    base, style = bench.new_base(), bench.style
    first = ready(base, [ScaledStyle(style)])
    alone = first()
    second = ready(base, [ScaledStyle(style, 0.5)])
    half = second()
    if not same_pictures(first(), alone):
        raise Nonconformance(
            f"{what} paints other pictures once another one works on the same base.",
            "The base may be shared: each puts its own styles on whenever it is called.",
        )
    if not same_pictures(second(), half):
        raise Nonconformance(
            f"{what} paints other pictures the second time.",
            "Each picture follows from its photo, prompt and seed.",
        )
    apply_styles(base, ())
    check_untouched(base, bench.new_base(), when)


def check_stopping(
    bench: Workbench, make: Callable[..., Session], session: Session, what: str, when: str
) -> None:
    """Ctrl+C gets through at the first report and at the last, and the base can be painted with again.

    Args:
        bench: Has the base and the style.
        make: Does the work.
        session: The same work, not stopped.
        what: It, for messages: "Painting".
        when: "When painting was stopped,".
    """
    check_events(session.events, what)
    base, style = bench.new_base(), [ScaledStyle(bench.style)]
    for at in (None, Place.last_of(session.events)):
        check_stops(lambda heard: make(style, base=base, progress=heard), what, at)
    if not same_pictures(make(style, base=base).made, session.made):
        raise Nonconformance(
            "After a stop the same base paints other pictures.", "Stopping leaves the base usable."
        )
    apply_styles(base, ())
    check_untouched(base, bench.new_base(), when)
