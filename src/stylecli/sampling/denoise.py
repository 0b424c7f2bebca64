"""The denoising loop, with the two forms of guidance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.bases.conditions import Conditioner
from stylecli.bases.estimates import clean_of, prediction_of, share_at
from stylecli.bases.lora import without_style
from stylecli.sampling.schedulers import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor


Steer = Callable[["Tensor", "Tensor"], "Tensor"]
"""Changes what a step takes for the clean latents: ``(B, C, h, w)`` float32 and the step's timesteps
``(B,)`` give latents of that shape, from which the sampler goes on."""


@dataclass(frozen=True)
class Guidance:
    """What the denoiser is drawn towards, and away from (Ho & Salimans 2022).

    The prediction is ``away + scale * (towards - away)``.

    Attributes:
        towards: Conditions of the wanted picture.
        away: Conditions of the other branch.
        scale: 1 runs only the first branch.
        style_guidance: Whether the other branch runs the base without the style: then the style
            itself is amplified, not only the prompt.
        steer: Changes each step's estimate of the picture, after the two branches; None: nothing does.
    """

    towards: Conditioner
    away: Conditioner
    scale: float
    style_guidance: bool
    steer: Steer | None = None


def denoise(
    base: Base,
    latents: Tensor,
    schedule: Schedule,
    guidance: Guidance,
    generators: Sequence[Generator],
    on_step: Callable[[int], None],
) -> Tensor:
    """Run a schedule from noisy latents to clean ones.

    Args:
        base: Whose denoiser runs, with whatever style is applied to it.
        latents: ``(B, C, h, w)`` at the noise level of the schedule's first timestep.
        schedule: The steps to run.
        guidance: Conditions for the batch.
        generators: One a picture, for samplers that add noise.
        on_step: Called after each step with the number of steps done.

    Returns:
        Clean latents, ``(B, C, h, w)`` float32.
    """
    import torch

    with torch.inference_mode():
        for done, timestep in enumerate(schedule.timesteps, 1):
            noisy = schedule.scheduler.scale_model_input(latents, timestep)
            timesteps = timestep.expand(latents.shape[0])
            prediction = _guided(base, noisy, timesteps, guidance)
            if guidance.steer is not None:
                prediction = _steered(base, noisy, prediction, timesteps, guidance.steer)
            latents = schedule.step(prediction, timestep, latents, generators)
            on_step(done)
    return latents


def predicted_noise(
    base: Base, latents: Tensor, noise: Tensor, schedule: Schedule, guidance: Guidance
) -> Tensor:
    """Stochastic inversion: what the model takes for the noise in the noised photo (Zhang et al. 2023).

    Args:
        base: Whose denoiser predicts.
        latents: Clean latents ``(B, C, h, w)``.
        noise: Gaussian noise to start from, likewise.
        schedule: Its first timestep says how noisy the photo gets.
        guidance: Its first branch is what the denoiser is told; there is no guidance here.

    Returns:
        Noise ``(B, C, h, w)`` to begin with in place of the gaussian one.
    """
    import torch

    with torch.inference_mode():
        first = schedule.timesteps[:1].expand(latents.shape[0])
        # Samplers differ in how they scale noisy latents; the denoiser is given them like this.
        share = float(share_at(base.alphas_cumprod, float(schedule.timesteps[0])))
        noisy = share**0.5 * latents + (1 - share) ** 0.5 * noise
        prediction = base.predict(noisy, first, guidance.towards(first))
        if base.prediction_type == "v_prediction":
            return share**0.5 * prediction + (1 - share) ** 0.5 * noisy
        return prediction


def noise_like(shape: Sequence[int], generators: Sequence[Generator], base: Base) -> Tensor:
    """Gaussian noise ``(B, *shape)``, each picture's from its own generator: the batch does not matter.

    It is drawn on the CPU, so that a seed means the same on every device.
    """
    import torch

    drawn = [torch.randn(tuple(shape), generator=generator) for generator in generators]
    return torch.stack(drawn).to(base.device)


def generators_for(seeds: Sequence[int]) -> list[Generator]:
    """One generator a picture."""
    import torch

    return [torch.Generator().manual_seed(seed) for seed in seeds]


def _steered(
    base: Base, noisy: Tensor, prediction: Tensor, timesteps: Tensor, steer: Steer
) -> Tensor:
    share = share_at(base.alphas_cumprod, float(timesteps[0])).to(noisy.device)
    velocity = base.prediction_type == "v_prediction"
    clean = steer(clean_of(noisy, prediction, share, velocity), timesteps)
    return prediction_of(noisy, clean, share, velocity)


def _guided(base: Base, noisy: Tensor, timesteps: Tensor, guidance: Guidance) -> Tensor:
    import torch

    towards = guidance.towards(timesteps)
    if guidance.scale == 1:
        return base.predict(noisy, timesteps, towards)
    away = guidance.away(timesteps)
    if guidance.style_guidance:
        wanted = base.predict(noisy, timesteps, towards)
        with without_style(base, "unet"):
            other = base.predict(noisy, timesteps, away)
    else:
        both = towards.followed_by(away)
        doubled = base.predict(torch.cat([noisy, noisy]), torch.cat([timesteps, timesteps]), both)
        wanted, other = doubled.chunk(2)
    return other + guidance.scale * (wanted - other)
