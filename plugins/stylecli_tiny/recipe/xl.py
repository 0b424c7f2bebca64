"""tiny-xl: the same base in the form of Stable Diffusion XL, grown out of the smaller form.

Two text encoders whose next-to-last layers stand side by side, the second one's pooled output and
the picture's size and crop beside the timestep (Podell et al. 2023), and no fourth level. The first
text encoder, the tokenizer and the VAE are the ones of the base that it grows out of, unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

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
from stylecli_tiny.recipe.views import View, Views

_TIME_IDS = 6
"""Original height and width, top and left of the crop, target height and width; in pixels."""
_ZEROED = 0.5
"""Share of the empty captions that are zeros instead: pipelines of this form use zeros."""


def build_xl_unet(sizes: Sizes, small: UNet2DConditionModel) -> UNet2DConditionModel:
    """A U-Net of SDXL's form that begins with what `small` knows at its levels but the last."""
    levels = sizes.unet_channels[:-1]
    heads = [max(1, channels // 32) for channels in levels]
    unet = UNet2DConditionModel(
        sample_size=sizes.sample_size,
        in_channels=sizes.latent_channels,
        out_channels=sizes.latent_channels,
        block_out_channels=levels,
        layers_per_block=1,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * (len(levels) - 1),
        up_block_types=("CrossAttnUpBlock2D",) * (len(levels) - 1) + ("UpBlock2D",),
        cross_attention_dim=sizes.text_width + sizes.xl_text_width,
        attention_head_dim=heads,
        use_linear_projection=True,
        norm_num_groups=16,
        addition_embed_type="text_time",
        addition_time_embed_dim=sizes.xl_size_width,
        projection_class_embeddings_input_dim=sizes.xl_projection + _TIME_IDS * sizes.xl_size_width,
    )
    with torch.no_grad():
        for name, module in unet.named_modules():
            if name.endswith(
                ("conv2", "proj_out", "to_out.0", "ff.net.2", "add_embedding.linear_2")
            ):
                module.weight.zero_()
                module.bias.zero_()
        _copy_known(unet, small)
    return unet


def _copy_known(unet: UNet2DConditionModel, small: UNet2DConditionModel) -> None:
    """Take over every weight of `small` that has a place: its lowest level has none."""
    known = small.state_dict()
    levels = len(unet.config.block_out_channels)
    for name, parameter in unet.named_parameters():
        theirs = name
        for level in reversed(range(levels)):
            theirs = theirs.replace(f"up_blocks.{level}.", f"up_blocks.{level + 1}.")
        if theirs not in known:
            continue
        value = known[theirs]
        if value.ndim == 4 and parameter.ndim == 2:
            value = value[:, :, 0, 0]
        if value.shape == parameter.shape:
            parameter.copy_(value)
        elif name.endswith(("attn2.to_k.weight", "attn2.to_v.weight")):
            # The first encoder's columns come first; what the second says means nothing yet.
            parameter.zero_()
            parameter[:, : value.shape[1]] = value


def build_second_text_encoder(
    sizes: Sizes, tokenizer: CLIPTokenizer
) -> CLIPTextModelWithProjection:
    """An untrained second text encoder, with the pooled output that SDXL's U-Net takes."""
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=sizes.xl_text_width,
            intermediate_size=4 * sizes.xl_text_width,
            projection_dim=sizes.xl_projection,
            num_hidden_layers=2,
            num_attention_heads=sizes.text_heads,
            max_position_embeddings=tokenizer.model_max_length,
            hidden_act="gelu",
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def time_ids(view: View, cells: int) -> Tensor:
    """What SDXL is told of each crop, ``(batch, 6)`` in pixels; a latent cell is `cells` of them."""
    height, width = view.latents.shape[2:]
    rows = [
        (place.full_height, place.full_width, place.top, place.left, height, width)
        for place in view.places
    ]
    return cells * torch.tensor(rows, dtype=torch.float32)


def xl_predictor(
    networks: nn.ModuleDict, text_encoder: Any, ids: Tensor, kept: Tensor, sizes: Tensor
) -> Callable[[Tensor, Tensor], Tensor]:
    """What the U-Net says to prompts, given as token numbers.

    `kept` is 1 for a prompt that counts and 0 for one that is zeros; `sizes` is as `time_ids`.
    """

    def predict(noisy: Tensor, times: Tensor) -> Tensor:
        with torch.no_grad():
            first = text_encoder(ids, output_hidden_states=True).hidden_states[-2]
        second = networks["text_encoder_2"](ids, output_hidden_states=True)
        context = torch.cat([first, second.hidden_states[-2]], -1) * kept.view(-1, 1, 1)
        beside = {"text_embeds": second.text_embeds * kept.view(-1, 1), "time_ids": sizes}
        predicted: Tensor = networks["unet"](noisy, times, context, added_cond_kwargs=beside).sample
        return predicted

    return predict


def train_xl(
    networks: nn.ModuleDict,
    text_encoder: Any,
    tokenizer: CLIPTokenizer,
    latents: Pack,
    settings: Settings,
    state: Path,
    device: torch.device,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """Train ``unet`` and ``text_encoder_2`` of `networks`; return their averaged copies."""
    views = Views(latents, settings.sizes.views, settings.sizes.unet_batch)
    alphas: Tensor = build_scheduler().alphas_cumprod.to(device)
    ids_of = TokenIds(tokenizer)
    cells = settings.sizes.cell_pixels

    def loss(step: int, _progress: float) -> Tensor:
        random = np.random.default_rng([settings.seed, step])
        view = views.draw(random)
        noised = Noised.draw(view.latents, random).to(device)
        counts = [bool(caption) or random.random() >= _ZEROED for caption in view.captions]
        predict = xl_predictor(
            networks,
            text_encoder,
            ids_of(view.captions).to(device),
            torch.tensor(counts, dtype=torch.float32, device=device),
            time_ids(view, cells).to(device),
        )
        errors, weights = denoising_errors(predict, noised, alphas)
        return (errors * weights).mean()

    plan = denoiser_plan(settings.xl_budget, settings.xl_rate)
    networks.to(device, memory_format=torch.channels_last).train()
    text_encoder.to(device).eval()
    return fit(networks, loss, plan, state, settings.save_minutes, report)
