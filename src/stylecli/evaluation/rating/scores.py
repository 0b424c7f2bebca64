"""How good each entry's pictures are said to be, 1 to 10, and which checkpoint is best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import student_factor
from stylecli.evaluation.rating.answers import LEAST, MOST
from stylecli.evaluation.rating.levelling import Levels, joined_scores, levels_of
from stylecli.evaluation.rating.observed import Score
from stylecli.evaluation.rating.resampling import Resampled, enough
from stylecli.evaluation.result import BestStep

METRIC = "people's score"
_STEP = 0.5


@dataclass(frozen=True)
class ScoreMean:
    """The scores of an entry.

    Attributes:
        entry: Its name.
        step: Its training step, or None.
        mean: Of all scores as given.
        interval: Of the mean; None where the scores are not `enough`.
        levelled: The mean without what is the raters' own: who is strict and who is kind makes no
            difference any more, nor who saw which entries. It may lie beyond 1 to 10.
        levelled_interval: Of the levelled mean.
        answers: How many scores.
        pictures: How many different pictures.
    """

    entry: str
    step: int | None
    mean: float
    interval: Interval | None
    levelled: float
    levelled_interval: Interval | None
    answers: int
    pictures: int


@dataclass(frozen=True)
class Ranked:
    """Entries whose scores can be compared: they aim at one style, and raters join them.

    Attributes:
        target: The style, or "".
        entries: Their names, in the order of `Scores.means`.
        joined: Number of those that raters join: entries of two of them are on no common scale.
        best: Name of the best by levelled mean.
        within_noise: Entries whose difference from it is within noise, or not known, itself included. All
            differences are looked at together: of many that are equal one is the best by chance.
        best_step: The same of checkpoints; None where fewer than two have a step.
    """

    target: str
    entries: tuple[str, ...]
    joined: int
    best: str
    within_noise: tuple[str, ...]
    best_step: BestStep | None


@dataclass(frozen=True)
class Scores:
    """All entries' scores, and the best of those that can be compared.

    Attributes:
        means: In the order of steps, else the best first.
        ranked: The entries by what can be compared, by target and name.
    """

    means: tuple[ScoreMean, ...]
    ranked: tuple[Ranked, ...]


def score_means(scores: Sequence[Score]) -> Scores | None:
    """Means and the best; None without scores."""
    if not scores:
        return None
    means: list[ScoreMean] = []
    ranked: list[Ranked] = []
    for number, part in enumerate(joined_scores(scores)):
        levels = levels_of(part)
        names = sorted({one.picture.entry for one in part})
        rows = [_mean(part, name, place, levels) for place, name in enumerate(names)]
        targets: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            targets.setdefault(_target(part, name), []).append(place)
        ranked += [
            _ranked(target, number, rows, places, levels) for target, places in targets.items()
        ]
        means += rows
    means.sort(key=lambda row: (row.step is None, row.step or 0, -row.levelled, row.entry))
    order = {row.entry: place for place, row in enumerate(means)}
    ranked = [
        replace(each, entries=tuple(sorted(each.entries, key=order.__getitem__))) for each in ranked
    ]
    ranked.sort(key=lambda each: (each.target, order[each.entries[0]]))
    return Scores(tuple(means), tuple(ranked))


def _target(scores: Sequence[Score], name: str) -> str:
    return min(one.picture.target for one in scores if one.picture.entry == name)


def _mean(scores: Sequence[Score], name: str, place: int, levels: Levels) -> ScoreMean:
    own = [one for one in scores if one.picture.entry == name]
    given, level = (float(each[place]) for each in (levels.given, levels.levelled))
    sure: list[Interval | None] = [None, None]
    if enough([one.picture.photo for one in own]):
        # As given, scores are independent of one another; levelled, they hang on their raters' others.
        variances = 1 / len(own), float(levels.spread[place, place])
        sure = [
            _of_one(levels.draws, which, place, middle, _least(variances[which], len(own)))
            for which, middle in enumerate((given, level))
        ]
    return ScoreMean(
        name,
        next((one.step for one in own if one.step is not None), None),
        given,
        sure[0],
        level,
        sure[1],
        len(own),
        len({one.picture.digest for one in own}),
    )


def _of_one(draws: Resampled, which: int, place: int, mean: float, least: float) -> Interval | None:
    """The interval of one entry's mean, as far as there are scores."""
    interval = draws.of(lambda each: each[:, which, place]).interval(mean, least)
    if interval is None:
        return None
    low, high = interval.low, interval.high
    if which == 0:
        low, high = max(LEAST, low), min(MOST, high)
    # Rounding may put a mean of equal scores beside its own ends.
    return replace(interval, low=min(low, mean), high=max(high, mean))


def _least(variance: float, count: int) -> float:
    """The least standard error, where whole scores are half a step off each."""
    return _STEP * math.sqrt(variance) * student_factor(count - 1)


def _ranked(
    target: str, joined: int, rows: Sequence[ScoreMean], places: Sequence[int], levels: Levels
) -> Ranked:
    own = [rows[place] for place in places]
    # Of two that are equal the earlier step is better: it has changed the base less.
    best = max(own, key=lambda row: (round(row.levelled, 9), -(row.step or 0)))
    gaps = _gaps(rows, [place for place in places if rows[place].levelled_interval], levels)
    worse = {
        row.entry
        for row in own
        if (gap := gaps.get((row.entry, best.entry))) is not None and gap.high < 0
    }
    # What too few answers cannot tell apart is not worse.
    within = tuple(row.entry for row in own if row.entry not in worse)
    told = any(best.entry in pair for pair in gaps)
    steps = [row for row in own if row.step is not None]
    best_step = None
    if len(steps) > 1 and best.step is not None:
        near = tuple(sorted(row.step or 0 for row in steps if row.entry in within))
        best_step = BestStep(METRIC, best.entry, best.step, near, near[0], not told)
    entries = tuple(row.entry for row in own)
    return Ranked(target, entries, joined, best.entry, within, best_step)


def _gaps(
    rows: Sequence[ScoreMean], places: Sequence[int], levels: Levels
) -> dict[tuple[str, str], Interval]:
    """The differences of all two of these, with intervals that hold all at once."""
    pairs = [(one, other) for one in places for other in places if one != other]
    if not pairs:
        return {}
    ones, others = map(list, zip(*pairs, strict=True))
    spread = levels.spread
    least = [
        _least(
            spread[one, one] + spread[other, other] - 2 * spread[one, other],
            min(rows[one].answers, rows[other].answers),
        )
        for one, other in pairs
    ]
    gaps = levels.draws.of(lambda each: each[:, 1, ones] - each[:, 1, others])
    values = [rows[one].levelled - rows[other].levelled for one, other in pairs]
    found = gaps.together(values, least, len(places))
    return {
        (rows[one].entry, rows[other].entry): interval
        for (one, other), interval in zip(pairs, found or (), strict=bool(found))
    }
