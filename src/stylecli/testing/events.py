"""Checks of what a piece of work reports on its way."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stylecli.progress import Event
from stylecli.testing.checks import Nonconformance

_LEVELS = ("info", "warning")
_CONTRACT = "progress(stylecli.Event(stage, done, total, values, message)): a bar is drawn of it."


def check_events(events: Sequence[Event], what: str) -> None:
    """Events that bars and lines can be made of.

    Args:
        events: All of one piece of work.
        what: The work, for messages: "training".

    Raises:
        Nonconformance: There are none, a stage runs backwards or past its end, or one is no event.
    """
    if not any(isinstance(event, Event) and event.total for event in events):
        raise Nonconformance(
            f"{what} reports nothing of its progress.",
            "Whatever takes time calls progress, which is also where Ctrl+C stops it.",
        )
    reached: dict[str, Event] = {}
    for event in events:
        if not isinstance(event, Event):
            raise Nonconformance(f"{what} reported {event!r}.", _CONTRACT)
        problem = _problem(event, reached.get(event.stage))
        if problem:
            raise Nonconformance(f"{what} reported {event}: {problem}.", _CONTRACT)
        if event.total:
            reached[event.stage] = event


def _problem(event: Event, before: Event | None) -> str:
    if not event.stage.strip() or "\n" in event.stage:
        return "a stage is said in a few words on one line"
    if event.level not in _LEVELS:
        return f"the level is one of {', '.join(_LEVELS)}"
    if event.done < 0 or (event.total is not None and event.done > event.total):
        return "done is from 0 to total"
    if not all(math.isfinite(value) for value in event.values.values()):
        return "a figure is no number"
    # A stage may begin anew, for the next batch say, once it was through.
    if event.total and before and event.done < before.done and before.done != before.total:
        return f"the stage was at {before.done} of {before.total} already"
    return ""
