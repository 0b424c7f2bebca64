"""The colours of a picture in words: which there are, in order, and how strong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GREY_CHROMA, WARM_GREY_CHROMA = 6.0, 10.0
"""Below the first a colour is seen as none beside others; below the second, if it is warm, in shadow."""

# The thresholds below stand where about a fifth of 400 paintings and photographs lie beyond them, or
# fewer where a word would else say too much.
MONOCHROME = 3.0
MUTED, VIVID = 12.5, 27.0
MAIN_SHARE, NEUTRAL_SHARE, TOUCH_SHARE = 0.11, 0.2, 0.02
TOUCH_CHROMA = 30.0
MOST_MAIN, MOST_TOUCHES = 3, 2

# Upper end of each hue in degrees of Lab, with its name where it is strong, light and weak, dark,
# and dark and strong. (Lab's hue of a pure blue is 306.)
_HUES = (
    (20.0, "pink", "pink", "red", "red"),
    (45.0, "red", "pink", "brown", "red"),
    (68.0, "orange", "beige", "brown", "brown"),
    (85.0, "ochre", "beige", "brown", "brown"),
    (104.0, "yellow", "cream", "olive green", "olive green"),
    (178.0, "green", "pale green", "green", "green"),
    (232.0, "turquoise", "pale blue", "turquoise", "turquoise"),
    (294.0, "blue", "pale blue", "blue", "blue"),
    (308.0, "blue", "pale purple", "purple", "blue"),
    (330.0, "purple", "pale purple", "purple", "purple"),
    (360.0, "pink", "pink", "purple", "purple"),
)
_NEUTRAL = frozenset({"grey", "black", "white"})
_CAN_BE_VIVID = frozenset(
    {"pink", "red", "orange", "yellow", "ochre", "green", "turquoise", "blue", "purple"}
)
_DARK, _LIGHT = 48.0, 62.0
_STRONG, _DEEP = 26.0, 32.0
_BLACK, _WHITE = 16.0, 88.0


def palette_words(lab: NDArray[np.float64]) -> str:
    """Name the main colours, the most first: "muted blues and greens with touches of orange".

    Args:
        lab: The picture, (H, W, 3); a small one is enough.
    """
    import numpy as np

    pixels = lab.reshape(-1, 3)
    chroma = np.hypot(pixels[:, 1], pixels[:, 2])
    if np.percentile(chroma, 95) < MONOCHROME:
        return "black and white"
    names = _named(pixels, chroma)
    shares = _shares(names)
    main = [
        name
        for name, share in shares.items()
        if share >= (NEUTRAL_SHARE if name in _NEUTRAL else MAIN_SHARE)
    ][:MOST_MAIN]
    main = main or list(shares)[:2]
    strong = _shares(names[chroma > TOUCH_CHROMA], len(names))
    touches = [
        name
        for name, share in strong.items()
        if share >= TOUCH_SHARE and name not in {*main, *_NEUTRAL}
    ][:MOST_TOUCHES]
    mean = float(chroma.mean())
    degree = "muted" if mean < MUTED else "vivid" if mean > VIVID else ""
    words = _joined(_graded(main, degree))
    return f"{words} with touches of {_joined(touches)}" if touches else words


def _graded(names: list[str], degree: str) -> list[str]:
    """Names in the plural, with the degree before the first that can have it."""
    graded = [f"{name}s" for name in names]
    for number, name in enumerate(names):
        if name in _NEUTRAL and degree == "muted":
            break
        if degree and name not in _NEUTRAL and (degree == "muted" or name in _CAN_BE_VIVID):
            graded[number] = f"{degree} {graded[number]}"
            break
    return graded


def _named(pixels: NDArray[np.float64], chroma: NDArray[np.float64]) -> NDArray[np.str_]:
    import numpy as np

    light = pixels[:, 0]
    hue = np.degrees(np.arctan2(pixels[:, 2], pixels[:, 1])) % 360
    names = np.full(len(pixels), "grey", dtype="U16")
    low = 0.0
    for high, strong, weak, dark, deep in _HUES:
        here = (hue >= low) & (hue < high)
        names[here] = strong
        names[here & (light < _DARK)] = dark
        names[here & (light < _DARK) & (chroma >= _DEEP)] = deep
        names[here & (light >= _LIGHT) & (chroma < _STRONG)] = weak
        low = high
    warm_shadow = (hue > 20) & (hue < 104) & (light < _LIGHT)
    names[chroma < np.where(warm_shadow, WARM_GREY_CHROMA, GREY_CHROMA)] = "grey"
    names[light < _BLACK] = "black"
    names[(light > _WHITE) & (chroma < 2 * GREY_CHROMA)] = "white"
    return names


def _shares(names: NDArray[np.str_], total: int | None = None) -> Mapping[str, float]:
    """Share of each name, the largest first; equal ones by name."""
    import numpy as np

    found, counts = np.unique(names, return_counts=True)
    order = sorted(zip(found, counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return {str(name): int(count) / (total or len(names)) for name, count in order}


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
