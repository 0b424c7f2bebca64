"""What a run of the recipe is told: where things are, how long, how large."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

STAGES = (
    "prepare",
    "tokenizer",
    "vae",
    "refine",
    "latents",
    "denoiser",
    "xl",
    "controlnet",
    "ip-adapter",
    "assemble",
    "evaluate",
)

PIPELINE, PIPELINE_XL = "pipeline", "pipeline-xl"
CONTROLNET, IP_ADAPTER = "controlnet-canny", "ip-adapter"
"""What the members of the family are called, as folders of what a run writes."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of the networks and of what they are shown; the defaults are the shipped base's."""

    vae_channels: tuple[int, ...] = (24, 64, 96)
    """Channels of each VAE level; n levels shrink a picture 2**(n-1) times."""
    latent_channels: int = 4
    vae_crops: tuple[int, int] = (96, 128)
    """Side in pixels of the training crops in the first and the second half of VAE training."""
    vae_batch: int = 8
    refining_crops: tuple[int, int] = (128, 160)
    """Crops where a VAE is refined: larger, and so nearer to whole pictures."""
    refining_batch: int = 4
    unet_channels: tuple[int, ...] = (32, 64, 128, 128)
    """Channels of each U-Net level; the lower two have cross-attention."""
    unet_batch: int = 16
    """Examples a step at the first view; larger views get proportionally fewer."""
    views: tuple[tuple[int, int, float], ...] = ((32, 32, 0.4), (40, 48, 0.2), (64, 64, 0.4))
    """Latent crops: height, width (in latent cells) and their share of the steps."""
    vocabulary: int = 4096
    text_width: int = 128
    text_layers: int = 3
    text_heads: int = 4
    xl_text_width: int = 96
    """Width of the second text encoder of the SDXL form."""
    xl_projection: int = 128
    """Width of its pooled output."""
    xl_size_width: int = 32
    """Width that each of SDXL's six numbers of size and crop is spread to."""
    image_width: int = 128
    """Width of the IP-Adapter's image encoder; what it makes of a picture is twice as wide."""
    image_layers: int = 3
    image_side: int = 64
    """Side in pixels of the pictures that the image encoder takes."""
    image_patch: int = 8
    sample_size: int = 64
    """Side of the pipeline's default picture, in latent cells."""

    @property
    def cell_pixels(self) -> int:
        """Pixels along the side of one latent cell."""
        return int(2 ** (len(self.vae_channels) - 1))


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
    """The folder to write the family to: its members are folders there."""
    paintings: Path | None = None
    photos: tuple[Path, ...] = ()
    """Folders of photographs; one may be of people only."""
    init: Path | None = None
    """A pipeline folder to continue from; without one, everything starts from nothing."""
    seed: int = 0
    vae_budget: Budget = field(default_factory=lambda: Budget(minutes=22))
    unet_budget: Budget = field(default_factory=lambda: Budget(minutes=80))
    vae_rate: float = 1.5e-3
    """Peak learning rate of the VAE."""
    unet_rate: float = 1.3e-3
    """Peak learning rate of the U-Net and the text encoder."""
    xl_budget: Budget = field(default_factory=lambda: Budget(minutes=80))
    xl_rate: float = 1e-3
    """Peak learning rate of the SDXL form."""
    extras_budget: Budget = field(default_factory=lambda: Budget(minutes=30))
    """For each of the ControlNet and the IP-Adapter."""
    encoder_budget: Budget = field(default_factory=lambda: Budget(steps=1500))
    """For what the IP-Adapter's image encoder learns before the rest."""
    extras_rate: float = 1e-3
    """Peak learning rate of the ControlNet, and of the image encoder before the rest."""
    adapter_rate: float = 3e-3
    """Peak learning rate of the IP-Adapter."""
    save_minutes: float = 3.0
    """Training state is saved this often."""
    sizes: Sizes = field(default_factory=Sizes)
