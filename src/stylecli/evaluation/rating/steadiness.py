"""Whether raters agree, with one another and with themselves, and whether a side draws them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import median

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import wilson_interval
from stylecli.evaluation.rating.agreement import Level, krippendorff_alpha
from stylecli.evaluation.rating.observed import Kind, Observed


@dataclass(frozen=True)
class Agreement:
    """How raters agree about one kind of question.

    Attributes:
        kind: Of the question.
        alpha: Krippendorff's, nominal of choices and of real or fake, interval of scores; None where no
            two raters judged the same, or nobody ever differed in anything.
        shared: How many pairs of pictures, or pictures, two raters or more judged.
        repeats: How often a rater was asked the same again.
        same: Share of these with the same answer; None without any.
        interval: Wilson's of the share.
        gap: Mean distance of the two answers; of scores.
    """

    kind: Kind
    alpha: float | None
    shared: int
    repeats: int
    same: float | None
    interval: Interval | None
    gap: float | None


@dataclass(frozen=True)
class Sides:
    """How often the left picture was chosen, of the choices that were no ties."""

    left: int
    count: int
    share: float
    interval: Interval | None


def agreements(found: Observed) -> tuple[Agreement, ...]:
    """The agreement for each kind of question that was answered."""
    rows = []
    if found.choices:
        rows.append(_agreement("choice", _choice_units(found), "nominal", found))
    if found.scores:
        scored = [(one.picture.key, one.rater, one.score) for one in found.scores]
        rows.append(_agreement("score", _units(scored), "interval", found))
    if found.verdicts:
        said = [(one.picture.key, one.rater, float(one.real)) for one in found.verdicts]
        rows.append(_agreement("real", _units(said), "nominal", found))
    return tuple(rows)


def sides(found: Observed) -> Sides | None:
    """How often the left one was chosen; None where every choice was a tie, or there was none."""
    won = [choice.won for choice in found.choices if choice.won != 0.5]
    if not won:
        return None
    left, count = won.count(1.0), len(won)
    return Sides(left, count, left / count, wilson_interval(left / count, count))


def _agreement(
    kind: Kind, units: Sequence[Sequence[float]], level: Level, found: Observed
) -> Agreement:
    gaps = [repeat.gap for repeat in found.repeats if repeat.kind == kind]
    same = sum(gap == 0 for gap in gaps) / len(gaps) if gaps else None
    shared = sum(len(values) > 1 for values in units)
    return Agreement(
        kind,
        krippendorff_alpha(units, level),
        shared // 2 if kind == "choice" else shared,
        len(gaps),
        same,
        None if same is None else wilson_interval(same, len(gaps)),
        sum(gaps) / len(gaps) if gaps and kind == "score" else None,
    )


def _units(said: Sequence[tuple[Hashable, str, float]]) -> list[list[float]]:
    """What each rater said of a thing, one value a rater: nobody agrees with themselves here."""
    units: dict[Hashable, dict[str, list[float]]] = {}
    for key, rater, value in said:
        units.setdefault(key, {}).setdefault(rater, []).append(value)
    return [[median(values) for values in by_rater.values()] for by_rater in units.values()]


def _choice_units(found: Observed) -> list[list[float]]:
    """What was said of each two pictures, both ways round: which of the two stands first means nothing."""
    said: list[tuple[Hashable, str, float]] = []
    for choice in found.choices:
        pair = choice.left.key, choice.right.key
        said.append((pair, choice.rater, choice.won))
        said.append((pair[::-1], choice.rater, 1 - choice.won))
    return _units(said)
