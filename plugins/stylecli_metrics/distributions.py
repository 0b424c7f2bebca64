"""Distances between distributions that are kept as their distribution functions on a grid.

The distribution function of a set of pictures is the mean of the pictures' own, so that any subset's
distance costs one matrix product, and a picture is kept in a few kilobytes however many pixels it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stylecli_metrics.pictures import Array


@dataclass(frozen=True)
class Grid:
    """Cells of a line.

    Attributes:
        edges: (cells + 1,), rising.
        places: From values to where they lie, counted in cells from the first edge.
    """

    edges: Array
    places: Callable[[Array], Array]


def even_grid(reach: float, cells: int) -> Grid:
    """Cells of one width from -reach to reach."""
    width = 2 * reach / cells
    return Grid(np.linspace(-reach, reach, cells + 1), lambda values: (values + reach) / width)


def fine_grid(reach: float, cells: int) -> Grid:
    """Cells that are narrow about 0 and wide at the ends, even in the inverse hyperbolic sine."""
    end = float(np.arcsinh(reach))
    width = 2 * end / cells
    edges = np.sinh(np.linspace(-end, end, cells + 1))
    return Grid(edges, lambda values: np.clip((np.arcsinh(values) + end) / width, 0, cells))


def cumulative(values: Array, grid: Grid) -> Array:
    """The distribution function of samples, averaged over each cell of a grid.

    Args:
        values: (k, samples) of k one-dimensional distributions; those beyond the grid are moved to
            its ends.
        grid: The cells.

    Returns:
        (k, cells): the share of samples below a point, averaged over the cell's points. With the
        average in place of the value at one point the distance of two distributions is exact
        wherever one lies on one side of the other within each cell.
    """
    edges = grid.edges
    values = np.clip(values, edges[0], edges[-1])
    cells = len(edges) - 1
    cell = np.minimum(grid.places(values).astype(np.intp), cells - 1)
    passed = (edges[cell + 1] - values) / (edges[cell + 1] - edges[cell])
    rows = np.arange(len(values))[:, None] * (cells + 1)
    shape = len(values) * (cells + 1)
    # A sample counts in its own cell for the part of the cell above it, in all later ones whole.
    steps: Array = np.bincount((rows + cell).ravel(), passed.ravel(), shape).astype(np.float64)
    steps += np.bincount((rows + cell + 1).ravel(), (1 - passed).ravel(), shape)
    sums = np.cumsum(steps.reshape(len(values), cells + 1), axis=1)[:, :cells]
    shares: Array = sums / values.shape[1]
    return shares


def sliced_w1(first: Array, second: Array, grid: Grid) -> Array:
    """The sliced Wasserstein-1 distances of distribution functions.

    Args:
        first: (..., directions, cells).
        second: (directions, cells), or of the same shape as `first`.
        grid: The cells.

    Returns:
        (...): the mean over the directions of the integral of |F - G|, in the unit of the grid.
    """
    distances: Array = np.mean(
        np.sum(np.abs(first - second) * np.diff(grid.edges), axis=-1), axis=-1
    )
    return distances


def directions(count: int, dimensions: int, seed: int) -> Array:
    """Fixed unit vectors (count, dimensions), even over the sphere; drawn by numpy's PCG64."""
    drawn = np.random.Generator(np.random.PCG64(seed)).normal(size=(count, dimensions))
    unit: Array = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit
