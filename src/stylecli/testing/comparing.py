"""Comparing styles and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stylecli.testing.checks import Nonconformance

if TYPE_CHECKING:
    from PIL.Image import Image


def difference_of_tensors(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """What differs between two sets of tensors, or ""."""
    import torch

    if first.keys() != second.keys():
        odd = sorted(first.keys() ^ second.keys())
        return f"{len(odd)} of the keys are in one alone, such as {odd[0]!r}"
    for key, value in first.items():
        other = second[key]
        if value.shape != other.shape or value.dtype != other.dtype:
            return f"{key!r} is {value.dtype} {tuple(value.shape)} and {other.dtype} {tuple(other.shape)}"
        if not torch.equal(value, other):
            most = (value.float() - other.float()).abs().max().item()
            return f"{key!r} differs by up to {most:.3g}"
    return ""


def difference_of_pictures(first: Image, second: Image) -> int:
    """By how many of 255 grey levels two pictures differ at most; 255 where their sizes do."""
    import numpy as np

    if first.size != second.size:
        return 255
    one, other = (np.asarray(image.convert("RGB"), dtype=np.int16) for image in (first, second))
    return int(np.abs(one - other).max())


def same_pictures(first: Sequence[Image], second: Sequence[Image], levels: int = 0) -> bool:
    """Whether pictures are alike but for so many grey levels."""
    return len(first) == len(second) and all(
        difference_of_pictures(one, other) <= levels
        for one, other in zip(first, second, strict=True)
    )


def check_pictures(made: Any, count: int, what: str) -> list[Image]:
    """So many RGB pictures.

    Raises:
        Nonconformance: It is something else.
    """
    from PIL import Image

    contract = "One RGB picture for each, in their order."
    if not isinstance(made, list | tuple) or len(made) != count:
        said = f"{len(made)} pictures" if isinstance(made, list | tuple) else repr(made)
        raise Nonconformance(f"{what} gave {said} for {count}.", contract)
    for image in made:
        if not isinstance(image, Image.Image) or image.mode != "RGB":
            said = f"one in {image.mode}" if isinstance(image, Image.Image) else repr(image)
            raise Nonconformance(f"{what} gave {said}.", contract)
    return list(made)
