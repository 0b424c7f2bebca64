"""What pictures are compared by without a network: gradients and textures, differentiable, no weights.

Gram matrices of rectified responses are enough to describe a texture also where the filters are fixed
and in one layer, as long as there are several scales (Ustyuzhaninov et al. 2017, after Gatys et al.
2015).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SCALES = 4
SMALLEST = 16
"""Pictures are halved until a side is shorter than this many pixels, or `SCALES` are there."""
FLOOR = 0.02**2
"""Energy of a hundredth of the range [-1, 1]: what is weaker hardly counts, a clear sky's grain say."""
_REACH = 3
_TURNS = 4
# Light, red against green, yellow against blue, each of length 1: in RGB the channels say nearly the
# same, and a palette would hardly count.
_OPPONENT = (
    tuple(value / math.sqrt(3) for value in (1, 1, 1)),
    tuple(value / math.sqrt(2) for value in (1, -1, 0)),
    tuple(value / math.sqrt(6) for value in (1, 1, -2)),
)


def gradients_apart(one: Tensor, other: Tensor) -> Tensor:
    """How far the gradients of pictures are apart, place by place: edges and strokes.

    The mean over scales of |a - b|² / (|a|² + |b|²), a and b being all differences of neighbouring
    pixels.

    Args:
        one: ``(B, 3, H, W)`` in [-1, 1].
        other: Likewise.

    Returns:
        ``(B,)``: 0 where they are the same, about 1 where they have nothing to do with each other, 2
        for a negative.
    """
    import torch

    found = []
    for first, second in zip(_pyramid(one), _pyramid(other), strict=True):
        across = apart(first.diff(dim=3), second.diff(dim=3))
        down = apart(first.diff(dim=2), second.diff(dim=2))
        found.append((across + down) / 2)
    return torch.stack(found).mean(dim=0)


def textures_apart(one: Tensor, other: Tensor) -> Tensor:
    """How far the textures and palettes of pictures are apart, wherever in them these are.

    At each scale the Gram matrix of the colours and of the responses to odd and even filters in four
    directions, of light and colour, the positive and the negative part of each for itself. The
    matrices are compared as in `grams_apart`.

    Args:
        one: ``(B, 3, H, W)`` in [-1, 1].
        other: Likewise.

    Returns:
        ``(B,)``, 0 to 1; the mean over scales.
    """
    import torch

    found = [
        grams_apart(_responses(first), _responses(second))
        for first, second in zip(_pyramid(one), _pyramid(other), strict=True)
    ]
    return torch.stack(found).mean(dim=0)


def grams_apart(one: Tensor, other: Tensor) -> Tensor:
    """How far the Gram matrices of features are apart, each feature counting the same.

    Args:
        one: Features ``(B, C, N)`` at N places.
        other: Likewise.

    Returns:
        ``(B,)``: |A - B|² / (|A|² + |B|²) of the matrices, 0 to 1 where features are not negative.
    """
    first, second = (each @ each.mT / each.shape[-1] for each in (one, other))
    energy = (first + second).diagonal(dim1=1, dim2=2) / 2 + FLOOR
    size = energy.rsqrt()
    scale = size[:, :, None] * size[:, None, :]
    return apart(first * scale, second * scale)


def apart(one: Tensor, other: Tensor) -> Tensor:
    """The distance |a - b|² / (|a|² + |b|²) of each of a batch, ``(B,)``; means over all else."""
    squares = ((one - other).pow(2), one.pow(2) + other.pow(2))
    distance, energy = (each.flatten(1).mean(dim=1) for each in squares)
    return distance / (energy + FLOOR)


def _pyramid(pixels: Tensor) -> Iterator[Tensor]:
    """Opponent colours of pictures, and these halved again and again."""
    import torch

    mixing = pixels.new_tensor(_OPPONENT)
    level = torch.einsum("oc,bchw->bohw", mixing, pixels)
    yield level
    for _ in range(SCALES - 1):
        if min(level.shape[-2:]) < 2 * SMALLEST:
            return
        level = _halved(level)
        yield level


def _halved(level: Tensor) -> Tensor:
    """Blur with the binomial filter 1 4 6 4 1 and keep every second pixel (Burt & Adelson 1983)."""
    from torch.nn import functional

    row = level.new_tensor([1, 4, 6, 4, 1]) / 16
    kernel = (row[:, None] * row[None, :]).expand(level.shape[1], 1, 5, 5)
    padded = functional.pad(level, (2, 2, 2, 2), mode="reflect")
    return functional.conv2d(padded, kernel, stride=2, groups=level.shape[1])


def _responses(level: Tensor) -> Tensor:
    """Colours and filter responses of one scale, positive and negative parts, ``(B, C, N)``."""
    import torch
    from torch.nn import functional

    count, channels, height, width = level.shape
    bank = _bank().to(level)
    single = level.reshape(count * channels, 1, height, width)
    edges = functional.conv2d(single, bank).reshape(
        count, -1, height - 2 * _REACH, width - 2 * _REACH
    )
    inner = level[:, :, _REACH : height - _REACH, _REACH : width - _REACH]
    signed = torch.cat([inner, edges], dim=1).flatten(2)
    return torch.cat([signed.relu(), (-signed).relu()], dim=1)


@lru_cache(maxsize=1)
def _bank() -> Tensor:
    """First and second derivatives of a long Gaussian across it, turned, ``(2 x turns, 1, 7, 7)``.

    A step of height 1 along a filter of the first kind gives a response of about 1.
    """
    import torch

    steps = torch.arange(-_REACH, _REACH + 1, dtype=torch.float32)
    rows, columns = torch.meshgrid(steps, steps, indexing="ij")
    kernels = []
    for turn in range(_TURNS):
        angle = math.pi * turn / _TURNS
        across = columns * math.cos(angle) + rows * math.sin(angle)
        along = rows * math.cos(angle) - columns * math.sin(angle)
        hill = torch.exp(-across.pow(2) / 2 - along.pow(2) / 8)
        kernels += [across * hill, (across.pow(2) - 1) * hill]
    bank = torch.stack(kernels)[:, None]
    bank = bank - bank.mean(dim=(2, 3), keepdim=True)
    return 2 * bank / bank.abs().sum(dim=(2, 3), keepdim=True)
