"""The light of a picture in words: how bright, how hard, how warm."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# About the darkest, flattest and coolest sixth of 400 paintings and photographs lies below the first
# of each pair, and the brightest, hardest and warmest above the second; in between nobody would say
# either word. Lightness in L (0 to 100). Warmth is the mean of b, less what comes from redness
# (a red dress alone makes no warm light) or from greenness (nor does a meadow).
BRIGHTNESS = (36.5, 65.0)
CONTRAST = (14.0, 22.7)
WARMTH = (0.0, 18.5)


def light_words(lab: NDArray[np.float64]) -> list[str]:
    """Say what is remarkable about the light; nothing where nothing is.

    Args:
        lab: The picture, (H, W, 3); a small one is enough.
    """
    light = lab[..., 0]
    redness = float(lab[..., 1].mean())
    warmth = float(lab[..., 2].mean()) - (redness / 2 if redness > 0 else -redness)
    said = (
        _said(float(light.mean()), BRIGHTNESS, "dark", "bright"),
        _said(float(light.std()), CONTRAST, "soft contrast", "strong contrast"),
        _said(warmth, WARMTH, "cool light", "warm light"),
    )
    return [word for word in said if word]


def _said(value: float, limits: tuple[float, float], low: str, high: str) -> str:
    return low if value < limits[0] else high if value > limits[1] else ""
