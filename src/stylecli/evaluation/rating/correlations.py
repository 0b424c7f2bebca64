"""Whether figures say what people say: correlations over entries, and over pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import DRAWS, FEWEST, LEVEL
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
        entry: The entry.
        target: The style that it aims at.
        photo: What is drawn anew for the interval: the photo of a picture, or the entry's name.
        rating: What people say.
        value: The metric's figure.
        answers: How many answers the rating rests on.
    """

    entry: str
    target: str
    photo: str
    rating: float
    value: float
    answers: int


@dataclass(frozen=True)
class Correlation:
    """Of a rating with a metric.

    Attributes:
        asked: What people were asked: "preferred" (chance or share), "score" (levelled), "said real".
        metric: The metric's name.
        over: What the points are.
        count: How many.
        spearman: Of ranks; None where fewer than three points, or all are alike.
        spearman_interval: From photos, or entries, drawn anew; None where there are fewer than 8.
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

    Where the points aim at several styles, each style's own mean is taken off both first: one style may
    be liked more, or be nearer to photographs, than another.
    """
    ordered = sorted(points, key=lambda one: (one.target, one.photo, one.rating, one.value))
    targets = [one.target for one in ordered]
    pairs = [
        _levelled([one.rating for one in ordered], targets),
        _levelled([one.value for one in ordered], targets),
    ]
    ranked = [ranks(values) for values in pairs]
    drawn = _weights([one.photo for one in ordered])
    spearman, pearson = pearson_of(*ranked), pearson_of(*pairs)
    return Correlation(
        asked,
        metric,
        over,
        len(ordered),
        spearman,
        None if spearman is None else _interval(ranked, drawn),
        pearson,
        None if pearson is None else _interval(pairs, drawn),
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


def _levelled(values: Sequence[float], targets: Sequence[str]) -> NDArray[np.float64]:
    import numpy as np

    found = np.array(values, dtype=np.float64)
    styles = numbered(targets)
    owner = np.array([styles[target] for target in targets], dtype=int)
    if len(found) and owner.max() > 0:
        found -= (np.bincount(owner, found) / np.bincount(owner))[owner]
    return found


def _weights(photos: Sequence[str]) -> NDArray[np.float64] | None:
    """How often each point is drawn, (draws, points): points of one photo go together."""
    import numpy as np

    places = numbered(photos)
    if len(places) < FEWEST:
        return None
    generator = np.random.Generator(np.random.PCG64(0))
    drawn = generator.multinomial(len(places), [1 / len(places)] * len(places), DRAWS)
    weights: NDArray[np.float64] = drawn[:, [places[photo] for photo in photos]].astype(np.float64)
    return weights


def _interval(
    pair: Sequence[NDArray[np.float64]], weights: NDArray[np.float64] | None
) -> Interval | None:
    """The middle 95 % of the draws: unlike a distance from the mean, it stays between -1 and 1."""
    import numpy as np

    if weights is None:
        return None
    total = weights.sum(axis=1, keepdims=True)
    first, second = (values - weights @ values[:, None] / total for values in pair)
    products = [first * second, first * first, second * second]
    both, one, other = ((weights * product).sum(axis=1) for product in products)
    known = (one > 1e-12) & (other > 1e-12)
    if known.sum() < DRAWS // 2:
        return None
    found = both[known] / np.sqrt(one[known] * other[known])
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high), "photos", LEVEL)
