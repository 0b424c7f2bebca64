"""Pictures to latents and back, scaled as the denoiser expects them."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def encoded(vae: Any, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Encode pictures; see `stylecli.bases.base.Base.encode`."""
    import torch

    with torch.no_grad():
        posterior = vae.encode(_laid_out(vae, pixels)).latent_dist
    factor, shift = _scale(vae)
    return (posterior.mean.float() - shift) * factor, posterior.std.float() * factor


def decoded(vae: Any, latents: Tensor, trainable: bool = False) -> Tensor:
    """Decode latents; see `stylecli.bases.base.Base.decode`."""
    import torch

    factor, shift = _scale(vae)
    with nullcontext() if trainable else torch.no_grad():
        pixels: Tensor = vae.decode(_laid_out(vae, latents / factor + shift)).sample.float()
    return pixels


def _laid_out(vae: Any, values: Tensor) -> Tensor:
    import torch

    return values.to(vae.device, torch.float32, memory_format=torch.channels_last)


def _scale(vae: Any) -> tuple[float, float]:
    """What latents are multiplied by, after what is subtracted from them."""
    config = vae.config
    return float(config.scaling_factor), float(getattr(config, "shift_factor", None) or 0.0)
