"""Patches: how small pieces of a picture are distributed, scale by scale.

The sliced Wasserstein distance of patches of a Laplacian pyramid (Karras et al. 2018, after Rabin et
al. 2011), here in L*a*b* and not normalised, so that how strong strokes and colours are counts.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from stylecli_metrics.distributions import cumulative, directions, fine_grid
from stylecli_metrics.features import halve
from stylecli_metrics.pictures import Array, Picture, lab_square

_SIZE = 256
_PATCH = 7
_STRIDE = 4
LEVELS = 3
DIRECTIONS = 16
# Close together about 0, where most of the responses lie.
PATCH_GRID = fine_grid(200.0, 64)
_KERNELS = directions(DIRECTIONS, 3 * _PATCH**2, seed=1)


def patches(picture: Picture) -> Array:
    """The patches of one picture: ``patches-v1``.

    Returns:
        (48, 64): for the three finest bands of the Laplacian pyramid (Burt & Adelson 1983) of the
        centre square at 256 px, the distribution functions of the 7 x 7 x 3 patches at every fourth
        pixel along 16 fixed directions; see `stylecli_metrics.distributions.cumulative`.

    Raises:
        EvaluationError: Not a picture.
    """
    plane = lab_square(picture, _SIZE)
    found = []
    for _ in range(LEVELS):
        smaller = halve(plane)
        band = plane - _doubled(smaller)
        windows = sliding_window_view(band, (_PATCH, _PATCH), axis=(0, 1))[::_STRIDE, ::_STRIDE]
        rows = windows.reshape(-1, 3 * _PATCH**2)
        found.append(cumulative(_KERNELS @ rows.T, PATCH_GRID))
        plane = smaller
    return np.concatenate(found)


def _doubled(plane: Array) -> Array:
    """Twice the size, by linear interpolation, each old pixel at an even place."""
    for axis in (0, 1):
        moved = np.moveaxis(plane, axis, 0)
        following = np.concatenate([moved[1:], moved[-1:]])
        between = np.stack([moved, (moved + following) / 2], axis=1)
        plane = np.moveaxis(between.reshape(-1, *moved.shape[1:]), 0, axis)
    return plane
