"""A photo's edges, for a ControlNet (Canny 1986, in OpenCV's implementation).

ControlNets were trained on OpenCV's edges, and no lighter library draws the same ones: of
scikit-image's or kornia's a fifth or more lie elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


def edges(photos: Sequence[Image], low: int, high: int) -> Tensor:
    """White lines on black as a ControlNet takes them.

    Args:
        photos: RGB, of one size.
        low: Gradient from which an edge goes on, of 8-bit values.
        high: Gradient from which an edge begins.

    Returns:
        ``(B, 3, H, W)``, 0 or 1.
    """
    import cv2
    import numpy as np
    import torch

    lines = np.stack([cv2.Canny(np.asarray(photo.convert("RGB")), low, high) for photo in photos])
    return (torch.from_numpy(lines).float() / 255)[:, None].repeat(1, 3, 1, 1)
