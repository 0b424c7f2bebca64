"""SSIM, the structural similarity of Wang et al. (2004), as its authors define it."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from stylecli_metrics.pictures import Array, Picture, luma_square

_SIZE = 256
_WINDOW = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
_WINDOW /= _WINDOW.sum()
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def ssim(output: Picture, content: Picture) -> float:
    """The mean structural similarity of two pictures: ``ssim-wang-256``.

    Of the luma (BT.601, 0..255) of both centre squares at 256 px; Gaussian window 11 x 11 of
    deviation 1.5, only where it lies whole within the picture, covariances without Bessel's
    correction. Packages differ in the third digit: torchmetrics pads, piq first scales down.

    Returns:
        A value in -1..1; 1 for two equal pictures.

    Raises:
        EvaluationError: Not a picture.
    """
    x, y = luma_square(output, _SIZE), luma_square(content, _SIZE)
    mean_x, mean_y = _blurred(x), _blurred(y)
    variance_x = _blurred(x * x) - mean_x**2
    variance_y = _blurred(y * y) - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    light = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_x + variance_y + _C2)
    return float(np.mean(light * structure))


def _blurred(plane: Array) -> Array:
    for axis in (0, 1):
        plane = sliding_window_view(plane, len(_WINDOW), axis=axis) @ _WINDOW
    return plane
