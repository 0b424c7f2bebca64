"""The U-Net and the text encoder, and their training together.

v-prediction (Salimans and Ho 2022) on the cosine schedule (Nichol and Dhariwal 2021), each noise
level weighted by min-SNR 5 (Hang et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from stylecli_tiny.recipe.fit import Plan, fit
from stylecli_tiny.recipe.machine import autocast
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.settings import Settings, Sizes
from stylecli_tiny.recipe.views import Views

SNR_LIMIT = 5.0


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


def denoising_errors(
    networks: nn.ModuleDict, clean: Tensor, ids: Tensor, noise: Tensor, times: Tensor, kept: Tensor
) -> tuple[Tensor, Tensor]:
    """Mean squared error of v for each example, and its min-SNR weight; both of length batch.

    `clean` and `noise` are batch x channels x height x width, `times` are timesteps 0 to 999, and
    `kept` is the schedule's ``alphas_cumprod``.
    """
    signal = kept[times].view(-1, 1, 1, 1)
    noisy = signal.sqrt() * clean + (1 - signal).sqrt() * noise
    velocity = signal.sqrt() * noise - (1 - signal).sqrt() * clean
    with autocast(clean.device):
        context = networks["text_encoder"](ids)[0]
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        predicted = networks["unet"](noisy, times, context).sample
    errors = (predicted.float() - velocity).square().mean((1, 2, 3))
    ratio = (signal / (1 - signal)).flatten()
    # For v, min-SNR's weight min(SNR, limit) / SNR on noise becomes min(SNR, limit) / (SNR + 1).
    return errors, ratio.clamp(max=SNR_LIMIT) / (ratio + 1)


def draw_times(batch: int, generator: torch.Generator) -> Tensor:
    """Timesteps: four in five below 800, where photos are repainted, the rest from all 1000."""
    low = torch.rand(batch, generator=generator) < 0.8
    below = torch.randint(0, 800, (batch,), generator=generator)
    return torch.where(low, below, torch.randint(0, 1000, (batch,), generator=generator))


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
    known_ids: dict[str, Any] = {}

    def ids_of(captions: list[str]) -> Tensor:
        unknown = sorted(set(captions) - known_ids.keys())
        if unknown:
            known_ids.update(zip(unknown, tokenize(tokenizer, unknown), strict=True))
        return torch.stack([known_ids[caption] for caption in captions])

    def loss(step: int, _progress: float) -> Tensor:
        random = np.random.default_rng([settings.seed, step])
        clean, captions = views.draw(random)
        generator = torch.Generator().manual_seed(int(random.integers(2**63)))
        noise = torch.randn(clean.shape, generator=generator)
        times = draw_times(len(clean), generator)
        ids = ids_of(captions)
        errors, weights = denoising_errors(
            networks, clean.to(device), ids.to(device), noise.to(device), times.to(device), kept
        )
        return (errors * weights).mean()

    plan = Plan(
        budget=settings.unet_budget,
        peak_rate=settings.unet_rate,
        final_rate=0.03,
        warmup=80,
        weight_decay=0.01,
        averaging=0.998,
    )
    networks.to(device, memory_format=torch.channels_last).train()
    return fit(networks, loss, plan, state, settings.save_minutes, report)
