"""Hand-made features of a painter's hand and palette: ``phi-v1``, 46 numbers a picture.

They need no weights and no network, and are low-level by design: colour, the energy of strokes by
scale and direction, how sparse and how long they are, and how the scales go together. The pyramid
of oriented second derivatives and the statistics taken from it follow the parametric texture model
of Portilla & Simoncelli (2000), cut down to what a few hundred pictures can settle.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from stylecli_metrics.phi_v1_constants import DEVIATION, MEAN
from stylecli_metrics.pictures import Array, Picture, Pictures, lab_square

PHI_SIZE = 256
PHI_LENGTH = 46
_SCALES = 4
# Steps (rows, columns) along four directions; the diagonal step is longer, hence the divisor of
# its second difference.
_DIRECTIONS = ((0, 1), (1, 1), (1, 0), (1, -1))
# A floor of the energies, in L*a*b* units squared: below it lies only quantisation, and a constant
# picture stays a finite distance away.
_FLOOR = 1e-2


def phi(picture: Picture, size: int = PHI_SIZE) -> Array:
    """Measure one picture.

    The picture's centred square is resampled to ``size`` x ``size``, antialiased, and taken to
    L*a*b*. In order:

    * 11: mean, deviation and skewness of L*, a* and b*; mean and deviation of the chroma.
    * 16: log energy of the second derivative of L*, at 4 scales (octaves) x 4 orientations.
    * 4: sparsity, mean |x| / root mean x² of these responses, by scale (1 = everywhere alike).
    * 4: log energy of the second derivatives of a* and b*, by scale.
    * 8: autocorrelation of the responses three pixels along and across their direction, by scale:
      how long and how wide the strokes are.
    * 3: correlation of the local response strength between neighbouring scales.

    Args:
        picture: See `stylecli_metrics.pictures.as_image`.
        size: The working size in pixels, a multiple of 32; 256 is the protocol ``phi-v1``.

    Returns:
        (46,), not yet standardised (see `phi_v1`), finite for every picture.

    Raises:
        EvaluationError: Not a picture.
    """
    lab = lab_square(picture, size)
    light, chroma = lab[..., 0], lab[..., 1:]
    energies, sparsities, chroma_energies, autocorrelations = [], [], [], []
    strengths: list[Array] = []
    for scale in range(_SCALES):
        if scale:
            light, chroma = halve(light), halve(chroma)
        responses = [_second_difference(light, step) for step in _DIRECTIONS]
        squares = [float(np.mean(response**2)) for response in responses]
        energies += squares
        sparsities.append(
            np.mean(
                [
                    np.mean(np.abs(response)) / np.sqrt(square + _FLOOR)
                    for response, square in zip(responses, squares, strict=True)
                ]
            )
        )
        chroma_energies.append(
            np.mean([np.mean(_second_difference(chroma, step) ** 2) for step in _DIRECTIONS])
        )
        for turn in (0, 2):
            autocorrelations.append(
                np.mean(
                    [
                        _autocorrelation(response, _DIRECTIONS[(index + turn) % 4])
                        for index, response in enumerate(responses)
                    ]
                )
            )
        strengths.append(np.sqrt(sum(_inner(response**2) for response in responses)))
    across = [_correlation_of_scales(a, b) for a, b in pairwise(strengths)]
    return np.concatenate(
        [
            _moments(lab),
            np.log(np.array(energies) + _FLOOR),
            sparsities,
            np.log(np.array(chroma_energies) + _FLOOR),
            autocorrelations,
            across,
        ]
    )


def phi_many(pictures: Pictures, size: int = PHI_SIZE) -> Array:
    """Measure pictures one by one: (n, 46), row i for picture i; see `phi`."""
    rows = [phi(picture, size) for picture in pictures]
    return np.stack(rows) if rows else np.empty((0, PHI_LENGTH))


def phi_v1(pictures: Pictures) -> Array:
    """Measure pictures by the protocol ``phi-v1``: `phi` at 256 px, z-scored by frozen constants.

    Returns:
        (n, 46); photographs and paintings together lie about 0 with deviation 1.

    Raises:
        EvaluationError: Not a picture.
    """
    scored: Array = (phi_many(pictures) - np.array(MEAN)) / np.array(DEVIATION)
    return scored


def _moments(lab: Array) -> Array:
    pixels = lab.reshape(-1, 3)
    mean = pixels.mean(axis=0)
    centred = pixels - mean
    squares = centred * centred
    deviation = np.sqrt(squares.mean(axis=0))
    skewness = np.mean(squares * centred, axis=0) / (deviation + 1) ** 3
    chroma = np.hypot(pixels[:, 1], pixels[:, 2])
    return np.concatenate([mean, deviation, skewness, [chroma.mean(), chroma.std()]])


def _second_difference(plane: Array, step: tuple[int, int]) -> Array:
    """x(p - step) - 2 x(p) + x(p + step), per squared pixel, on the inner pixels."""
    rows, columns = step
    inner = _inner(plane)
    difference: Array = _inner(plane, rows, columns) - 2 * inner + _inner(plane, -rows, -columns)
    return difference / (rows**2 + columns**2)


def _inner(plane: Array, rows: int = 0, columns: int = 0) -> Array:
    """All pixels but a border of one, moved by at most one pixel."""
    height, width = plane.shape[:2]
    return plane[1 + rows : height - 1 + rows, 1 + columns : width - 1 + columns]


def halve(plane: Array) -> Array:
    """Blur with the binomial filter 1 4 6 4 1 and keep every second pixel (Burt & Adelson 1983)."""
    for axis in (0, 1):
        padding = [(2, 2) if dimension == axis else (0, 0) for dimension in range(plane.ndim)]
        padded = np.moveaxis(np.pad(plane, padding, mode="reflect"), axis, 0)
        odd, even = padded[1::2], padded[0::2]
        count = plane.shape[axis] // 2
        blurred = (
            even[:count]
            + even[2 : count + 2]
            + 6 * even[1 : count + 1]
            + 4 * (odd[:count] + odd[1 : count + 1])
        ) / 16
        plane = np.moveaxis(blurred, 0, axis)
    return plane


def _autocorrelation(response: Array, direction: tuple[int, int]) -> float:
    """Correlation of a response with itself three pixels further in a direction."""
    rows, columns = direction
    # Two diagonal steps are 2.8 pixels.
    length = 2 if rows and columns else 3
    down, right = rows * length, columns * length
    height, width = response.shape
    first = response[: height - down, max(0, -right) : width - max(0, right)]
    second = response[down:, max(0, right) : width - max(0, -right)]
    return float(np.mean(first * second) / (np.mean(response**2) + _FLOOR))


def _correlation_of_scales(fine: Array, coarse: Array) -> float:
    """Pearson correlation of response strengths at one scale and the next, pixel under pixel."""
    height, width = coarse.shape
    # The border of one pixel was cut off at both scales: coarse pixel 0 lies on fine pixel 1.
    small = fine[1 : 1 + 2 * height : 2, 1 : 1 + 2 * width : 2]
    a, b = small - small.mean(), coarse - coarse.mean()
    return float(np.mean(a * b) / np.sqrt((np.mean(a**2) + _FLOOR) * (np.mean(b**2) + _FLOOR)))
