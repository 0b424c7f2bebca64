"""Two evaluations against each other: what changed, and whether that is more than noise."""

from __future__ import annotations

from dataclasses import dataclass

from stylecli.errors import UsageError
from stylecli.evaluation.comparisons import interval_of_difference, unequal
from stylecli.evaluation.figures import Figure, Interval, MetricInfo
from stylecli.evaluation.result import Entry, Evaluation


@dataclass(frozen=True)
class Change:
    """One figure in two evaluations.

    Attributes:
        entry: The entry's name; of the second evaluation where the names differ.
        metric: The metric.
        before: The first evaluation's figure.
        after: The second's.
        difference: Second less first; None where they must not be compared.
        interval: Of the difference.
        paired: Whether it rests on the same content pictures.
        reason: Why they are not compared, or what differs in the protocol, or "".
    """

    entry: str
    metric: MetricInfo
    before: Figure
    after: Figure
    difference: float | None
    interval: Interval | None
    paired: bool
    reason: str

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


def changes(first: Evaluation, second: Evaluation) -> tuple[Change, ...]:
    """Compare entries of the same name, or the only entry of each.

    Raises:
        UsageError: The evaluations have no entry or no metric in common.
    """
    pairs = _matched(first, second)
    there = {metric.name: metric for metric in first.metrics}
    found = [
        _change(before, after, metric, first.seed == second.seed)
        for before, after in pairs
        for metric in second.metrics
        if metric.name in there and metric.name in before.figures and metric.name in after.figures
    ]
    if not found:
        raise UsageError("The evaluations have no metric in common.")
    return tuple(found)


@dataclass(frozen=True)
class Unmatched:
    """What only one of two evaluations has, by name.

    Attributes:
        entries: The entries.
        metrics: The metrics' symbols.
    """

    entries: tuple[str, ...]
    metrics: tuple[str, ...]


def only_in(one: Evaluation, other: Evaluation) -> Unmatched:
    """What an evaluation has that is compared with nothing in the other; see `changes`."""
    pairs = _matched(one, other)
    compared = {entry.name for entry, _ in pairs}
    known = {metric.name for metric in other.metrics}
    return Unmatched(
        tuple(entry.name for entry in one.entries if entry.name not in compared),
        tuple(metric.symbol for metric in one.metrics if metric.name not in known),
    )


def _matched(first: Evaluation, second: Evaluation) -> list[tuple[Entry, Entry]]:
    known = {entry.name: entry for entry in first.entries}
    pairs = [(known[entry.name], entry) for entry in second.entries if entry.name in known]
    if not pairs and len(first.entries) == len(second.entries) == 1:
        pairs = [(first.entries[0], second.entries[0])]
    if not pairs:
        names = [", ".join(entry.name for entry in each.entries) for each in (first, second)]
        raise UsageError(
            f"The evaluations have no entry of the same name: {names[0]} there, {names[1]} here.",
            "Name outputs alike: --outputs NAME=FOLDER.",
        )
    return pairs


def _change(before: Entry, after: Entry, metric: MetricInfo, same_seed: bool) -> Change:
    one, other = before.figures[metric.name], after.figures[metric.name]
    reason = _mismatch(one, other, metric)
    if reason or one.value is None or other.value is None:
        reason = reason or "undefined in one of them"
        return Change(after.name, metric, one, other, None, None, False, reason)
    value = other.value - one.value
    interval, paired = interval_of_difference(after, before, metric, same_seed)
    if paired:
        return Change(after.name, metric, one, other, value, interval, True, "")
    reason = ""
    if one.stamp.content != other.stamp.content:
        made = _made_from(before), _made_from(after)
        reason = (
            "other content pictures" if made[0] == made[1] else f"{made[0]} there, {made[1]} here"
        )
    if one.stamp.format != other.stamp.format:
        formats = f"{one.stamp.format} and {other.stamp.format}"
        reason = f"{reason}; {formats}" if reason else formats
    return Change(after.name, metric, one, other, value, interval, False, reason)


def _made_from(entry: Entry) -> str:
    """What an entry's pictures were made from."""
    if any(row.content is not None for row in entry.pictures):
        return "photos"
    return "text"


def _mismatch(one: Figure, other: Figure, metric: MetricInfo) -> str:
    """In which part of the protocol two figures differ that must agree."""
    parts = {
        "variant": "another variant",
        "weights": "other weights",
        "reference": "another reference",
        "against": "other styles, photos or baseline to measure against",
    }
    for part, words in parts.items():
        if getattr(one.stamp, part) != getattr(other.stamp, part):
            return f"stamp-mismatch: {words}"
    if unequal(one, other, metric):
        return f"stamp-mismatch: N {one.stamp.n} and N {other.stamp.n}, with which it moves"
    return ""
