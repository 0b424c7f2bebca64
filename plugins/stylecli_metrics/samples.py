"""What the meters share: rows of features, which output is of which photo, and cautions."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

import stylecli
from stylecli_metrics.pictures import Array

Mask: TypeAlias = NDArray[np.bool_]


def rows_of(pictures: stylecli.PictureSet, feature: str) -> Array:
    """A feature of all pictures, (n, ...), in double precision."""
    return np.asarray(pictures[feature], dtype=np.float64)


def content_of(
    setting: stylecli.Setting, sample: stylecli.Sample, feature: str
) -> tuple[Array, Mask]:
    """The photos that outputs were made from, (m, ...), and which output is of which, (n, m)."""
    if setting.content is None:
        raise stylecli.UsageError("This metric needs the content pictures.")
    places = sorted(set(sample.content))
    used = np.array([[place == own for place in places] for own in sample.content], dtype=bool)
    return rows_of(setting.content, feature)[places], used


def undefined(code: str, message: str) -> stylecli.Measurement:
    """No figure, and why."""
    return stylecli.Measurement(None, cautions=(stylecli.Caution(code, message),))


def plain(values: Array) -> tuple[float, ...]:
    """Numbers that need no numpy."""
    return tuple(float(value) for value in values)
