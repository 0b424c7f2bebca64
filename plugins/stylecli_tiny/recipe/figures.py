"""What a pipeline does on held-out pictures: how well it copies them, how well it denoises them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import fmean

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, StableDiffusionPipeline
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from stylecli_tiny.recipe.captions import PAINTING, PHOTO
from stylecli_tiny.recipe.denoiser import predictor
from stylecli_tiny.recipe.denoising import Noised, denoising_errors, tokenize
from stylecli_tiny.recipe.latents import cells_of, cut, encode, to_input
from stylecli_tiny.recipe.pack import Pack

SIDE = 256
"""Pixels: photos are cut square and shrunk to this before they are copied."""
LEVELS = 8
"""Noise levels for each picture, evenly over the 1000 timesteps."""


@dataclass(frozen=True)
class Figures:
    """Means over the held-out pictures."""

    psnr: float
    """Peak signal to noise, in dB, of photos copied by the VAE at 256 px and rounded to 8 bits."""
    ssim: float
    """Structural similarity of the same, 0 to 1; see `ssim`."""
    painting_loss: float
    """Denoising loss (v, min-SNR 5) on paintings, with their full captions."""
    photo_loss: float
    paintings: int
    photos: int

    def lines(self) -> Iterator[str]:
        """The figures to read."""
        yield f"held out: {self.paintings} paintings, {self.photos} photos (split by parent)"
        yield f"VAE on photos at {SIDE} px: PSNR {self.psnr:.2f} dB"
        yield (
            f"VAE on photos at {SIDE} px: SSIM {self.ssim:.4f} "
            "(Wang et al. 2004, Gaussian window 11 px, sigma 1.5, mean over RGB)"
        )
        yield f"denoising loss on paintings: {self.painting_loss:.5f}"
        yield f"denoising loss on photos: {self.photo_loss:.5f}"

    def as_dict(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


def measure(pipeline: StableDiffusionPipeline, pictures: Pack, device: torch.device) -> Figures:
    """Measure a float32 pipeline on the held-out pictures of a pack.

    Noise and timesteps hang on the picture's number only, so two pipelines with the same VAE are
    compared on the very same noisy latents.
    """
    pipeline.to(device)
    held_out = {
        kind: [
            index
            for index, facts in enumerate(pictures.facts)
            if facts["held_out"] and facts["kind"] == kind
        ]
        for kind in (PAINTING, PHOTO)
    }
    copies = [
        copy_quality(pipeline.vae, square(Image.fromarray(pictures[index])), device)
        for index in held_out[PHOTO]
    ]
    losses = {
        kind: _mean(_loss(pipeline, pictures, index, device) for index in held_out[kind])
        for kind in held_out
    }
    return Figures(
        psnr=_mean(psnr for psnr, _ in copies),
        ssim=_mean(similarity for _, similarity in copies),
        painting_loss=losses[PAINTING],
        photo_loss=losses[PHOTO],
        paintings=len(held_out[PAINTING]),
        photos=len(held_out[PHOTO]),
    )


def ssim(a: Tensor, b: Tensor) -> float:
    """Structural similarity (Wang et al. 2004) of two pictures, 1 x 3 x height x width, 0 to 1.

    Gaussian window of 11 px with sigma 1.5, K = (.01, .03), windows inside the picture only, the
    mean over positions and colour channels.
    """
    offsets = torch.arange(11, dtype=a.dtype, device=a.device) - 5
    line = torch.exp(-offsets.square() / (2 * 1.5**2))
    line = line / line.sum()
    window = torch.outer(line, line).expand(3, 1, 11, 11)

    def blur(x: Tensor) -> Tensor:
        return F.conv2d(x, window, groups=3)

    mean_a, mean_b = blur(a), blur(b)
    spread = blur(a * a) - mean_a.square() + blur(b * b) - mean_b.square()
    shared = blur(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a.square() + mean_b.square() + c1)
    return float((luminance * (2 * shared + c2) / (spread + c2)).mean())


def _mean(values: Iterator[float]) -> float:
    listed = list(values)
    return fmean(listed) if listed else float("nan")


def square(picture: Image.Image) -> NDArray[np.uint8]:
    """The middle of a picture at 256 px: height x width x RGB."""
    short = min(picture.size)
    left, top = (picture.width - short) // 2, (picture.height - short) // 2
    middle = picture.crop((left, top, left + short, top + short))
    return np.asarray(middle.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def copy_quality(
    vae: AutoencoderKL, pixels: NDArray[np.uint8], device: torch.device
) -> tuple[float, float]:
    """PSNR in dB and SSIM of what a VAE makes of a picture, rounded to 8 bits."""
    original = to_input(pixels, device)
    with torch.no_grad():
        copy = vae.decode(vae.encode(original).latent_dist.mean).sample
    original = (original + 1) / 2
    copy = ((copy.clamp(-1, 1) + 1) * 127.5).round() / 255
    error = float((copy - original).square().mean())
    return -10 * float(np.log10(error)), ssim(copy, original)


def _loss(
    pipeline: StableDiffusionPipeline, pictures: Pack, index: int, device: torch.device
) -> float:
    # The U-Net halves its input once for each level but the last.
    multiple = cells_of(pipeline.vae) * 2 ** (len(pipeline.unet.config.block_out_channels) - 1)
    clean = encode(pipeline.vae, to_input(cut(pictures[index], multiple, SIDE), device))
    clean = (clean * pipeline.vae.config.scaling_factor).expand(LEVELS, -1, -1, -1)
    generator = torch.Generator().manual_seed(index)
    noise = torch.randn(clean.shape, generator=generator).to(device)
    times = ((torch.arange(LEVELS) + 0.5) * 1000 / LEVELS).long().to(device)
    ids = tokenize(pipeline.tokenizer, [pictures.facts[index]["caption"]] * LEVELS).to(device)
    networks = nn.ModuleDict({"unet": pipeline.unet, "text_encoder": pipeline.text_encoder})
    kept = pipeline.scheduler.alphas_cumprod.to(device)
    with torch.no_grad():
        predict = predictor(networks, ids)
        errors, weights = denoising_errors(predict, Noised(clean, noise, times), kept)
    return float((errors * weights).mean())
