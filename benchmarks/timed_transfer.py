"""What repainting a photo costs: our SDEdit, and the stock img2img pipeline with the same LoRA."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from random_pictures import random_picture
from step_timer import OutOfTime
from stylecli.bases.base import load_base
from stylecli.bases.folder import family_of
from stylecli.bases.locate import find_spec, folder_of
from stylecli.bases.modules import modules_in
from stylecli.loras.kohya import to_kohya
from stylecli.loras.module import LoraModule
from stylecli.progress import silent
from stylecli.registry import load_registry
from stylecli.sampling.options import SdeditOptions
from stylecli.sampling.repaint import Job, Variant, repaint_files
from stylecli.sampling.schedulers import make_schedule
from stylecli.sampling.sdedit import Sdedit
from stylecli.styles.format import write_style
from stylecli.styles.style import Prompt, ScaledStyle, Style

RANK = 16
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
STRENGTH, STEPS, GUIDANCE = 0.5, 50, 7.5
PROMPT = "A painting"
METHODS = {"sd15": "lora-sdedit", "sdxl": "sdxl-lora"}


def random_style(folder: Path) -> Style:
    """A LoRA on the attention of a base's denoiser that changes little."""
    family = family_of(folder)
    modules = modules_in(folder, family)
    generator = torch.Generator().manual_seed(0)
    lora = {
        path: LoraModule(
            torch.randn(RANK, into, generator=generator) * 0.01,
            torch.randn(out, RANK, generator=generator) * 0.01,
            RANK,
        )
        for path, (out, into, *_) in modules["unet"].items()
        if path.endswith(ATTENTION)
    }
    tensors = to_kohya({"unet": lora}, family, modules, torch.float16)
    return Style("random", METHODS[family], family, tensors, Prompt(PROMPT))


def photos(count: int, side: int) -> list[Image.Image]:
    """Square pictures."""
    random = np.random.default_rng(0)
    return [random_picture(random, (side, side)) for _ in range(count)]


def ours(
    folder: Path, side: int, count: int, batch: int, precision: str, deadline: float
) -> dict[str, float]:
    """Photos repainted by the method's stylizer, in memory."""
    paint = _stylizer(folder, side, batch, precision)
    return _timed(
        lambda images: paint(images, [""] * len(images), list(range(len(images)))),
        photos(count, side),
        batch,
        deadline,
    )


def our_files(
    folder: Path, side: int, count: int, batch: int, precision: str, home: Path
) -> dict[str, float]:
    """The same with files: read, repainted, written as PNG with their record."""
    paint = _stylizer(folder, side, batch, precision)
    paint(photos(batch, side), [""] * batch, list(range(batch)))
    home.mkdir(parents=True)
    jobs = []
    for number, photo in enumerate(photos(count, side)):
        photo.save(home / f"{number}.jpg")
        jobs.append(Job(home / f"{number}.jpg", (home / f"{number}.png",)))
    started = time.perf_counter()
    made = repaint_files(
        *(jobs, [Variant("", paint, {})], "", 0),
        batch_size=batch,
        overwrite=False,
        progress=silent,
    )
    seconds = time.perf_counter() - started
    failed = [outcome.reason for outcome in made if outcome.status != "made"]
    if failed:
        raise RuntimeError(failed[0])
    return {"photos_per_second": count / seconds, "seconds_per_photo": seconds / count}


def stock(
    folder: Path, side: int, count: int, batch: int, precision: str, deadline: float
) -> dict[str, float]:
    """The same photos by diffusers' img2img pipeline, so many a call, all of it in one number type."""
    pipeline = _pipeline(folder, {"bf16": torch.bfloat16, "fp16": torch.float16}[precision])
    paint = partial(pipeline, strength=STRENGTH, num_inference_steps=STEPS, guidance_scale=GUIDANCE)

    def call(images: Sequence[Image.Image]) -> Any:
        return paint(prompt=[PROMPT] * len(images), image=list(images)).images

    return _timed(call, photos(count, side), batch, deadline)


def _stylizer(folder: Path, side: int, batch: int, precision: str) -> Sdedit:
    known = list(load_registry().bases.values())
    spec, folder = folder_of(find_spec(str(folder), known), silent)
    options = SdeditOptions(
        strength=STRENGTH, steps=STEPS, guidance=GUIDANCE, size=side, batch_size=batch
    )
    return Sdedit(load_base(spec, folder, precision), [ScaledStyle(random_style(folder))], options)  # type: ignore[arg-type]


def _pipeline(folder: Path, dtype: torch.dtype) -> Any:
    import tempfile

    from diffusers import (
        AutoencoderKL,
        DDPMScheduler,
        StableDiffusionImg2ImgPipeline,
        StableDiffusionXLImg2ImgPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    config = dict(DDPMScheduler.from_pretrained(folder / "scheduler").config)
    parts = {
        "vae": AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=dtype),
        "text_encoder": CLIPTextModel.from_pretrained(folder / "text_encoder", torch_dtype=dtype),
        "tokenizer": CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        "unet": UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=dtype),
        "scheduler": make_schedule("dpm++", config, STEPS, 1.0, "cpu").scheduler,
    }
    if family_of(folder) == "sdxl":
        second = CLIPTextModelWithProjection.from_pretrained(
            folder / "text_encoder_2", torch_dtype=dtype
        )
        pipeline = StableDiffusionXLImg2ImgPipeline(
            **parts,
            text_encoder_2=second,
            tokenizer_2=CLIPTokenizer.from_pretrained(folder / "tokenizer_2"),
            add_watermarker=False,
        )
    else:
        pipeline = StableDiffusionImg2ImgPipeline(
            **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
    pipeline.set_progress_bar_config(disable=True)
    with tempfile.TemporaryDirectory() as name:
        write_style(random_style(folder), Path(name) / "style.safetensors")
        pipeline.load_lora_weights(Path(name) / "style.safetensors")
    return pipeline.to("cuda" if torch.cuda.is_available() else "cpu")


def _timed(
    paint: Callable[[Sequence[Image.Image]], object],
    images: Sequence[Image.Image],
    batch: int,
    deadline: float,
) -> dict[str, float]:
    """Photos a second, so many a call; one call before, and none that would end past the deadline."""
    cuda = torch.cuda.is_available()
    paint(images[:batch])
    if cuda:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    started = time.perf_counter()
    done = 0
    for first in range(0, len(images), batch):
        done += len(images[first : first + batch])
        paint(images[first : first + batch])
        if time.perf_counter() > deadline:
            break
    if cuda:
        torch.cuda.synchronize()
    seconds = time.perf_counter() - started
    if not done:
        raise OutOfTime
    figures = {
        "photos_per_second": done / seconds,
        "seconds_per_photo": seconds / done,
        "photos": done,
    }
    if cuda:
        figures["peak_mb"] = torch.cuda.max_memory_allocated() / 1e6
    return figures
