"""Stopping a piece of work at one of its reports, as Ctrl+C does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stylecli.errors import Cancelled
from stylecli.progress import Event, Progress
from stylecli.testing.checks import Nonconformance


@dataclass(frozen=True)
class Place:
    """A report of a piece of work that is done again.

    Attributes:
        event: The report; only its stage and how far it is count.
        turn: The how-manieth of its like it is, from 1.
    """

    event: Event
    turn: int = 1

    @classmethod
    def last_of(cls, events: Sequence[Event]) -> Place:
        """The last report."""
        return cls(events[-1], sum(_alike(event, events[-1]) for event in events))

    def __str__(self) -> str:
        event = self.event
        return f"{event.stage!r}" + (f", {event.done} of {event.total}" if event.total else "")


def check_stops(work: Callable[[Progress], object], what: str, at: Place | None = None) -> None:
    """Do a piece of work that is stopped on its way.

    Args:
        work: Is given what hears of it.
        what: For the message: "Training".
        at: Where it is stopped; default: at the first report.

    Raises:
        Nonconformance: It was told to stop and went on.
    """
    stop = _Stop(at)
    try:
        work(stop)
    except Cancelled:
        return
    if stop.asked:
        where = f" at {at}" if at else ""
        raise Nonconformance(
            f"{what} went on although progress raised Cancelled{where}.",
            "Let `stylecli.Cancelled` through: it is how Ctrl+C stops the work.",
        )


class _Stop:
    """Hears of the work.

    Attributes:
        asked: Whether it was told to stop.
    """

    def __init__(self, at: Place | None) -> None:
        self._at = at
        self._turn = 0
        self.asked = False

    def __call__(self, event: Event) -> None:
        if self._at:
            self._turn += _alike(event, self._at.event)
        if not self._at or self._turn == self._at.turn:
            self.asked = True
            raise Cancelled("Stopped by a check.")


def _alike(event: Event, other: Event) -> bool:
    return (event.stage, event.done) == (other.stage, other.done)
