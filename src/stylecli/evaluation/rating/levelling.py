"""Scores without what is their raters' own: score = entry + rater, by least squares.

Raters may have seen different entries: who takes each rater's own mean off takes those who saw the better
ones for kind. Where all saw the same, both are the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.evaluation.rating.observed import Score, numbered
from stylecli.evaluation.rating.resampling import Resampled, resampled
from stylecli.evaluation.rating.strengths import groups_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stylecli.evaluation.rating.resampling import Weights

_NOTHING = 1e-9


def joined_scores(scores: Sequence[Score]) -> list[list[Score]]:
    """The scores by what raters join: entries that no rater joins are on no common scale."""
    import numpy as np

    entries = numbered(sorted({one.picture.entry for one in scores}))
    raters = numbered([one.rater for one in scores])
    saw = np.zeros((len(raters), len(entries)))
    for one in scores:
        saw[raters[one.rater], entries[one.picture.entry]] = 1
    parts = [set(part) for part in groups_of(saw.T @ saw > 0)] if scores else []
    return [[one for one in scores if entries[one.picture.entry] in part] for part in parts]


def levelled(scores: Sequence[Score]) -> list[float]:
    """Each score without what its rater is kinder than the others who can be compared with them.

    The mean of all scores that are joined stays as it is.
    """
    kindness: dict[str, float] = {}
    for part in joined_scores(scores):
        table = _Table.of(part)
        effects, _ = _effects(table.counts, table.sums)
        off = (table.sums - table.counts * effects).sum(axis=1) / table.counts.sum(axis=1)
        kindness.update(zip(table.raters, off.round(9).tolist(), strict=True))
    return [one.score - kindness[one.rater] for one in scores]


@dataclass(frozen=True)
class Levels:
    """The means of entries that raters join.

    Attributes:
        given: (entries,): of the scores as given.
        levelled: (entries,): without what is the raters' own.
        spread: (entries, entries): the covariance of the levelled means if every score were off by
            an independent error of 1.
        draws: (draws, 2, entries): both means with raters and with photos drawn anew.
    """

    given: NDArray[np.float64]
    levelled: NDArray[np.float64]
    spread: NDArray[np.float64]
    draws: Resampled


def levels_of(scores: Sequence[Score]) -> Levels:
    """The means of the entries, by name, of scores that are joined; see `joined_scores`."""
    import numpy as np

    table = _Table.of(scores)
    effects, inverse = _effects(table.counts, table.sums)
    numbers = table.counts.sum(axis=0)
    # The levels' own mean is that of all scores.
    apart = np.eye(len(numbers)) - numbers / numbers.sum()
    spread = apart @ inverse @ apart.T + 1 / numbers.sum()

    def figures(weights: Weights, which: str) -> NDArray[np.float64]:
        if which == "raters":
            counts, sums = (weights[:, :, None] * each for each in (table.counts, table.sums))
        else:
            counts, sums = np.moveaxis(np.tensordot(weights, table.by_photo, 1), 1, 0)
        drawn, _ = _effects(counts, sums)
        if which == "raters":
            # Whether kind or strict raters were drawn moves no level; harder photos would.
            seen = np.where(np.isfinite(drawn), numbers, 0.0)
            off = (seen * np.where(seen > 0, effects - drawn, 0.0)).sum(axis=1)
            drawn = drawn + (off / np.maximum(seen.sum(axis=1), 1))[:, None]
        with np.errstate(invalid="ignore"):
            means = sums.sum(axis=1) / counts.sum(axis=1)
        return np.stack([means, drawn], axis=1)

    draws = resampled(figures, len(table.counts), len(table.by_photo))
    return Levels(table.sums.sum(axis=0) / numbers, effects, spread, draws)


@dataclass(frozen=True)
class _Table:
    """Scores counted and added up, in an order of raters and of photos that no name decides.

    Attributes:
        counts: (raters, entries).
        sums: Likewise.
        by_photo: (photos, 2, raters, entries): both of each photo.
        raters: Their names.
    """

    counts: NDArray[np.float64]
    sums: NDArray[np.float64]
    by_photo: NDArray[np.float64]
    raters: tuple[str, ...]

    @classmethod
    def of(cls, scores: Sequence[Score]) -> _Table:
        import numpy as np

        raters = numbered([one.rater for one in scores])
        photos = numbered([one.picture.photo for one in scores])
        entries = numbered(sorted({one.picture.entry for one in scores}))
        table = np.zeros((len(photos), 2, len(raters), len(entries)))
        for one in scores:
            place = photos[one.picture.photo], raters[one.rater], entries[one.picture.entry]
            table[place[0], :, place[1], place[2]] += (1, one.score)
        # The last digits are the order's in which scores were summed.
        table = table.round(9)
        order = _order(np.moveaxis(table, 2, 0))
        table = table[:, :, order]
        table = table[_order(table.transpose(0, 2, 1, 3))]
        counts, sums = table.sum(axis=0)
        names = list(raters)
        return cls(counts, sums, table, tuple(names[at] for at in order))


def _order(blocks: NDArray[np.float64]) -> list[int]:
    """An order of blocks, (n, m, ...), by what is in them, in whatever order their m parts are."""

    def key(at: int) -> tuple[bytes, list[bytes]]:
        return blocks[at].sum(axis=0).tobytes(), sorted(part.tobytes() for part in blocks[at])

    return sorted(range(len(blocks)), key=key)


def _effects(
    counts: NDArray[np.float64], sums: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is the entries' own of scores, the mean of all staying as it is.

    Args:
        counts: (..., raters, entries): how many scores.
        sums: Likewise: what they add up to.

    Returns:
        (..., entries): NaN for an entry without a score, and for all where no rater joins those that have some;
        and (..., entries, entries): the covariance if every score had an independent error of 1.
    """
    import numpy as np

    of_rater = np.maximum(counts.sum(axis=-1, keepdims=True), _NOTHING)
    numbers, turned = counts.sum(axis=-2), np.swapaxes(counts, -1, -2)
    # The raters' own part is eliminated: what is left are equations of the entries alone.
    matrix = np.eye(numbers.shape[-1]) * numbers[..., None] - turned @ (counts / of_rater)
    wanted = (sums - counts * (sums.sum(axis=-1, keepdims=True) / of_rater)).sum(axis=-2)
    sizes, axes = np.linalg.eigh(matrix)
    held = sizes > _NOTHING * np.maximum(sizes[..., -1:], 1)
    scaled = axes * np.where(held, 1 / np.where(held, sizes, 1), 0)[..., None, :]
    inverse = scaled @ np.swapaxes(axes, -1, -2)
    effects = (inverse @ wanted[..., None])[..., 0]
    total = np.maximum(numbers.sum(axis=-1), _NOTHING)
    level = (sums.sum(axis=(-1, -2)) - (numbers * effects).sum(axis=-1)) / total
    known = numbers > 0
    # One direction is free, the level, and one for each entry without a score.
    joined = held.sum(axis=-1) == known.sum(axis=-1) - 1
    found = np.where(known & joined[..., None], effects + level[..., None], np.nan)
    return found, inverse
