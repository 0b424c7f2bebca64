"""A ControlNet for edges (Zhang et al. 2023): the U-Net's first half, told where the lines are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import CLIPTokenizer

from stylecli_tiny.recipe.denoising import (
    Noised,
    TokenIds,
    build_scheduler,
    denoiser_plan,
    denoising_errors,
)
from stylecli_tiny.recipe.fit import fit
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.pixels import Pixels
from stylecli_tiny.recipe.settings import Settings
from stylecli_tiny.recipe.views import Views

THRESHOLDS = (100, 200)
"""Of the gradient, for 8-bit pictures: what canny ControlNets are usually trained and used with."""
_EMBEDDING = (16, 32, 96)
"""Channels of the edges' embedding: like a VAE's encoder it halves its input once less than it has
entries, so it has as many as the VAE has levels."""


def canny(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Edges of a picture (height x width x RGB): height x width, 0 or 255 (Canny 1986)."""
    import cv2

    edges: NDArray[np.uint8] = cv2.Canny(np.ascontiguousarray(pixels), *THRESHOLDS)
    return edges


def build_controlnet(unet: UNet2DConditionModel, vae_levels: int) -> ControlNetModel:
    """A ControlNet that begins as the U-Net's first half and adds nothing yet."""
    controlnet: ControlNetModel = ControlNetModel.from_unet(
        unet, conditioning_embedding_out_channels=_EMBEDDING[:vae_levels]
    )
    return controlnet


def edges_of(pixels: NDArray[np.uint8]) -> Tensor:
    """Edges of a batch of pictures as a ControlNet takes them: batch x 3 x height x width, 0 to 1."""
    edges = torch.from_numpy(np.stack([canny(picture) for picture in pixels]))
    return (edges.float() / 255)[:, None].expand(-1, 3, -1, -1).contiguous()


def train_controlnet(
    controlnet: ControlNetModel,
    base: nn.ModuleDict,
    tokenizer: CLIPTokenizer,
    latents: Pack,
    pictures: Pack,
    settings: Settings,
    state: Path,
    device: torch.device,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """Train `controlnet` in place under a frozen `base` (``unet``, ``text_encoder``).

    Every noise level weighs the same: where there is most noise, edges are worth most.

    Returns:
        Its averaged copy.
    """
    views = Views(latents, settings.sizes.views, settings.sizes.unet_batch)
    pixels = Pixels(pictures, settings.sizes.cell_pixels)
    kept: Tensor = build_scheduler().alphas_cumprod.to(device)
    ids_of = TokenIds(tokenizer)

    def loss(step: int, _progress: float) -> Tensor:
        random = np.random.default_rng([settings.seed, step])
        view = views.draw(random)
        ids, edges = ids_of(view.captions).to(device), edges_of(pixels.of(view)).to(device)

        def predict(noisy: Tensor, times: Tensor) -> Tensor:
            with torch.no_grad():
                context = base["text_encoder"](ids)[0]
            down, mid = controlnet(noisy, times, context, edges, return_dict=False)
            predicted: Tensor = base["unet"](
                noisy,
                times,
                context,
                down_block_additional_residuals=down,
                mid_block_additional_residual=mid,
            ).sample
            return predicted

        errors, _ = denoising_errors(predict, Noised.draw(view.latents, random).to(device), kept)
        return errors.mean()

    base.to(device, memory_format=torch.channels_last).requires_grad_(False).eval()
    controlnet.to(device, memory_format=torch.channels_last).train()
    plan = denoiser_plan(settings.extras_budget, settings.extras_rate)
    return fit(controlnet, loss, plan, state, settings.save_minutes, report)
