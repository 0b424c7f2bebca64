"""Energy distance between two samples, and whether chance alone would put them that far apart.

E(X, Y) = 2 E|X - Y| - E|X - X'| - E|Y - Y'| (Székely & Rizzo 2013) is zero exactly where the two
distributions agree. The U-statistic leaves a point's zero distance to itself out of the means
within a sample: it is unbiased at any sample size, and so may fall a little below zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stylecli_metrics.pictures import Array, EvaluationError


def energy_distance(x: Array, y: Array) -> float:
    """The unbiased energy distance of two samples.

    Args:
        x: (n, d), n of at least 2.
        y: (m, d), m of at least 2.

    Returns:
        The U-statistic, in the unit of the features: about 0 for two samples of one distribution;
        twice their distance for two that are each a single point.

    Raises:
        EvaluationError: A sample of fewer than two rows, rows of different lengths, or values
            that are not finite.
    """
    pooled = _pool(x, y)
    first = np.arange(len(pooled)) < len(x)
    return float(_of_divisions(_within(pooled), first[None, :])[0])


def energy_of_halves(x: Array, *, halves: int = 20, seed: int = 0) -> float:
    """The mean energy distance between random halves of one sample: what "no difference" reads.

    Args:
        x: (n, d), n of at least 4; the first half is the smaller one where n is odd.
        halves: How many divisions to average.
        seed: Of numpy's PCG64, which draws them. The order of the rows does not matter.

    Returns:
        A value that is 0 on average over samples, whatever the distribution.

    Raises:
        EvaluationError: As for `energy_distance`.
    """
    if len(x) < 4:
        raise EvaluationError(f"two halves of at least 2 need 4 rows, not {len(x)}")
    half = len(x) // 2
    pooled = _in_order(_pool(x[:half], x[half:]))
    return float(np.mean(_of_divisions(_within(pooled), _draws(len(x), half, halves, seed))))


def permutation_p_value(x: Array, y: Array, *, permutations: int = 999, seed: int = 0) -> float:
    """How often a random division of two samples' union lies as far apart as the samples do.

    Args:
        x: (n, d), n of at least 2.
        y: (m, d), m of at least 2.
        permutations: How many divisions to try; drawn by numpy's PCG64.
        seed: Of these draws. The order of the rows does not matter.

    Returns:
        (1 + divisions at least as far) / (1 + divisions), in 0..1: small = they differ.

    Raises:
        EvaluationError: As for `energy_distance`.
    """
    statistic = energy_distance(x, y)
    pooled = _in_order(_pool(x, y))
    drawn = _of_divisions(_within(pooled), _draws(len(pooled), len(x), permutations, seed))
    # Equal divisions must count as equal, whatever the order of summation did to the last digits.
    tolerance = 1e-9 * max(1.0, abs(statistic))
    return float((1 + np.sum(drawn >= statistic - tolerance)) / (1 + permutations))


def energies_of_subsets(x: Array, y: Array, subsets: NDArray[np.bool_]) -> Array:
    """The energy distances to all of y of subsets of x.

    Args:
        x: (n, d).
        y: (m, d), m of at least 2.
        subsets: (k, n), at least 2 rows of x in each.

    Returns:
        (k,), each as `energy_distance` gives it.

    Raises:
        EvaluationError: As for `energy_distance`.
    """
    distances = _within(_pool(x, y))
    n, m = len(x), len(y)
    members = subsets.astype(np.float64)
    size = members.sum(axis=1)
    across = members @ distances[:n, n:].mean(axis=1) / size
    within = np.sum(members * (members @ distances[:n, :n]), axis=1) / (size * (size - 1))
    rest = distances[n:, n:].sum() / (m * (m - 1))
    energies: Array = 2 * across - within - rest
    return energies


def energy_by_row(x: Array, y: Array) -> Array:
    """What each row of x contributes to the energy distance: (n,), their mean is the distance.

    Raises:
        EvaluationError: As for `energy_distance`.
    """
    distances = _within(_pool(x, y))
    n, m = len(x), len(y)
    across = 2 * distances[:n, n:].mean(axis=1)
    within = distances[:n, :n].sum(axis=1) / (n - 1)
    rows: Array = across - within - distances[n:, n:].sum() / (m * (m - 1))
    return rows


def _pool(x: Array, y: Array) -> Array:
    for sample in (x, y):
        if sample.ndim != 2 or len(sample) < 2:
            raise EvaluationError(f"a sample is (n, d) with n of at least 2, not {sample.shape}")
    if x.shape[1] != y.shape[1]:
        raise EvaluationError(f"samples of {x.shape[1]} and {y.shape[1]} features")
    pooled = np.concatenate([x, y])
    if not np.isfinite(pooled).all():
        raise EvaluationError("a sample holds values that are not finite")
    return pooled


def _in_order(rows: Array) -> Array:
    """The rows in an order of their own, so that what is drawn does not depend on the listing."""
    ordered: Array = rows[np.lexsort(rows.T)]
    return ordered


def _within(rows: Array) -> Array:
    """Euclidean distances (n, n) between rows."""
    # They do not depend on the origin, but the rounding of this formula does.
    rows = rows - rows.mean(axis=0)
    norms = np.sum(rows**2, axis=1)
    distances: Array = np.sqrt(np.maximum(norms[:, None] + norms - 2 * (rows @ rows.T), 0))
    np.fill_diagonal(distances, 0)
    return distances


def _draws(count: int, first: int, draws: int, seed: int) -> NDArray[np.bool_]:
    """Random divisions (draws, count): True for the `first` many rows of the first part."""
    generator = np.random.Generator(np.random.PCG64(seed))
    division = np.tile(np.arange(count) < first, (draws, 1))
    return generator.permuted(division, axis=1)


def _of_divisions(distances: Array, first: NDArray[np.bool_]) -> Array:
    """The energy distances (k,) of k divisions (k, n) of the rows that lie `distances` apart."""
    members = first.astype(np.float64)
    n = members.sum(axis=1)
    m = len(distances) - n
    # Sums over ordered pairs: within the first part, from it to all, and within the second.
    within = np.sum(members * (members @ distances), axis=1)
    to_all = members @ distances.sum(axis=1)
    rest = distances.sum() - 2 * to_all + within
    across = 2 * (to_all - within) / (n * m)
    energy: Array = across - within / (n * (n - 1)) - rest / (m * (m - 1))
    return energy
