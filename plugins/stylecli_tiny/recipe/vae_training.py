"""Training of the autoencoder: crops, what counts as a faithful copy, and the loop's plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from stylecli_tiny.recipe.captions import PAINTING, PHOTO
from stylecli_tiny.recipe.fit import Plan, fit
from stylecli_tiny.recipe.latents import encode, training
from stylecli_tiny.recipe.machine import autocast
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.settings import Settings

_LARGEST_CROP = 1.6
"""Crops are cut up to this many times their side and shrunk, so that fine detail is seen too."""
_KL_WEIGHT = 1e-4
_ANCHOR_WEIGHT = 0.5
"""How dearly refining pays for latents that move: a tenth of their deviation is the usual way."""


class Crops:
    """Square crops of the training pictures, half of them from photos."""

    def __init__(self, pictures: Pack) -> None:
        self._pictures = pictures
        chosen = training(pictures)
        kinds = ([i for i in chosen if pictures.facts[i]["kind"] == k] for k in (PAINTING, PHOTO))
        self._pools = [np.array(indices) for indices in kinds if indices]

    def draw(self, random: Generator, batch: int, side: int) -> Tensor:
        """Batch x 3 x side x side, -1 to 1. Pictures smaller than the side are enlarged."""
        crops = np.stack([self._one(random, side) for _ in range(batch)])
        return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1

    def _one(self, random: Generator, side: int) -> NDArray[np.uint8]:
        pool = self._pools[random.integers(len(self._pools))]
        pixels = self._pictures[int(random.choice(pool))]
        height, width = pixels.shape[:2]
        cut = min(height, width, int(side * random.uniform(1, _LARGEST_CROP)))
        top, left = random.integers(height - cut + 1), random.integers(width - cut + 1)
        crop = pixels[top : top + cut, left : left + cut]
        if cut != side:
            resized = Image.fromarray(crop).resize((side, side), Image.Resampling.LANCZOS)
            crop = np.asarray(resized)
        return crop[:, ::-1] if random.random() < 0.5 else crop


def reconstruction_loss(copy: Tensor, original: Tensor) -> Tensor:
    """How far a copy is from its original (both batch x 3 x height x width, -1 to 1).

    Absolute and squared error; absolute error of gradients and of means at three scales, which
    keeps edges and texture; absolute error of the spectrum, which keeps fine detail from being
    averaged away.
    """
    loss = F.l1_loss(copy, original) + 0.5 * F.mse_loss(copy, original)
    a, b = copy, original
    for _ in range(3):
        loss = loss + 0.5 * F.l1_loss(a.diff(dim=3), b.diff(dim=3))
        loss = loss + 0.5 * F.l1_loss(a.diff(dim=2), b.diff(dim=2))
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        loss = loss + 0.25 * F.l1_loss(a, b)
    spectrum = torch.fft.rfft2(copy, norm="ortho") - torch.fft.rfft2(original, norm="ortho")
    return loss + 0.1 * spectrum.abs().mean()


def train_vae(
    vae: AutoencoderKL,
    pictures: Pack,
    settings: Settings,
    state: Path,
    device: torch.device,
    report: Callable[[str], None] = print,
    *,
    anchor: AutoencoderKL | None = None,
) -> nn.Module:
    """Train `vae` in place; return its averaged copy.

    With an `anchor`, an earlier state of it, the latents are held near the anchor's, so that a
    denoiser that knows those keeps its worth.
    """
    crops = Crops(pictures)
    sizes = settings.sizes
    sides, batch = sizes.vae_crops, sizes.vae_batch
    if anchor:
        sides, batch = sizes.refining_crops, sizes.refining_batch
        anchor.to(device, memory_format=torch.channels_last).requires_grad_(False)

    def loss(step: int, progress: float) -> Tensor:
        random = np.random.default_rng([settings.seed, step])
        side = sides[0 if progress < 0.5 else 1]
        original = crops.draw(random, batch, side).to(device)
        generator = torch.Generator().manual_seed(int(random.integers(2**63)))
        with autocast(device):
            inner = vae.quant_conv(vae.encoder(_channels_last(original))).float()
            mean, log_variance = inner.chunk(2, 1)
            log_variance = log_variance.clamp(-30, 20)
            noise = torch.randn(mean.shape, generator=generator).to(device)
            drawn = mean + noise * (0.5 * log_variance).exp()
            copy = vae.decoder(vae.post_quant_conv(_channels_last(drawn)))
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        total = reconstruction_loss(copy.float(), original) + _KL_WEIGHT * divergence
        if anchor:
            total = total + _ANCHOR_WEIGHT * F.mse_loss(mean, encode(anchor, original))
        return total

    plan = Plan(
        budget=settings.vae_budget,
        peak_rate=settings.vae_rate,
        final_rate=0.02,
        warmup=100,
        weight_decay=1e-4,
        averaging=0.995,
    )
    vae.to(device, memory_format=torch.channels_last).train()
    return fit(vae, loss, plan, state, settings.save_minutes, report)


def _channels_last(batch: Tensor) -> Tensor:
    return batch.contiguous(memory_format=torch.channels_last)
