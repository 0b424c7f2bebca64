"""The Fréchet distance of two samples, each taken for a Gaussian (Dowson & Landau 1982)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def frechet(x: Array, y: Array) -> float:
    """|mean x - mean y|² + Tr(cov x + cov y - 2 √(cov x cov y)).

    The trace of the root is the sum of the singular values of A Bᵀ, A and B being the centred rows
    over √(n - 1): no root of a matrix that has none, and no more than the samples have rank.

    Args:
        x: (n, d), n of at least 2.
        y: (m, d), m of at least 2.

    Returns:
        At least 0, in the square of the features' unit.
    """
    means = x.mean(axis=0) - y.mean(axis=0)
    a, b = _scaled(x), _scaled(y)
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return max(0.0, float(means @ means + np.sum(a**2) + np.sum(b**2) - 2 * root))


def _scaled(rows: Array) -> Array:
    """A matrix whose product with itself is the covariance, with no more rows than columns."""
    centred: Array = (rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)
    return np.linalg.qr(centred).R if len(centred) > centred.shape[1] else centred
