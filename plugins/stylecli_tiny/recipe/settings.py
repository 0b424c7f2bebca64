"""What a run of the recipe is told: where things are, how long, how large."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

STAGES = ("prepare", "tokenizer", "vae", "latents", "denoiser", "assemble", "evaluate")


@dataclass(frozen=True)
class Sizes:
    """Sizes of the networks and of what they are shown; the defaults are the shipped base's."""

    vae_channels: tuple[int, ...] = (24, 64, 96)
    """Channels of each VAE level; n levels shrink a picture 2**(n-1) times."""
    latent_channels: int = 4
    vae_crops: tuple[int, int] = (96, 128)
    """Side in pixels of the training crops in the first and the second half of VAE training."""
    vae_batch: int = 8
    unet_channels: tuple[int, ...] = (32, 64, 128, 128)
    """Channels of each U-Net level; the lower two have cross-attention."""
    unet_batch: int = 16
    """Examples a step at the first view; larger views get proportionally fewer."""
    views: tuple[tuple[int, int, float], ...] = ((32, 32, 0.62), (40, 48, 0.2), (64, 64, 0.18))
    """Latent crops: height, width (in latent cells) and their share of the steps."""
    vocabulary: int = 4096
    text_width: int = 128
    text_layers: int = 3
    text_heads: int = 4
    sample_size: int = 64
    """Side of the pipeline's default picture, in latent cells."""


@dataclass(frozen=True)
class Budget:
    """How long to train: whichever of the two ends first; steps alone make a run repeatable."""

    minutes: float | None = None
    """Minutes of training, counted over all the runs that continue one another."""
    steps: int | None = None

    def progress(self, step: int, seconds: float) -> float:
        """The share of the budget used after `step` steps and `seconds` of training, 0 to 1."""
        spent = [0.0]
        if self.minutes is not None:
            spent.append(seconds / (60 * self.minutes) if self.minutes > 0 else 1.0)
        if self.steps is not None:
            spent.append(step / self.steps if self.steps > 0 else 1.0)
        if len(spent) == 1:
            raise ValueError("A training budget needs minutes or steps.")
        return min(1.0, max(spent))


@dataclass(frozen=True)
class Settings:
    """One run of the recipe."""

    work: Path
    """Folder of everything in between: packed pictures, latents, training states."""
    out: Path | None = None
    """The pipeline folder to write."""
    paintings: Path | None = None
    photos: Path | None = None
    init: Path | None = None
    """A pipeline folder to continue from; without one, everything starts from nothing."""
    seed: int = 0
    vae_budget: Budget = field(default_factory=lambda: Budget(minutes=22))
    unet_budget: Budget = field(default_factory=lambda: Budget(minutes=80))
    vae_rate: float = 1.5e-3
    """Peak learning rate of the VAE."""
    unet_rate: float = 1.3e-3
    """Peak learning rate of the U-Net and the text encoder."""
    save_minutes: float = 3.0
    """Training state is saved this often."""
    sizes: Sizes = field(default_factory=Sizes)
