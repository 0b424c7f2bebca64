"""What the embedded base's ControlNet and IP-Adapter do, measured in stock diffusers pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    ControlNetModel,
    DPMSolverMultistepScheduler,
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionPipeline,
)
from numpy.typing import NDArray
from PIL import Image

from stylecli_metrics.pictures import lab_square
from stylecli_tiny.recipe.controlnet import canny

SIDE = 256
STRENGTH = 0.7
STEPS = 20
GUIDANCE = 3.0
IP_SCALES = (0.0, 0.4, 0.8)
Sheet = list[list[tuple[Image.Image, str]]]


def controlnet_effect(
    pipeline_folder: Path, controlnet_folder: Path, photos: Sequence[Image.Image]
) -> tuple[dict[float, float], Sheet]:
    """Gradient correlation of repainted photographs with their photographs by ControlNet scale.

    Squares of 256 px, prompt "a painting", strength 0.7, one seed a photograph.
    """
    pipeline = StableDiffusionControlNetImg2ImgPipeline.from_pretrained(
        pipeline_folder,
        controlnet=ControlNetModel.from_pretrained(controlnet_folder),
        safety_checker=None,
    )
    _prepare(pipeline)
    squares = [_square(photo) for photo in photos]
    edges = [Image.fromarray(canny(np.asarray(photo))).convert("RGB") for photo in squares]
    sheet: Sheet = [[(photo, "photo")] for photo in squares]
    figures = {}
    for scale in (0.0, 0.5, 1.0):
        outputs = [
            pipeline(
                "a painting",
                image=photo,
                control_image=edge,
                strength=STRENGTH,
                num_inference_steps=STEPS,
                guidance_scale=GUIDANCE,
                controlnet_conditioning_scale=scale,
                generator=torch.Generator().manual_seed(number),
            ).images[0]
            for number, (photo, edge) in enumerate(zip(squares, edges, strict=True))
        ]
        figures[scale] = float(np.mean(list(map(gradient_correlation, outputs, squares))))
        for row, output in zip(sheet, outputs, strict=True):
            row.append((output, f"ControlNet {scale:g}"))
    return figures, sheet


def ip_adapter_effect(
    pipeline_folder: Path, adapter_folder: Path, prompts: Sequence[Image.Image]
) -> tuple[dict[float, tuple[float, float]], Sheet]:
    """How near pictures are to their image prompt, by the adapter's scale: palette, composition.

    Text-to-image at 256 px, prompt "a painting", one seed a picture.
    """
    pipeline = StableDiffusionPipeline.from_pretrained(pipeline_folder, safety_checker=None)
    pipeline.load_ip_adapter(
        str(adapter_folder), subfolder="", weight_name="ip-adapter.safetensors"
    )
    _prepare(pipeline)
    squares = [_square(prompt) for prompt in prompts]
    sheet: Sheet = [[(prompt, "image prompt")] for prompt in squares]
    figures = {}
    for scale in IP_SCALES:
        pipeline.set_ip_adapter_scale(scale)
        outputs = [
            pipeline(
                "a painting",
                ip_adapter_image=prompt,
                height=SIDE,
                width=SIDE,
                num_inference_steps=STEPS,
                guidance_scale=GUIDANCE,
                generator=torch.Generator().manual_seed(number),
            ).images[0]
            for number, prompt in enumerate(squares)
        ]
        figures[scale] = (
            float(np.mean(list(map(palette_distance, outputs, squares)))),
            float(np.mean(list(map(composition_correlation, outputs, squares)))),
        )
        for row, output in zip(sheet, outputs, strict=True):
            row.append((output, f"scale {scale:g}"))
    return figures, sheet


def gradient_correlation(a: Image.Image, b: Image.Image) -> float:
    """Pearson correlation of the gradient magnitudes of L*, -1 to 1: are the edges at the same places?"""
    return _correlation(*(_gradients(lab_square(np.asarray(x), SIDE)[..., 0]) for x in (a, b)))


def palette_distance(a: Image.Image, b: Image.Image) -> float:
    """Wasserstein-1 distance of the pixels' Lab colours, mean over 32 directions, in units of Lab."""
    directions = np.random.default_rng(0).normal(size=(3, 32))
    directions /= np.linalg.norm(directions, axis=0)
    lines = [
        np.sort(lab_square(np.asarray(x), 64).reshape(-1, 3) @ directions, axis=0) for x in (a, b)
    ]
    return float(np.abs(lines[0] - lines[1]).mean())


def composition_correlation(a: Image.Image, b: Image.Image) -> float:
    """Pearson correlation of 8 x 8 thumbnails in Lab, each channel's mean taken away, -1 to 1."""
    small = [lab_square(np.asarray(x), 8) for x in (a, b)]
    return _correlation(*(x - x.mean((0, 1)) for x in small))


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def _gradients(lightness: NDArray[np.float64]) -> NDArray[np.float64]:
    across, down = np.gradient(lightness)
    return np.hypot(across, down)


def _square(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    cut = picture.crop((left, top, left + side, top + side))
    return cut.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _prepare(pipeline: StableDiffusionPipeline) -> None:
    pipeline.scheduler = DPMSolverMultistepScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
