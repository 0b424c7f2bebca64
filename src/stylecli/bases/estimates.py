"""Between what a denoiser predicts and the clean latents that this stands for (Salimans & Ho 2022, D)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def clean_of(noisy: Tensor, prediction: Tensor, share: Tensor, velocity: bool) -> Tensor:
    """The clean latents that a prediction stands for.

    Args:
        noisy: What the denoiser saw: √share · clean + √(1 − share) · noise.
        prediction: What it said: the noise, or the velocity √share · noise − √(1 − share) · clean.
        share: Of signal variance, above 0 and at most 1; broadcasts.
        velocity: Which of the two.
    """
    if velocity:
        return share.sqrt() * noisy - (1 - share).sqrt() * prediction
    return (noisy - (1 - share).sqrt() * prediction) / share.sqrt()


def prediction_of(noisy: Tensor, clean: Tensor, share: Tensor, velocity: bool) -> Tensor:
    """The prediction that stands for these clean latents; arguments as `clean_of`, share below 1."""
    noise = (noisy - share.sqrt() * clean) / (1 - share).sqrt()
    if velocity:
        return share.sqrt() * noise - (1 - share).sqrt() * clean
    return noise


def share_at(alphas_cumprod: Tensor, timestep: float) -> Tensor:
    """The share of signal variance at a timestep, a scalar; some samplers work between two of the base's."""
    import torch

    below = int(timestep)
    above = min(below + 1, len(alphas_cumprod) - 1)
    return torch.lerp(alphas_cumprod[below], alphas_cumprod[above], timestep % 1)
