"""The perceptual term of the loss: how far the picture that a prediction stands for is from the true one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import stylecli
from stylecli_sdxl_lora.perceptual_features import gradients_apart, textures_apart
from stylecli_sdxl_lora.perceptual_network import load_network

if TYPE_CHECKING:
    from torch import Tensor

LARGEST, ENOUGH = 256, 64
"""Sides of windows in pixels: half of a picture's side is compared, but no more than the first and, where
the picture has it, no less than the second. Decoding costs the term's time and memory."""


def perceptual_term(
    base: stylecli.Base,
    weight: float,
    network: str | None = None,
    progress: stylecli.Progress = stylecli.silent,
    *,
    checkpointing: bool = False,
) -> Callable[[stylecli.Estimate], Tensor]:
    """An error of each picture, for `stylecli.denoising_loss(also=…)`.

    A window of the estimated latents and the same one of the true latents are decoded, so that the
    autoencoder's own error cancels, and compared by their gradients and their texture
    (`perceptual_features`), and by what a network sees of them, where one is named. Each of the two,
    or three, is 0 for the same picture and at most about 1 for another one, whatever its contrast; what
    comes out is their sum times `weight` times the signal share of the timestep.

    The signal share is how much of the latents' variance the best linear estimate can explain where
    they have variance 1; the rest of the estimate is a mean over all pictures, whose blur is no
    fault. It also undoes that an error of predicted noise is 1 / (signal share) times as large,
    squared, in the estimate.

    Args:
        base: Whose autoencoder decodes; it is in memory while training then.
        weight: How much the term counts beside the denoiser's error.
        network: A folder or hub id of a vision model that transformers loads, or None.
        progress: Hears of a download.
        checkpointing: Less memory for more time in the decoder.

    Returns:
        What gives ``(B,)`` float32, at least 0.

    Raises:
        UsageError: There is no such network, or it cannot be used; --perceptual-network is named.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    import torch

    apart = [gradients_apart, textures_apart]
    if network is not None:
        seeing = load_network(network, base.device, progress)

        def seen_apart(one: Tensor, other: Tensor) -> Tensor:
            with base.autocast():
                return seeing(one, other)

        apart.append(seen_apart)
    most, least = (max(1, side // base.pixels_per_latent) for side in (LARGEST, ENOUGH))

    def term(estimate: stylecli.Estimate) -> Tensor:
        size = estimate.latents.shape[-2:]
        # Drawn also where all is seen: the same seed gives the same noise whatever the size.
        place = torch.rand(2, generator=estimate.random).tolist()
        rows, columns = (
            _window(share, side, min(most, max(least, side // 2)))
            for share, side in zip(place, size, strict=True)
        )
        with _checkpointing(base, checkpointing):
            found = base.decode(estimate.clean[:, :, rows, columns], trainable=True)
        true = base.decode(estimate.latents[:, :, rows, columns])
        total = torch.stack([each(found, true) for each in apart]).sum(dim=0)
        return weight * estimate.signal * total

    return term


def _window(share: float, side: int, cells: int) -> slice:
    """A window of at most so many cells, whose place is a share of the room in [0, 1)."""
    start = int(share * max(1, side - cells + 1))
    return slice(start, start + cells)


@contextmanager
def _checkpointing(base: stylecli.Base, wanted: bool) -> Iterator[None]:
    """The decoder keeps only what its blocks are given inside, and computes the rest again."""
    if not wanted:
        yield
        return
    base.checkpoint_gradients("vae")
    try:
        yield
    finally:
        base.checkpoint_gradients("vae", on=False)
