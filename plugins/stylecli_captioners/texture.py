"""The surface of a picture in words: smooth or rough, fine or coarse, and which way it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What of the lightness differs between blurs of these widths in pixels is detail of that size.
FINE, MIDDLE, COARSE = (0.7, 1.4), (1.4, 2.8), (2.8, 5.6)

# About a sixth of 400 paintings and photographs, measured at 256 pixels, lies below the first and
# above the second of each pair. Amounts are medians in L, so that a few hard edges do not count.
AMOUNT = (2.0, 5.5)
FINENESS = (0.41, 0.81)
# Only every eleventh of them has a direction so clear; people see one at about that point, too.
DIRECTED = 0.41


def texture_words(light: NDArray[np.float64]) -> list[str]:
    """Say how rough the surface is, how fine what is on it, and which way that runs.

    "Texture" and not "strokes": a measure cannot tell a brush from grass.

    Args:
        light: Lightness L of the picture, (H, W), its longer side about 256 pixels.
    """
    import numpy as np

    blurred = {width: _blurred(light, width) for width in sorted({*FINE, *MIDDLE, *COARSE})}
    fine, middle, coarse = (
        float(np.median(np.abs(blurred[low] - blurred[high])))
        for low, high in (FINE, MIDDLE, COARSE)
    )
    amount = fine + middle + coarse
    words = []
    if amount < AMOUNT[0]:
        words.append("smooth surface")
    elif fine > FINENESS[1] * coarse:
        words.append("fine texture")
    elif fine < FINENESS[0] * coarse:
        words.append("coarse texture")
    elif amount > AMOUNT[1]:
        words.append("rough texture")
    direction = _direction(blurred[FINE[0]])
    return [*words, direction] if direction else words


def _direction(light: NDArray[np.float64]) -> str:
    import numpy as np

    if min(light.shape) < 2:
        return ""
    down, right = np.gradient(light)
    # Doubled angles: opposite gradients belong to the same line.
    doubled = (right + 1j * down) ** 2
    strength = float(np.abs(doubled).sum())
    total = complex(doubled.sum())
    if strength < 1e-6 * light.size or abs(total) < DIRECTED * strength:
        return ""
    # Lines run across their gradient.
    angle = (np.degrees(np.angle(total)) / 2 + 90) % 180
    if min(angle, 180 - angle) < 22.5:
        return "horizontal lines"
    return "vertical lines" if abs(angle - 90) < 22.5 else "diagonal lines"


def _blurred(light: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    reach = int(3 * width) + 1
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-(offsets**2) / (2 * width**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        pad = [(reach, reach) if axis == side else (0, 0) for side in (0, 1)]
        padded = np.pad(light, pad, mode="edge")
        light = sliding_window_view(padded, len(kernel), axis=axis) @ kernel
    return light
