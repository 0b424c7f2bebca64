"""Stopping a piece of work at one of its reports, as Ctrl+C does."""

from __future__ import annotations

from collections.abc import Callable

from stylecli.errors import Cancelled
from stylecli.progress import Event, Progress
from stylecli.testing.checks import Nonconformance


def check_stops(work: Callable[[Progress], object], what: str, at: Event | None = None) -> None:
    """Do a piece of work that is stopped on its way.

    Args:
        work: Is given what hears of it.
        what: For the message: "Training".
        at: The report at which it is stopped, by its stage and how far it is; default: the first.

    Raises:
        Nonconformance: It was told to stop and went on.
    """
    stop = _Stop(at)
    try:
        work(stop)
    except Cancelled:
        return
    if stop.asked:
        raise Nonconformance(
            f"{what} went on although progress raised Cancelled{_place(at)}.",
            "Let `stylecli.Cancelled` through: it is how Ctrl+C stops the work.",
        )


class _Stop:
    """Hears of the work.

    Attributes:
        asked: Whether it was told to stop.
    """

    def __init__(self, at: Event | None) -> None:
        self._at = at
        self.asked = False

    def __call__(self, event: Event) -> None:
        at = self._at
        if at is None or (event.stage, event.done) == (at.stage, at.done):
            self.asked = True
            raise Cancelled("Stopped by a check.")


def _place(at: Event | None) -> str:
    if at is None:
        return ""
    return f" at {at.stage!r}" + (f", {at.done} of {at.total}" if at.total else "")
