"""Intervals of what people say: how it would move with other raters, and with other photos.

Raters are drawn anew with all that they said, and photos with all that was said of them: 300 answers
of three raters are not 300 samples (Efron & Tibshirani 1993, the bootstrap of clusters).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import DRAWS, LEVEL, NORMAL, student_factor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = NDArray[np.float64]

ENOUGH_ANSWERS = 8
"""Of fewer choices not even such that all fall alike are beyond noise."""
ENOUGH_PHOTOS = 4
"""How photos differ cannot be told from fewer: what is said of them is said of these alone."""


def enough(photos: Sequence[str]) -> bool:
    """Whether answers about these photos, one an answer, are enough for an interval."""
    return len(photos) >= ENOUGH_ANSWERS and len(set(photos)) >= ENOUGH_PHOTOS


@dataclass(frozen=True)
class Resampled:
    """A figure, or several, on every draw of raters and on every draw of photos.

    Attributes:
        by_rater: (draws, ...); None with one rater.
        by_photo: (draws, ...); None with fewer than `ENOUGH_PHOTOS`.
        raters: How many there are.
        photos: Likewise.
    """

    by_rater: NDArray[np.float64] | None
    by_photo: NDArray[np.float64] | None
    raters: int
    photos: int

    def of(self, take: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Resampled:
        """What follows from the figures of each draw."""
        by_rater = None if self.by_rater is None else take(self.by_rater)
        by_photo = None if self.by_photo is None else take(self.by_photo)
        return Resampled(by_rater, by_photo, self.raters, self.photos)

    def interval(self, value: float, least: float) -> Interval | None:
        """The interval of one figure, (draws,): the wider one of raters' and photos'; None without both.

        Args:
            value: The figure.
            least: Its standard error if all answers were independent. Where raters agree wholly no draw
                differs from another, and yet the next answer may: the interval is no narrower than this.
        """
        found = []
        if self.by_rater is not None:
            found.append(_around(value, self.by_rater, self.raters))
        if self.by_photo is not None:
            found.append(_around(value, self.by_photo, self.photos))
        known = [ends for ends in found if ends is not None]
        if not known:
            return None
        known.append((value - NORMAL * least, value + NORMAL * least))
        low, high = max(known, key=lambda ends: ends[1] - ends[0])
        return Interval(low, high, self._how, LEVEL)

    def together(
        self, values: Sequence[float], least: Sequence[float], things: int
    ) -> list[Interval] | None:
        """Intervals of all differences of several things, (draws, n), that hold all at once; None without both.

        As Tukey's range: the largest deviation of a draw, in units of the least standard errors, is what
        all intervals must hold.

        Args:
            values: The n differences.
            least: Their standard errors if all answers were independent.
            things: How many things they are the differences of.
        """
        import numpy as np

        units = np.asarray(least)
        found = [
            _largest(replicates / units, count, things)
            for replicates, count in ((self.by_rater, self.raters), (self.by_photo, self.photos))
            if replicates is not None
        ]
        known = [reach for reach in found if reach is not None]
        if not known:
            return None
        reaches = max(NORMAL, *known) * units
        return [
            Interval(value - reach, value + reach, self._how, LEVEL)
            for value, reach in zip(values, reaches.tolist(), strict=True)
        ]

    @property
    def _how(self) -> Literal["raters", "photos", "raters or photos"]:
        if self.by_rater is None:
            return "photos"
        return "raters" if self.by_photo is None else "raters or photos"


def resampled(
    figures: Callable[[Weights, str], NDArray[np.float64]], raters: int, photos: int
) -> Resampled:
    """Draw raters anew, and photos.

    Args:
        figures: The figures (draws, ...) where each rater or photo counts as often as its weight says,
            (draws, raters or photos), and which of them, "raters" or "photos".
        raters: How many there are.
        photos: Likewise.
    """
    by_rater = figures(_weights(raters), "raters") if raters > 1 else None
    by_photo = figures(_weights(photos), "photos") if photos >= ENOUGH_PHOTOS else None
    return Resampled(by_rater, by_photo, raters, photos)


def _weights(count: int) -> Weights:
    """How often each of `count` is drawn, (draws, count)."""
    import numpy as np

    generator = np.random.Generator(np.random.PCG64(0))
    return generator.multinomial(count, [1 / count] * count, DRAWS).astype(np.float64)


def _around(
    value: float, replicates: NDArray[np.float64], count: int
) -> tuple[float, float] | None:
    """A value with the spread of its replicates; those without one are of draws without an answer."""
    import numpy as np

    known = replicates[np.isfinite(replicates)]
    if len(known) < DRAWS // 2:
        return None
    # A draw of n from n spreads as n - 1 would, and few know their own spread badly (Student's t).
    factor = math.sqrt(count / (count - 1)) * student_factor(count - 1)
    deviations = factor * (known - known.mean())
    low, high = np.quantile(deviations, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return value + float(low), value + float(high)


def _largest(replicates: NDArray[np.float64], count: int, things: int) -> float | None:
    """What the largest deviation of a draw, (draws, n), seldom exceeds."""
    import numpy as np

    known = replicates[:, np.isfinite(replicates).sum(axis=0) >= DRAWS // 2]
    known = known[np.isfinite(known).any(axis=1)]
    if not known.size:
        return None
    largest = np.nanmax(np.abs(known - np.nanmean(known, axis=0)), axis=1)
    # Student's t as in `_around`; each thing but one adds to what the spread is known from.
    factor = math.sqrt(count / (count - 1)) * student_factor((count - 1) * (things - 1))
    return factor * float(np.quantile(largest, LEVEL))
