"""Writing the parts as one diffusers folder, in half precision and without local paths."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from diffusers import (
    AutoencoderKL,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from torch import nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from stylecli_tiny.recipe.denoising import build_scheduler
from stylecli_tiny.recipe.files import replace_atomically, write_atomically
from stylecli_tiny.spec import SHARED_PARTS

_TRACES = {"_name_or_path", "name_or_path", "is_local", "local_files_only", "tokenizer_file"}
"""Keys the libraries write that say where something was loaded from."""


def assemble(
    vae: AutoencoderKL,
    unet: UNet2DConditionModel,
    text_encoder: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    out: Path,
) -> None:
    """Write a StableDiffusionPipeline folder at `out`; an older pipeline there is overwritten."""
    _check_free(out)
    for network in (vae, unet, text_encoder):
        # diffusers' own half() warns of layers to keep in float32 even where there are none.
        nn.Module.half(network)
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(out)
    _clean_all(out)


def assemble_xl(
    vae: AutoencoderKL,
    unet: UNet2DConditionModel,
    text_encoder: CLIPTextModel,
    text_encoder_2: CLIPTextModelWithProjection,
    tokenizer: CLIPTokenizer,
    out: Path,
) -> None:
    """Write what a StableDiffusionXLPipeline folder has that the smaller pipeline has not.

    `SHARED_PARTS` says where the rest is; put together they are a whole folder.
    """
    _check_free(out)
    for network in (unet, text_encoder_2):
        nn.Module.half(network)
    pipeline = StableDiffusionXLPipeline(
        vae=vae,
        text_encoder=text_encoder,
        text_encoder_2=text_encoder_2,
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet,
        scheduler=build_scheduler(),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )
    pipeline.save_pretrained(out)
    for part in SHARED_PARTS:
        shutil.rmtree(out / part)
    _clean_all(out)


def assemble_extra(write: Callable[[Path], object], out: Path) -> None:
    """Let `write` make a folder of weights at `out`; an older one there is replaced."""
    shutil.rmtree(out, ignore_errors=True)
    replace_atomically(out, write)
    _clean_all(out)


def _check_free(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / "model_index.json").is_file():
        raise SystemExit(f"{out} has files that are not a pipeline's; choose another --out.")


def _clean_all(folder: Path) -> None:
    for config in sorted(folder.rglob("*.json")):
        _clean(config)


def _clean(config: Path) -> None:
    content = json.loads(config.read_text(encoding="utf-8"))
    if content.keys() & {"dtype", *_TRACES}:
        kept = {key: value for key, value in content.items() if key not in _TRACES}
        if "dtype" in kept:
            # transformers follows this where diffusers takes float32: they have to agree, so that
            # a pipeline loaded without a word about precision runs.
            kept["dtype"] = "float32"
        text = json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        write_atomically(config, text.encode())
