"""Files of answers laid into one another: who names them in another order gets the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from stylecli.evaluation.rating.answers import Answer, Line, Start
from stylecli.evaluation.rating.names import name_key

_NEVER = datetime.min.replace(tzinfo=UTC)


class Merged(NamedTuple):
    """Lines in the order of time, and how many answers among all were copies."""

    lines: list[Line]
    copies: int


class _Event(NamedTuple):
    at: datetime
    line: Line
    nth: int


def merged(files: Sequence[Sequence[Line]]) -> Merged:
    """Lay files into one another by the times of their lines.

    What is in several files is there once: one of them is an older copy, or part, of another. Within
    a file lines about one question stand in the order in which they were written, whatever a clock
    that went back says.

    Args:
        files: The lines of each, in any order.
    """
    copies = 0
    found: dict[tuple[Line, int], datetime] = {}
    read = [_events(lines) for lines in files]
    # Of equal times an order that does not hang on how the files were named.
    for events, within in sorted(read, key=_rank):
        copies += within
        for at, line, nth in events:
            if (line, nth) in found:
                copies += isinstance(line, Answer)
            else:
                found[line, nth] = at
    lines = sorted(found, key=lambda each: found[each])
    return Merged([line for line, _ in lines], copies)


def _rank(read: tuple[Sequence[_Event], int]) -> tuple[datetime, int, str]:
    events, _ = read
    last = max((event.at for event in events), default=_NEVER)
    return last, len(events), "\n".join(repr(event.line) for event in events)


def _events(lines: Sequence[Line]) -> tuple[list[_Event], int]:
    """What happened, by a file, without the copies within it; and how many answers these are."""
    events: list[_Event] = []
    clocks: dict[tuple[str, str], datetime] = {}
    seen: Counter[Line] = Counter()
    last: dict[Line, datetime] = {}
    copies = 0
    for line in lines:
        if isinstance(line, Start):
            events.append(_Event(_NEVER, line, 0))
            continue
        key = name_key(line.rater), line.question
        clock = clocks.get(key, _NEVER)
        # Word for word and long over: an older copy was put behind.
        if last.get(line, clock) < clock:
            copies += isinstance(line, Answer)
            continue
        last[line] = clocks[key] = max(_time(line.at), clock)
        events.append(_Event(last[line], line, seen[line]))
        seen[line] += 1
    return events, copies


def _time(at: str) -> datetime:
    try:
        time = datetime.fromisoformat(at)
    except ValueError:
        return _NEVER
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return _NEVER
