"""GMSD, the gradient magnitude similarity deviation of Xue et al. (2014)."""

from __future__ import annotations

import numpy as np

from stylecli_metrics.pictures import Array, Picture, luma_square

_SIZE = 256
_C = 170.0


def gmsd(output: Picture, content: Picture) -> float:
    """How unevenly the edges of two pictures agree: ``gmsd-xue-256``.

    Of the luma (BT.601, 0..255) of both centre squares at 256 px, halved by means over 2 x 2 as the
    paper does; Prewitt's gradients, constant 170.

    Returns:
        A value of at least 0; 0 for two equal pictures, less is better.

    Raises:
        EvaluationError: Not a picture.
    """
    x, y = _gradient(output), _gradient(content)
    similarity = (2 * x * y + _C) / (x**2 + y**2 + _C)
    return float(np.std(similarity))


def _gradient(picture: Picture) -> Array:
    plane = luma_square(picture, _SIZE)
    plane = plane.reshape(_SIZE // 2, 2, _SIZE // 2, 2).mean(axis=(1, 3))
    rows = plane[:-2] + plane[1:-1] + plane[2:]
    columns = plane[:, :-2] + plane[:, 1:-1] + plane[:, 2:]
    right = (rows[:, 2:] - rows[:, :-2]) / 3
    down = (columns[2:] - columns[:-2]) / 3
    magnitude: Array = np.hypot(right, down)
    return magnitude
