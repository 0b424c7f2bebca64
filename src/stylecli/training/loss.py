"""The denoising loss, in the base's own prediction type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base
from stylecli.bases.conditions import Conditioner
from stylecli.bases.estimates import clean_of
from stylecli.errors import UsageError
from stylecli.training.examples import Batch
from stylecli.training.options import TrainingOptions

if TYPE_CHECKING:
    from torch import Generator, Tensor

Loss = Callable[[Any, "Generator"], "Tensor"]
"""Gives a batch's loss, a scalar; all that is random comes from the generator (on the CPU). The batch
is what the loop's source draws: of `Examples` a `Batch`."""


@dataclass(frozen=True)
class Estimate:
    """What a prediction says of the clean latents, for a loss that looks at the picture.

    Attributes:
        clean: The latents without the noise that the denoiser sees in them, ``(B, C, h, w)``; can be
            differentiated. The noisier the timestep, the less it knows of the true ones.
        latents: The true ones, likewise, without gradients.
        signal: The share of signal variance left at the timestep, ``(B,)``: 1 without noise.
        random: All that is random comes from it (on the CPU): then runs go on exactly.
    """

    clean: Tensor
    latents: Tensor
    signal: Tensor
    random: Generator


def denoising_loss(
    base: Base,
    options: TrainingOptions,
    conditioner: Conditioner | None = None,
    also: Callable[[Estimate], Tensor] | None = None,
) -> Loss:
    """Mean squared error of the denoiser's prediction at random noise levels (Ho et al. 2020).

    With ``min_snr`` each example is weighted by min(SNR, gamma) / SNR for noise prediction and by
    min(SNR, gamma) / (SNR + 1) for velocity prediction (Hang et al. 2023). A batch's own weights are
    multiplied with it.

    Args:
        base: Whose denoiser predicts.
        options: The range of timesteps, noise offset, weights.
        conditioner: What the denoiser is told, by the batch's timesteps; default: the batch's own
            conditions, its captions.
        also: Gives a further error of each picture, ``(B,)``, from the estimate of the clean latents.
            It is added to the denoiser's after ``min_snr`` has weighted that, and before a batch's
            own weights count.

    Raises:
        UsageError: An empty range of timesteps, or a prediction type that is unknown.
    """
    import torch

    if options.min_timestep > options.max_timestep:
        raise UsageError(
            f"--min-timestep {options.min_timestep} is above --max-timestep {options.max_timestep}: nothing to train."
        )
    velocity = base.prediction_type == "v_prediction"
    if not velocity and base.prediction_type != "epsilon":
        raise UsageError(
            f"{base.spec.name} predicts {base.prediction_type!r}, which training does not know."
        )
    signal = base.alphas_cumprod.to(base.device)

    def loss(batch: Batch, random: Generator) -> Tensor:
        latents = batch.latents
        count = latents.shape[0]
        timesteps = torch.randint(
            options.min_timestep, options.max_timestep + 1, (count,), generator=random
        )
        timesteps = timesteps.to(base.device)
        noise = torch.randn(latents.shape, generator=random)
        if options.noise_offset:
            noise = noise + options.noise_offset * torch.randn(
                (count, latents.shape[1], 1, 1), generator=random
            )
        noise, latents = noise.to(base.device), latents.to(base.device)
        share = signal[timesteps].view(-1, 1, 1, 1)
        noisy = share.sqrt() * latents + (1 - share).sqrt() * noise
        target = share.sqrt() * noise - (1 - share).sqrt() * latents if velocity else noise
        told = batch.conditions if conditioner is None else conditioner(timesteps)
        prediction = base.predict(noisy, timesteps, told)
        error = (prediction - target).pow(2).mean(dim=(1, 2, 3))
        error = error * _weights(share.flatten(), options.min_snr, velocity)
        if also is not None:
            clean = clean_of(noisy, prediction, share, velocity)
            error = error + also(Estimate(clean, latents, share.flatten(), random))
        if batch.weights is not None:
            error = error * batch.weights.to(base.device)
        return error.mean()

    return loss


def _weights(signal: Tensor, gamma: float, velocity: bool) -> Tensor:
    import torch

    if not gamma:
        return torch.ones_like(signal)
    ratio = signal / (1 - signal)
    return ratio.clamp(max=gamma) / (ratio + 1 if velocity else ratio)
