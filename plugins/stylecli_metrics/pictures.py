"""What the metrics accept as a picture, and the one view of it that they measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import stylecli

Array: TypeAlias = NDArray[np.float64]
Picture: TypeAlias = Image.Image | NDArray[Any]
Pictures: TypeAlias = Sequence[Picture]

# sRGB primaries to CIE XYZ (IEC 61966-2-1); the rows sum to the white point, so that white has
# no chroma at all.
_XYZ_FROM_RGB = np.array(
    [
        [0.4123907992659595, 0.3575843393838780, 0.1804807884018343],
        [0.2126390058715104, 0.7151686787677559, 0.0721923153607337],
        [0.0193308187155918, 0.1191947797946259, 0.9505321522496608],
    ]
)
_LAB_FROM_CUBE_ROOTS = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])


class EvaluationError(stylecli.UsageError):
    """Pictures that a metric cannot be computed from; the message says which and why."""


def as_image(picture: Picture) -> Image.Image:
    """Bring a picture to an RGB `PIL.Image.Image`.

    Args:
        picture: A PIL image of any mode, or an array (height, width, 3) of uint8 in 0..255 or
            of floats in 0..1.

    Raises:
        EvaluationError: An array of another shape or type, with values that are out of range or
            not finite, or a picture without pixels.
    """
    if isinstance(picture, Image.Image):
        image = picture.convert("RGB")
    else:
        array = np.asarray(picture)
        if array.ndim != 3 or array.shape[2] != 3:
            raise EvaluationError(f"a picture array is (height, width, 3), not {array.shape}")
        if np.issubdtype(array.dtype, np.floating):
            if not bool(np.all((array >= 0) & (array <= 1))):
                raise EvaluationError("a picture array of floats holds finite values in 0..1")
            array = np.rint(array * 255).astype(np.uint8)
        if array.dtype != np.uint8:
            raise EvaluationError(f"a picture array is uint8 or float, not {array.dtype}")
        image = Image.fromarray(np.ascontiguousarray(array))
    if min(image.size) < 1:
        raise EvaluationError("a picture has no pixels")
    return image


def centre_crop(picture: Picture, size: int) -> Image.Image:
    """Cut the largest centred square and resample it, antialiased, to ``size`` x ``size``.

    Pillow's bicubic filter widens its support when it shrinks, so nothing aliases. A smaller
    picture is enlarged: its finest scale is then empty, which is a property of the picture.
    """
    image = as_image(picture)
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    # Not resize's own box: its filter would reach for pixels beyond the square.
    square = image.crop((left, top, left + side, top + side))
    return square.resize((size, size), Image.Resampling.BICUBIC)


def to_lab(rgb: NDArray[np.uint8]) -> Array:
    """Convert sRGB to CIE L*a*b* under its own white point, D65 (CIE 15:2004).

    Args:
        rgb: (..., 3) in 0..255.

    Returns:
        (..., 3): L* in 0..100, a* and b* within about -108..99 for sRGB colours.
    """
    linear = _LINEAR[rgb]
    ratio = linear @ (_XYZ_FROM_RGB / _XYZ_FROM_RGB.sum(axis=1, keepdims=True)).T
    roots = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    lab: Array = roots @ _LAB_FROM_CUBE_ROOTS.T
    lab[..., 0] -= 16
    return lab


def lab_square(picture: Picture, size: int) -> Array:
    """The centre crop of a picture in L*a*b*, (size, size, 3)."""
    return to_lab(np.asarray(centre_crop(picture, size), dtype=np.uint8))


def luma_square(picture: Picture, size: int) -> Array:
    """The luma of the centre crop of a picture (BT.601), (size, size) in 0..255."""
    rgb = np.asarray(centre_crop(picture, size), dtype=np.float64)
    luma: Array = rgb @ np.array([0.299, 0.587, 0.114])
    return luma


def require(pictures: Pictures, at_least: int, what: str) -> None:
    """Refuse a set that is too small for the metric.

    Raises:
        EvaluationError: Fewer than `at_least` pictures; `what` names the set in the message.
    """
    if len(pictures) < at_least:
        raise EvaluationError(f"{what}: {len(pictures)} pictures, at least {at_least} are needed")


def _linear_light() -> Array:
    """The linear light of each sRGB byte (IEC 61966-2-1)."""
    byte = np.arange(256) / 255
    return np.where(byte <= 0.04045, byte / 12.92, ((byte + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear_light()
