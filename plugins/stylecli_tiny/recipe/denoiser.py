"""The U-Net and the text encoder of the smaller form, and their training together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from stylecli_tiny.recipe.denoising import (
    Noised,
    TokenIds,
    build_scheduler,
    denoiser_plan,
    denoising_errors,
)
from stylecli_tiny.recipe.fit import fit
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.settings import Settings, Sizes
from stylecli_tiny.recipe.views import Views


def build_unet(sizes: Sizes) -> UNet2DConditionModel:
    """An untrained U-Net that predicts 0: every residual branch ends in zeros."""
    plain = len(sizes.unet_channels) - 2
    unet = UNet2DConditionModel(
        sample_size=sizes.sample_size,
        in_channels=sizes.latent_channels,
        out_channels=sizes.latent_channels,
        block_out_channels=sizes.unet_channels,
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * plain + ("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2 + ("UpBlock2D",) * plain,
        cross_attention_dim=sizes.text_width,
        attention_head_dim=4,
        norm_num_groups=16,
    )
    with torch.no_grad():
        for name, module in unet.named_modules():
            if name.endswith(("conv2", "proj_out", "conv_out")):
                module.weight.zero_()
                module.bias.zero_()
    return unet


def build_text_encoder(sizes: Sizes, tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """An untrained text encoder for the tokenizer's vocabulary."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=sizes.text_width,
            intermediate_size=4 * sizes.text_width,
            projection_dim=sizes.text_width,
            num_hidden_layers=sizes.text_layers,
            num_attention_heads=sizes.text_heads,
            max_position_embeddings=tokenizer.model_max_length,
            hidden_act="quick_gelu",
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def predictor(networks: nn.ModuleDict, ids: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """What ``unet`` says to the prompts that `ids` are, as ``text_encoder`` reads them."""

    def predict(noisy: Tensor, times: Tensor) -> Tensor:
        context = networks["text_encoder"](ids)[0]
        predicted: Tensor = networks["unet"](noisy, times, context).sample
        return predicted

    return predict


def train_denoiser(
    networks: nn.ModuleDict,
    tokenizer: CLIPTokenizer,
    latents: Pack,
    settings: Settings,
    state: Path,
    device: torch.device,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """Train ``unet`` and ``text_encoder`` of `networks`; return their averaged copies."""
    views = Views(latents, settings.sizes.views, settings.sizes.unet_batch)
    kept: Tensor = build_scheduler().alphas_cumprod.to(device)
    ids_of = TokenIds(tokenizer)

    def loss(step: int, _progress: float) -> Tensor:
        random = np.random.default_rng([settings.seed, step])
        view = views.draw(random)
        noised = Noised.draw(view.latents, random).to(device)
        ids = ids_of(view.captions).to(device)
        errors, weights = denoising_errors(predictor(networks, ids), noised, kept)
        return (errors * weights).mean()

    plan = denoiser_plan(settings.unet_budget, settings.unet_rate)
    networks.to(device, memory_format=torch.channels_last).train()
    return fit(networks, loss, plan, state, settings.save_minutes, report)
