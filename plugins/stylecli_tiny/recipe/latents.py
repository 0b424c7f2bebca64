"""Pictures into latents of unit deviation, both flips, cached for the denoiser's training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor

from stylecli_tiny.recipe.machine import autocast
from stylecli_tiny.recipe.pack import Pack, write_pack

LARGEST_SIDE = 384
"""Pixels: what is longer is cut to this, the same on both ends."""
_STATISTICS_ONE_IN = 8
_REPORT_EVERY = 500


def to_input(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """A picture (uint8, height x width x RGB) for the VAE: 1 x 3 x height x width, -1 to 1."""
    values = torch.from_numpy(pixels.copy()).to(device).permute(2, 0, 1)[None].float()
    return (values / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def cells_of(vae: AutoencoderKL) -> int:
    """Pixels along the side of one latent cell."""
    return int(2 ** (len(vae.config.block_out_channels) - 1))


def encode(vae: AutoencoderKL, pictures: Tensor) -> Tensor:
    """Mean latents in float32, without gradients, of pictures as `to_input` makes them."""
    with torch.no_grad(), autocast(pictures.device):
        mean: Tensor = vae.encode(pictures).latent_dist.mean
    return mean.float()


def cut(pixels: NDArray[np.uint8], multiple: int, largest: int = LARGEST_SIDE) -> NDArray[np.uint8]:
    """The middle of a picture: sides a multiple of `multiple`, `largest` pixels at the most."""
    height, width = (min(side, largest) // multiple * multiple for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def statistics(vae: AutoencoderKL, pictures: Pack, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each latent channel over every eighth training picture."""
    total = torch.zeros(vae.config.latent_channels, dtype=torch.float64, device=device)
    squares, count = torch.zeros_like(total), 0
    for index in training(pictures)[::_STATISTICS_ONE_IN]:
        latents = encode(vae, to_input(cut(pictures[index], cells_of(vae)), device)).double()
        total += latents.sum((0, 2, 3))
        squares += latents.square().sum((0, 2, 3))
        count += latents[0, 0].numel()
    mean = total / count
    deviation = (squares / count - mean.square()).sqrt()
    return mean.float(), deviation.float()


def fold(vae: AutoencoderKL, mean: Tensor, deviation: Tensor) -> None:
    """Make the VAE's latents have mean 0 and deviation 1 in each channel, so that its scale is 1.

    (z - mean) / deviation goes into ``quant_conv`` and its inverse into ``post_quant_conv``: what
    comes out of decode(encode(x)) stays the same. Both arguments have one number for each channel.
    """
    into, out_of = vae.quant_conv, vae.post_quant_conv
    channels = len(mean)
    with torch.no_grad():
        into.weight[:channels] /= deviation.view(-1, 1, 1, 1)
        into.bias[:channels] = (into.bias[:channels] - mean) / deviation
        # The other half is log variances, which a division by the deviation lowers.
        into.bias[channels:] -= 2 * deviation.log()
        out_of.bias += out_of.weight[:, :, 0, 0] @ mean
        out_of.weight *= deviation.view(1, -1, 1, 1)
    vae.register_to_config(scaling_factor=1.0)


def training(pictures: Pack) -> list[int]:
    """Indices of the pictures that are not held out."""
    return [index for index, facts in enumerate(pictures.facts) if not facts["held_out"]]


def encode_all(
    vae: AutoencoderKL,
    pictures: Pack,
    pack: Path,
    device: torch.device,
    report: Callable[[str], None] = print,
) -> None:
    """Write the latents of all training pictures, each as it is and mirrored, as float16.

    Arrays are channels x height x width; their facts are ``kind``, ``caption`` and ``artist``.
    """
    vae.to(device, memory_format=torch.channels_last).eval()
    chosen = training(pictures)

    def items() -> Iterator[tuple[NDArray[np.float16], dict[str, Any]]]:
        for done, index in enumerate(chosen, 1):
            known = {name: pictures.facts[index][name] for name in ("kind", "caption", "artist")}
            picture = to_input(cut(pictures[index], cells_of(vae)), device)
            for latents in encode(vae, torch.cat([picture, picture.flip(3)])):
                yield latents.half().cpu().numpy(), known
            if done % _REPORT_EVERY == 0:
                report(f"latents: {done} of {len(chosen)} pictures")

    write_pack(pack, "float16", items())
