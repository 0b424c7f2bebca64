"""Maximum mean discrepancy (Gretton et al. 2012) with the kernels of KID and CMMD."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylecli_judges.frechet import Array

Kernel: TypeAlias = Callable[[Array, Array], Array]


def polynomial(x: Array, y: Array) -> Array:
    """KID's kernel (Bińkowski et al. 2018): (x·y / d + 1)³, for (n, d) and (m, d); (n, m)."""
    values: Array = (x @ y.T / x.shape[1] + 1) ** 3
    return values


def gaussian(x: Array, y: Array, sigma: float = 10) -> Array:
    """CMMD's kernel (Jayasumana et al. 2024): exp(-|x - y|² / 2 sigma²), (n, m)."""
    squares = np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1) - 2 * x @ y.T
    values: Array = np.exp(-np.maximum(squares, 0) / (2 * sigma**2))
    return values


@dataclass(frozen=True)
class Discrepancy:
    """The squared discrepancy of outputs x and references y.

    Attributes:
        within: The kernel among x, (n, n); 0 on the diagonal where that is left out.
        across: The kernel of x and y, (n, m).
        rest: The mean of the kernel among y.
        left_out: 1 where a picture's kernel with itself is left out of the means, which makes them
            unbiased; else 0.
        scale: What it is multiplied by.
    """

    within: Array
    across: Array
    rest: float
    left_out: int
    scale: float

    def rows(self) -> Array:
        """What each of x contributes: (n,); their mean is the discrepancy."""
        own = self.within.sum(axis=1) / (len(self.within) - self.left_out)
        rows: Array = self.scale * (own + self.rest - 2 * self.across.mean(axis=1))
        return rows

    def of_subsets(self, subsets: NDArray[np.bool_]) -> Array:
        """The discrepancies (k,) of subsets (k, n) of x, two or more in each."""
        members = subsets.astype(np.float64)
        size = members.sum(axis=1)
        own = np.sum(members * (members @ self.within), axis=1) / (size * (size - self.left_out))
        across = members @ self.across.mean(axis=1) / size
        found: Array = self.scale * (own + self.rest - 2 * across)
        return found


def discrepancy(
    x: Array, y: Array, kernel: Kernel, unbiased: bool, scale: float = 1
) -> Discrepancy:
    """Make ready to measure how far x (n, d) is from y (m, d), two rows or more in each."""
    left_out = int(unbiased)
    within, among = kernel(x, x), kernel(y, y)
    if unbiased:
        np.fill_diagonal(within, 0)
        np.fill_diagonal(among, 0)
    rest = float(among.sum() / (len(y) * (len(y) - left_out)))
    return Discrepancy(within, kernel(x, y), rest, left_out, scale)
