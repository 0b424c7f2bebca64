"""Whether figures say what people say: correlations over entries, and over pictures."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import DRAWS, FEWEST, LEVEL, NORMAL, student_factor
from stylecli.evaluation.rating.observed import numbered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Over = Literal["entries", "pictures"]
Asked = Literal["preferred", "score", "said real"]


@dataclass(frozen=True)
class Point:
    """Something that people rated and a metric measured.

    Attributes:
        scale: Points of one scale can be compared: of one style, and joined by answers.
        unit: What is drawn anew for the interval: the photo of a picture, or the entry's name.
        rating: What people say.
        value: The metric's figure.
    """

    scale: Hashable
    unit: str
    rating: float
    value: float


@dataclass(frozen=True)
class Correlation:
    """Of a rating with a metric.

    Attributes:
        asked: What people were asked: "preferred" (chance or share), "score" (levelled), "said real".
        metric: The metric's name.
        over: What the points are.
        count: How many.
        spearman: Of ranks; None where fewer than three points, or all are alike.
        spearman_interval: From photos, or entries, drawn anew; None where there are fewer than 8. Never
            narrower than so many independent points allow (Fisher 1921).
        pearson: Of the values themselves.
        pearson_interval: Likewise.
    """

    asked: Asked
    metric: str
    over: Over
    count: int
    spearman: float | None
    spearman_interval: Interval | None
    pearson: float | None
    pearson_interval: Interval | None

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval of the rank correlation leaves out zero."""
        interval = self.spearman_interval
        return interval is not None and not interval.low <= 0 <= interval.high


def correlation(asked: Asked, metric: str, over: Over, points: Sequence[Point]) -> Correlation:
    """Correlate ratings with figures.

    Where the points are of several scales, each scale's own mean is taken off both first: one style may
    be liked more, or be nearer to photographs, than another, and what no answer joins has no common zero.
    """
    ordered = sorted(points, key=lambda one: (str(one.scale), one.unit, one.rating, one.value))
    scales = numbered([one.scale for one in ordered])
    owner = [scales[one.scale] for one in ordered]
    pairs = [
        _levelled([one.rating for one in ordered], owner),
        _levelled([one.value for one in ordered], owner),
    ]
    ranked = [ranks(values) for values in pairs]
    drawn = _drawn([one.unit for one in ordered], over, len(scales))
    spearman, pearson = pearson_of(*ranked), pearson_of(*pairs)
    return Correlation(
        asked,
        metric,
        over,
        len(ordered),
        spearman,
        None if spearman is None or drawn is None else _interval(spearman, ranked, drawn),
        pearson,
        None if pearson is None or drawn is None else _interval(pearson, pairs, drawn),
    )


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1; equal values share the mean of theirs."""
    import numpy as np

    _, place, counts = np.unique(values.round(9), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    shared: NDArray[np.float64] = (ends - (counts - 1) / 2)[place]
    return shared


def pearson_of(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Pearson's correlation; None for fewer than three values, or where all of one are alike."""
    import numpy as np

    if len(first) < 3 or np.ptp(first) < 1e-12 or np.ptp(second) < 1e-12:
        return None
    return float(np.clip(np.corrcoef(first, second)[0, 1], -1, 1))


def _levelled(values: Sequence[float], owner: Sequence[int]) -> NDArray[np.float64]:
    import numpy as np

    found = np.array(values, dtype=np.float64)
    # In units of the largest, so that what is alike is told from what differs in any unit.
    found /= np.abs(found).max(initial=0) or 1
    if max(owner, default=0) > 0:
        found -= (np.bincount(owner, found) / np.bincount(owner))[owner]
    return found


class _Drawn(NamedTuple):
    """Points drawn anew.

    Attributes:
        weights: (draws, points): how often each is drawn; those of one unit go together.
        units: How many different units.
        least: The least standard error of an angle of Fisher's.
        how: What is drawn.
    """

    weights: NDArray[np.float64]
    units: int
    least: float
    how: Literal["photos", "entries"]


def _drawn(units: Sequence[str], over: Over, scales: int) -> _Drawn | None:
    import numpy as np

    places = numbered(units)
    if len(places) < FEWEST:
        return None
    generator = np.random.Generator(np.random.PCG64(0))
    drawn = generator.multinomial(len(places), [1 / len(places)] * len(places), DRAWS)
    weights = drawn[:, [places[unit] for unit in units]].astype(np.float64)
    # Each scale's own mean is one value that the points do not have any more.
    least = 1 / math.sqrt(max(1, len(units) - 2 - scales))
    return _Drawn(weights, len(places), least, "entries" if over == "entries" else "photos")


def _interval(value: float, pair: Sequence[NDArray[np.float64]], drawn: _Drawn) -> Interval | None:
    """The interval, on the scale of Fisher's angle, on which a correlation is nearly normal."""
    import numpy as np

    weights, count = drawn.weights, drawn.units
    total = weights.sum(axis=1, keepdims=True)
    first, second = (values - weights @ values[:, None] / total for values in pair)
    products = [first * second, first * first, second * second]
    both, one, other = ((weights * product).sum(axis=1) for product in products)
    known = (one > 1e-12) & (other > 1e-12)
    if known.sum() < DRAWS // 2:
        return None
    # The angle of 1 is no number: half a step of the ranks before it is taken for it.
    points = weights.shape[1]
    most = 1 - 6 / (points**3 - points)
    angles = np.arctanh(np.clip(both[known] / np.sqrt(one[known] * other[known]), -most, most))
    factor = math.sqrt(count / (count - 1)) * student_factor(count - 1)
    low, high = np.quantile(angles - angles.mean(), [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) * factor
    reach = NORMAL * drawn.least * student_factor(count - 1)
    angle = math.atanh(min(most, max(-most, value)))
    ends = angle + min(low, -reach), angle + max(high, reach)
    # What is 1 is within its own interval.
    return Interval(
        min(math.tanh(ends[0]), value), max(math.tanh(ends[1]), value), drawn.how, LEVEL
    )
