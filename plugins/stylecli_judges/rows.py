"""What the meters share: rows of features, and what they say where there is no figure."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

import stylecli
from stylecli_judges.frechet import Array

Mask: TypeAlias = NDArray[np.bool_]


def rows_of(pictures: stylecli.PictureSet, feature: str) -> Array:
    """A feature of all pictures, (n, ...), in double precision."""
    return np.asarray(pictures[feature], dtype=np.float64)


def content_rows(setting: stylecli.Setting, sample: stylecli.Sample, feature: str) -> Array:
    """A feature of the photo that each output was made from, (n, ...)."""
    if setting.content is None:
        raise stylecli.UsageError("This metric needs the content pictures.")
    return rows_of(setting.content, feature)[list(sample.content)]


def plain(values: Array) -> tuple[float, ...]:
    """Numbers that need no numpy."""
    return tuple(float(value) for value in values)


def too_few(needed: int, there: int) -> stylecli.Measurement:
    """No figure, for want of pictures."""
    message = f"it needs {needed} outputs and {needed} reference pictures, not {there}"
    return undefined("too-few-pictures", message)


def undefined(code: str, message: str) -> stylecli.Measurement:
    """No figure, and why."""
    return stylecli.Measurement(None, cautions=(stylecli.Caution(code, message),))
