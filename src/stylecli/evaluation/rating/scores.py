"""How good each entry's pictures are said to be, 1 to 10, and which checkpoint is best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import student_factor
from stylecli.evaluation.rating.answers import LEAST, MOST
from stylecli.evaluation.rating.observed import Score, numbered
from stylecli.evaluation.rating.resampling import Resampled, enough, resampled
from stylecli.evaluation.result import BestStep

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stylecli.evaluation.rating.resampling import Weights

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
        levelled: The mean once each rater's own mean is moved to that of all: who is strict and who is
            kind makes no difference any more.
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
class Scores:
    """All entries' scores, and the best.

    Attributes:
        means: In the order of steps, else the best first.
        best: Name of the best by levelled mean.
        within_noise: Entries whose difference from it is within noise, or not known, itself included.
        best_step: The same of checkpoints; None where fewer than two have a step.
    """

    means: tuple[ScoreMean, ...]
    best: str
    within_noise: tuple[str, ...]
    best_step: BestStep | None


def levelled(scores: Sequence[Score]) -> list[float]:
    """Each score, its rater's mean moved to the mean of all scores."""
    import numpy as np

    if not scores:
        return []
    raters = numbered([one.rater for one in scores])
    values = np.array([one.score for one in scores], dtype=np.float64)
    owner = np.array([raters[one.rater] for one in scores])
    means = np.bincount(owner, values) / np.bincount(owner)
    return [float(value) for value in values - means[owner] + values.mean()]


def score_means(scores: Sequence[Score]) -> Scores | None:
    """Means and the best; None without scores."""
    import numpy as np

    if not scores:
        return None
    names = sorted({one.picture.entry for one in scores})
    given, level = [one.score for one in scores], levelled(scores)
    raw, flat = _draws(scores, given, names), _draws(scores, level, names)
    rows = []
    for place, name in enumerate(names):
        at = [index for index, one in enumerate(scores) if one.picture.entry == name]
        mean, middle = (float(np.mean([values[i] for i in at])) for values in (given, level))
        known = enough([scores[i].picture.photo for i in at])
        step = next((scores[i].step for i in at if scores[i].step is not None), None)
        rows.append(
            ScoreMean(
                name,
                step,
                mean,
                _of_one(raw, place, mean, len(at)) if known else None,
                middle,
                _of_one(flat, place, middle, len(at)) if known else None,
                len(at),
                len({scores[i].picture.digest for i in at}),
            )
        )
    # Of two that are equal the earlier step is better: it has changed the base less.
    best = max(rows, key=lambda row: (round(row.levelled, 9), -(row.step or 0)))
    gaps = {row.entry: _gap(row, best, flat, names) for row in rows}
    within = tuple(row.entry for row in rows if not _worse(gaps[row.entry]))
    told = any(gap is not None for name, gap in gaps.items() if name != best.entry)
    stepped = [row for row in rows if row.step is not None]
    rows.sort(key=lambda row: (row.step is None, row.step or 0, -row.levelled, row.entry))
    return Scores(tuple(rows), best.entry, within, _best_step(stepped, best, within, told))


def _draws(scores: Sequence[Score], values: Sequence[float], names: Sequence[str]) -> Resampled:
    """The means of the entries, (draws, entries), with raters and with photos drawn anew."""
    import numpy as np

    kept = {
        "raters": _apart(scores, values, [one.rater for one in scores], names),
        "photos": _apart(scores, values, [one.picture.photo for one in scores], names),
    }

    def figures(weights: Weights, which: str) -> NDArray[np.float64]:
        sums, counts = np.moveaxis(np.tensordot(weights, kept[which], 1), 1, 0)
        with np.errstate(invalid="ignore"):
            means: NDArray[np.float64] = sums / counts
        return means

    return resampled(figures, len(kept["raters"]), len(kept["photos"]))


def _apart(
    scores: Sequence[Score], values: Sequence[float], keys: Sequence[str], names: Sequence[str]
) -> NDArray[np.float64]:
    """Sums and numbers of each rater or photo, (n, 2, entries), in an order that no name decides."""
    import numpy as np

    owners, places = numbered(keys), {name: place for place, name in enumerate(names)}
    table = np.zeros((len(owners), 2, len(names)))
    for one, value, key in zip(scores, values, keys, strict=True):
        table[owners[key], :, places[one.picture.entry]] += (value, 1)
    # The last digits are the order's in which means were summed.
    table = table.round(9)
    return table[sorted(range(len(table)), key=lambda at: table[at].tobytes())]


def _of_one(draws: Resampled, place: int, mean: float, count: int) -> Interval | None:
    """The interval of one entry's mean, as far as there are scores."""
    interval = draws.of(lambda each: each[:, place]).interval(mean, _least(count))
    if interval is None:
        return None
    return replace(interval, low=max(LEAST, interval.low), high=min(MOST, interval.high))


def _gap(
    row: ScoreMean, best: ScoreMean, draws: Resampled, names: Sequence[str]
) -> Interval | None:
    if row.levelled_interval is None or best.levelled_interval is None:
        return None
    one, other = names.index(row.entry), names.index(best.entry)
    gaps = draws.of(lambda each: each[:, one] - each[:, other])
    return gaps.interval(row.levelled - best.levelled, _least(row.answers, best.answers))


def _least(*counts: int) -> float:
    """The least standard error of a mean, or of a difference: whole scores are half a step off each."""
    return _STEP * math.sqrt(sum(1 / count for count in counts)) * student_factor(min(counts) - 1)


def _worse(gap: Interval | None) -> bool:
    # What too few answers cannot tell apart is not worse.
    return gap is not None and gap.high < 0


def _best_step(
    stepped: Sequence[ScoreMean], best: ScoreMean, within: Sequence[str], told: bool
) -> BestStep | None:
    if len(stepped) < 2 or best.step is None:
        return None
    steps = tuple(sorted(row.step or 0 for row in stepped if row.entry in within))
    return BestStep(METRIC, best.entry, best.step, steps, steps[0], not told)
