"""What all denoisers of the family have in common: the schedule, noise, loss, and plan.

v-prediction (Salimans and Ho 2022) on the cosine schedule (Nichol and Dhariwal 2021), each noise
level weighted by min-SNR 5 (Hang et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import DDIMScheduler
from torch import Tensor
from transformers import CLIPTokenizer

from stylecli_tiny.recipe.fit import Plan
from stylecli_tiny.recipe.machine import autocast
from stylecli_tiny.recipe.settings import Budget

SNR_LIMIT = 5.0

DrawTimes = Callable[[int, torch.Generator], Tensor]
"""Batch and generator in, timesteps out."""


def build_scheduler() -> DDIMScheduler:
    """The schedule the base is trained on, as its pipeline will hold it."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


@dataclass(frozen=True)
class Noised:
    """Clean latents, the noise to add, and how much of it.

    Attributes:
        clean: Batch x channels x height x width.
        noise: The same shape, standard normal.
        times: Timesteps, 0 to 999, one for each example.
    """

    clean: Tensor
    noise: Tensor
    times: Tensor

    @classmethod
    def draw(
        cls, clean: Tensor, random: np.random.Generator, times: DrawTimes | None = None
    ) -> Noised:
        """Noise and timesteps drawn on the CPU, so that every machine draws the same.

        `times` draws the timesteps, by default `draw_times`.
        """
        generator = torch.Generator().manual_seed(int(random.integers(2**63)))
        noise = torch.randn(clean.shape, generator=generator)
        return cls(clean, noise, (times or draw_times)(len(clean), generator))

    def to(self, device: torch.device) -> Noised:
        """The same on a device."""
        return Noised(self.clean.to(device), self.noise.to(device), self.times.to(device))


def denoising_errors(
    predict: Callable[[Tensor, Tensor], Tensor], noised: Noised, kept: Tensor
) -> tuple[Tensor, Tensor]:
    """Mean squared error of v for each example, and its min-SNR weight; both of length batch.

    `predict` gives v for noisy latents and their timesteps; `kept` is the schedule's
    ``alphas_cumprod``.
    """
    clean, noise, times = noised.clean, noised.noise, noised.times
    signal = kept[times].view(-1, 1, 1, 1)
    noisy = signal.sqrt() * clean + (1 - signal).sqrt() * noise
    velocity = signal.sqrt() * noise - (1 - signal).sqrt() * clean
    with autocast(clean.device):
        predicted = predict(noisy.contiguous(memory_format=torch.channels_last), times)
    errors = (predicted.float() - velocity).square().mean((1, 2, 3))
    ratio = (signal / (1 - signal)).flatten()
    # For v, min-SNR's weight min(SNR, limit) / SNR on noise becomes min(SNR, limit) / (SNR + 1).
    return errors, ratio.clamp(max=SNR_LIMIT) / (ratio + 1)


def draw_times(batch: int, generator: torch.Generator) -> Tensor:
    """Timesteps: four in five below 800, where photos are repainted, the rest from all 1000."""
    low = torch.rand(batch, generator=generator) < 0.8
    below = torch.randint(0, 800, (batch,), generator=generator)
    return torch.where(low, below, torch.randint(0, 1000, (batch,), generator=generator))


def tokenize(tokenizer: CLIPTokenizer, captions: list[str]) -> Tensor:
    """Token numbers, captions x the tokenizer's length, padded and cut."""
    ids: Tensor = tokenizer(
        captions,
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    ).input_ids
    return ids


class TokenIds:
    """Token numbers of captions, each tokenized once."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, Tensor] = {}

    def __call__(self, captions: list[str]) -> Tensor:
        """Captions x the tokenizer's length."""
        unknown = sorted(set(captions) - self._known.keys())
        if unknown:
            self._known.update(zip(unknown, tokenize(self._tokenizer, unknown), strict=True))
        return torch.stack([self._known[caption] for caption in captions])


def denoiser_plan(budget: Budget, rate: float) -> Plan:
    """How everything that learns by denoising is trained; `rate` is the peak."""
    return Plan(
        budget=budget,
        peak_rate=rate,
        final_rate=0.03,
        warmup=80,
        weight_decay=0.01,
        averaging=0.998,
    )
