"""The stages that build on a finished denoiser: the SDXL form, the ControlNet and the IP-Adapter."""

from __future__ import annotations

import shutil

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from stylecli_tiny.recipe.controlnet import build_controlnet, train_controlnet
from stylecli_tiny.recipe.denoising import build_scheduler
from stylecli_tiny.recipe.files import replace_atomically
from stylecli_tiny.recipe.ip_adapter import (
    add_adapter,
    cross_attentions,
    save_adapter,
    train_ip_adapter,
)
from stylecli_tiny.recipe.workshop import Workshop
from stylecli_tiny.recipe.xl import build_second_text_encoder, build_xl_unet, train_xl


def make_xl(shop: Workshop) -> None:
    """Train the SDXL form's own parts: ``unet-xl`` and ``text_encoder_2``."""
    folder, beside = shop.place("unet-xl"), shop.place("text_encoder_2")
    if folder.is_dir():
        return
    torch.manual_seed(shop.settings.seed)
    sizes, tokenizer = shop.settings.sizes, _tokenizer(shop)
    unet = build_xl_unet(sizes, shop.load(UNet2DConditionModel, "unet"))
    networks = nn.ModuleDict(
        {"unet": unet, "text_encoder_2": build_second_text_encoder(sizes, tokenizer)}
    )
    average = train_xl(
        networks,
        shop.load(CLIPTextModel, "text_encoder").requires_grad_(False),
        tokenizer,
        shop.pack("latents"),
        shop.settings,
        shop.place("xl.safetensors"),
        shop.device,
        shop.report,
    )
    shutil.rmtree(beside, ignore_errors=True)
    replace_atomically(beside, average["text_encoder_2"].save_pretrained)
    replace_atomically(folder, average["unet"].save_pretrained)


def make_controlnet(shop: Workshop) -> None:
    """Train the ControlNet: ``controlnet-canny``."""
    folder = shop.place("controlnet-canny")
    if folder.is_dir():
        return
    torch.manual_seed(shop.settings.seed)
    unet = shop.load(UNet2DConditionModel, "unet")
    text_encoder = shop.load(CLIPTextModel, "text_encoder")
    average = train_controlnet(
        build_controlnet(unet, len(shop.settings.sizes.vae_channels)),
        nn.ModuleDict({"unet": unet, "text_encoder": text_encoder}),
        _tokenizer(shop),
        shop.pack("latents"),
        shop.pack("pictures"),
        shop.settings,
        shop.place("controlnet.safetensors"),
        shop.device,
        shop.report,
    )
    replace_atomically(folder, average.save_pretrained)


def make_ip_adapter(shop: Workshop) -> None:
    """Train the IP-Adapter and its image encoder: ``ip-adapter``."""
    folder = shop.place("ip-adapter")
    if folder.is_dir():
        return
    torch.manual_seed(shop.settings.seed)
    pipeline = StableDiffusionPipeline(
        vae=shop.load(AutoencoderKL, "vae"),
        text_encoder=shop.load(CLIPTextModel, "text_encoder"),
        tokenizer=_tokenizer(shop),
        unet=shop.load(UNet2DConditionModel, "unet"),
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    adapter = add_adapter(pipeline, shop.settings.sizes)
    average = train_ip_adapter(
        adapter,
        pipeline,
        shop.pack("latents"),
        shop.pack("pictures"),
        shop.settings,
        shop.place("ip-adapter.safetensors"),
        shop.device,
        shop.report,
    )
    numbers = [number for number, _ in cross_attentions(pipeline)]
    replace_atomically(folder, lambda part: save_adapter(average, numbers, part))


def _tokenizer(shop: Workshop) -> CLIPTokenizer:
    return CLIPTokenizer.from_pretrained(shop.part("tokenizer"))
