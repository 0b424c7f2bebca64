"""Pictures as CIE Lab values, in which distances are about as large as people see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


def lab_of(image: Image, side: int) -> NDArray[np.float64]:
    """Shrink a picture and convert it.

    Args:
        image: RGB in sRGB.
        side: Most pixels of the longer side; smaller pictures stay as they are.

    Returns:
        L in 0..100, a and b; shape (H, W, 3).
    """
    import numpy as np
    from PIL.Image import Resampling

    small = image.copy()
    small.thumbnail((side, side), Resampling.BOX)
    values = np.asarray(small, dtype=np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    # Relative to the white of sRGB, which then is L 100, a 0, b 0.
    xyz = (linear @ to_xyz.T) / to_xyz.sum(axis=1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack(
        [
            116 * f[..., 1] - 16,
            500 * (f[..., 0] - f[..., 1]),
            200 * (f[..., 1] - f[..., 2]),
        ],
        axis=-1,
    )
