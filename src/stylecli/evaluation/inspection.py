"""What is the matter with a picture file, apart from its style: size, format, blackness, borders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

INSPECTION = "inspection-v1"
# A border is a run of rows that hardly vary, from the edge inwards, of at least this share.
_BORDER = 0.04
_FLAT = 3.0
MEASURED_SIDE = 256


@dataclass(frozen=True)
class Inspection:
    """What was seen.

    Attributes:
        width: In pixels, upright.
        height: In pixels.
        brightness: Mean of the pixels, 0..255.
        deviation: Of the pixels' luma, in 0..128.
        borders: Whether two opposite sides are plain strips, as letterboxes are.
    """

    width: int
    height: int
    brightness: float
    deviation: float
    borders: bool

    @property
    def flags(self) -> tuple[str, ...]:
        """Codes of what is wrong."""
        constant = self.deviation < 1.0
        return (
            *(("black",) if constant and self.brightness < 8 else ()),
            *(("constant",) if constant and self.brightness >= 8 else ()),
            *(("borders",) if self.borders and not constant else ()),
            *(("enlarged",) if min(self.width, self.height) < MEASURED_SIDE else ()),
        )


def inspect(image: Image) -> NDArray[np.float64]:
    """Look at an RGB picture: the numbers of an `Inspection`, (5,)."""
    import numpy as np

    luma = np.asarray(image.convert("L"), dtype=np.float64)
    lying = _strips(luma) or _strips(luma.T)
    return np.array(
        [image.width, image.height, luma.mean(), luma.std(), float(lying)], dtype=np.float64
    )


def inspection_of(numbers: NDArray[np.float32]) -> Inspection:
    """The inspection that `inspect` put into numbers."""
    width, height, brightness, deviation, borders = (float(number) for number in numbers)
    return Inspection(round(width), round(height), brightness, deviation, borders > 0.5)


def _strips(luma: NDArray[np.float64]) -> bool:
    import numpy as np

    flat = luma.std(axis=1) < _FLAT
    least = max(2, round(_BORDER * len(flat)))
    if flat.all() or len(flat) < 2 * least:
        return False
    edges = flat[:least].all() and flat[-least:].all()
    # A plain sky and a plain floor differ; the two bars of a letterbox have one colour.
    alike = abs(np.mean(luma[:least]) - np.mean(luma[-least:])) < 2 * _FLAT
    return bool(edges and alike)
