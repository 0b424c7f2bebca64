"""What is not finite is named, and computed anew in fp32 where that helps: it would be a black picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from stylecli.bases.device import autocast, precision_of
from stylecli.errors import StylecliError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_Made = TypeVar("_Made")


class NotFinite(StylecliError):
    """A denoiser or an autoencoder made numbers that are infinite, or none at all (NaN)."""


def check_denoised(latents: Tensor, base: str, dtype: torch.dtype) -> None:
    """Make sure that a denoiser's latents can become pictures.

    Args:
        latents: What it made, of any shape.
        base: Its base's name.
        dtype: What it computed in.

    Raises:
        NotFinite: They cannot; its hint says what to try instead of `dtype`.
    """
    if all_finite(latents):
        return
    precision = precision_of(dtype)
    hints = {
        "fp16": "Use --precision bf16, or --precision fp32.",
        "bf16": "Use --precision fp32.",
        "fp32": "The style's weights or the base's are damaged, or far too large: paint without the style to "
        "see which.",
    }
    raise NotFinite(
        f"The denoiser of base {base!r} made latents in {precision} that are not finite; "
        "the picture would be black.",
        hints[precision],
    )


def first_finite(
    compute: Callable[[], _Made], base: str, device: torch.device, dtype: torch.dtype
) -> tuple[_Made, torch.dtype]:
    """Let an autoencoder compute, and once more in fp32 where it overflows in half precision.

    Args:
        compute: Gives a tensor, or a tuple of tensors.
        base: Its base's name.
        device: Where it computes.
        dtype: What it is to compute in.

    Returns:
        What it made, and what in.

    Raises:
        NotFinite: It is not finite, even in fp32.
    """
    import torch

    for kind in dict.fromkeys((dtype, torch.float32)):
        with autocast(device, kind):
            made = compute()
        if all_finite(made):
            return made, kind
    raise NotFinite(
        f"What the autoencoder of base {base!r} makes is not finite, even in fp32.",
        "Its weights, or those that a style adds to it, are damaged: fetch the base again, or leave the style out.",
    )


def all_finite(made: object) -> bool:
    """Whether a tensor, or each of a tuple of them, holds only finite numbers."""
    import torch

    parts = made if isinstance(made, tuple) else (made,)
    return all(bool(torch.isfinite(part).all()) for part in parts)
