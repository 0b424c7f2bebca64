"""Content retention: how much of what a photograph shows is still there after repainting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stylecli_metrics.pictures import (
    Array,
    EvaluationError,
    Picture,
    Pictures,
    lab_square,
    require,
)

_SIZE = 256
_CELL = 16
_REGION = 32
_ORIENTATIONS = 8
_NEIGHBOURHOOD = 16
# Below this local deviation of L* a region is flat: raising its contrast would raise its noise.
_FLAT = 4.0
_GRADIENTS = (_SIZE // _CELL) ** 2 * _ORIENTATIONS


@dataclass(frozen=True)
class ContentRetention:
    """One measurement of content retention.

    Attributes:
        value: (own - other) / (1 - other): 1 = identical, 0 = no more alike than unrelated
            pictures are; may fall below 0.
        own: Mean similarity of the outputs to their own content pictures, in -1..1.
        other: Mean similarity of the outputs to the other content pictures, in -1..1.
        per_picture: The same ratio for each output alone, in the order given, about the common
            `other`; their mean is `value`.
        warnings: Codes: ``few-pictures`` for fewer than 20 pairs.
    """

    value: float
    own: float
    other: float
    per_picture: tuple[float, ...]
    warnings: tuple[str, ...]


def content_retention(outputs: Pictures, content: Pictures) -> ContentRetention:
    """Measure the content retention of outputs, each paired with the content picture of its index.

    CR = (s(out_i, c_i) - s(out_i, c_j)) / (1 - s(out_i, c_j)), each s a mean over i and, of the
    baseline, over all j other than i. See `similarities` for s. The baseline takes away what any
    two pictures of the kind have in common: a horizon, a lighter sky.

    Args:
        outputs: n pictures, at least 2.
        content: n pictures of the same aspect as their outputs; different ones.

    Raises:
        EvaluationError: Different numbers, fewer than 2, content pictures that are all alike, or
            something that is no picture.
    """
    require(outputs, 2, "outputs")
    if len(outputs) != len(content):
        raise EvaluationError(f"{len(outputs)} outputs are paired with {len(content)} contents")
    similarity = similarities(outputs, content)
    paired = np.eye(len(outputs), dtype=bool)
    own, other = float(similarity[paired].mean()), float(similarity[~paired].mean())
    if other > 1 - 1e-6:
        raise EvaluationError("the content pictures are all alike: nothing to compare with")
    per_picture = (similarity[paired] - other) / (1 - other)
    return ContentRetention(
        value=(own - other) / (1 - other),
        own=own,
        other=other,
        per_picture=tuple(float(value) for value in per_picture),
        warnings=("few-pictures",) if len(outputs) < 20 else (),
    )


def similarities(outputs: Pictures, content: Pictures) -> Array:
    """How alike the drawing of every output and every content picture is.

    The mean of two Pearson correlations, on the centred square at 256 px:

    * of histograms of oriented gradients (Dalal & Triggs 2005): 16 x 16 cells, 8 orientations
      without sign, of L* under local contrast normalisation, so that neither a darker picture nor
      a flatter one counts as another drawing;
    * of self-similarity (Shechtman & Irani 2007): the distances between all pairs of 8 x 8
      regions, each described by its mean colour and its gradients, so that a sky that has turned
      from blue to yellow is still a sky as long as it is all yellow.

    Returns:
        (outputs, content), in -1..1. A picture without any structure has 0 with all.

    Raises:
        EvaluationError: Not a picture.
    """
    sides = [
        np.stack([drawing(picture) for picture in pictures]) for pictures in (outputs, content)
    ]
    return drawing_similarities(*sides)


def drawing(picture: Picture) -> Array:
    """What `similarities` compares of one picture: ``drawing-v1``.

    Returns:
        (4064,): 2048 oriented gradients, then the 2016 distances between regions, each part less
        its mean and of length 1, or 0 where the picture has no structure.

    Raises:
        EvaluationError: Not a picture.
    """
    return np.concatenate([_unit(part) for part in _describe(picture)])


def drawing_similarities(outputs: Array, content: Array) -> Array:
    """The similarities (n, m) of drawings (n, 4064) and (m, 4064), in -1..1."""
    similarity: Array = np.clip((outputs @ content.T) / 2, -1, 1)
    return similarity


def mirrored(drawings: Array) -> Array:
    """The drawings (n, 4064) of the same pictures, mirrored left to right."""
    cells = drawings[:, :_GRADIENTS].reshape(-1, _SIZE // _CELL, _SIZE // _CELL, _ORIENTATIONS)
    turned = cells[:, :, ::-1, (-np.arange(_ORIENTATIONS)) % _ORIENTATIONS]
    side = _SIZE // _REGION
    regions = np.arange(side**2).reshape(side, side)[:, ::-1].ravel()
    upper = np.triu_indices(side**2, 1)
    matrix = np.zeros((side**2, side**2), dtype=np.intp)
    matrix[upper] = np.arange(len(upper[0]))
    matrix += matrix.T
    order = matrix[regions[upper[0]], regions[upper[1]]]
    return np.concatenate(
        [turned.reshape(len(drawings), -1), drawings[:, _GRADIENTS:][:, order]], axis=1
    )


def _describe(picture: Picture) -> tuple[Array, Array]:
    """Oriented gradients (2048,) and distances between regions (2016,)."""
    lab = lab_square(picture, _SIZE)
    light = lab[..., 0]
    mean = _box(light, _NEIGHBOURHOOD)
    variance = np.maximum(_box(light**2, _NEIGHBOURHOOD) - mean**2, 0)
    cells = _oriented_gradients((light - mean) / np.sqrt(variance + _FLAT**2))
    regions = np.concatenate(
        [_standard(_pool(lab, _REGION)), _standard(_pool(cells, _REGION // _CELL))], axis=-1
    ).reshape((_SIZE // _REGION) ** 2, -1)
    differences = np.linalg.norm(regions[:, None] - regions[None, :], axis=-1)
    return cells.ravel(), differences[np.triu_indices(len(regions), 1)]


def _oriented_gradients(plane: Array) -> Array:
    """Gradient magnitude by cell and orientation, (16, 16, 8); each pixel feeds two orientations."""
    down, right = np.gradient(plane)
    magnitude = np.hypot(down, right)
    position = np.mod(np.arctan2(down, right), np.pi) / np.pi * _ORIENTATIONS
    lower = np.floor(position)
    share = position - lower
    first = lower.astype(np.intp) % _ORIENTATIONS
    second = (first + 1) % _ORIENTATIONS
    votes = np.zeros((*plane.shape, _ORIENTATIONS))
    np.put_along_axis(votes, first[..., None], (magnitude * (1 - share))[..., None], axis=-1)
    np.put_along_axis(votes, second[..., None], (magnitude * share)[..., None], axis=-1)
    return _pool(votes, _CELL)


def _pool(planes: Array, size: int) -> Array:
    """Means over squares of `size`: (h, w, k) to (h / size, w / size, k)."""
    height, width, depth = planes.shape
    squares = planes.reshape(height // size, size, width // size, size, depth)
    mean: Array = squares.mean(axis=(1, 3))
    return mean


def _box(plane: Array, radius: int) -> Array:
    """Means over squares of 2 radius + 1 around each pixel, mirrored at the border."""
    width = 2 * radius + 1
    for axis in (0, 1):
        padding = [(radius + 1, radius) if dimension == axis else (0, 0) for dimension in (0, 1)]
        sums = np.moveaxis(np.cumsum(np.pad(plane, padding, mode="symmetric"), axis), axis, 0)
        plane = np.moveaxis((sums[width:] - sums[:-width]) / width, 0, axis)
    return plane


def _standard(planes: Array) -> Array:
    """Each kind of plane on one footing: mean square deviation 1 in total over its depth."""
    centred = planes - planes.mean(axis=(0, 1))
    spread = float(np.sqrt(np.mean(np.sum(centred**2, axis=-1))))
    return centred / spread if spread > 1e-6 else np.zeros_like(planes)


def _unit(row: Array) -> Array:
    """A row less its mean, of length 1, so that products of two are correlations."""
    centred = row - row.mean()
    length = float(np.linalg.norm(centred))
    return centred / length if length > 1e-6 else np.zeros_like(row)
