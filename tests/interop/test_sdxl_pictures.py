"""Bases of the SDXL family paint what diffusers' own pipelines paint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_diffusers_weights import TEXT, UNET, written

from stylecli.bases.base import Base, load_base
from stylecli.bases.lora import apply_styles
from stylecli.bases.modules import modules_in
from stylecli.bases.spec import BaseSpec
from stylecli.bases.words import WordVectors
from stylecli.errors import UsageError
from stylecli.images.tensors import to_tensor
from stylecli.sampling.options import SamplingOptions, SdeditOptions
from stylecli.sampling.sdedit import Sdedit
from stylecli.sampling.text2image import TextToImage
from stylecli.styles.format import read_style
from stylecli.styles.style import Prompt, ScaledStyle

PROMPT = "a house by the sea"
STEPS, GUIDANCE, SEED = 6, 5.0, 3


@pytest.fixture
def base(mini_xl_folder) -> Base:
    spec = BaseSpec(str(mini_xl_folder), "sdxl", mini_xl_folder, resolution=64)
    return load_base(spec, mini_xl_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def pipeline(mini_xl_folder):
    from diffusers import DDIMScheduler, StableDiffusionXLPipeline

    made = StableDiffusionXLPipeline.from_pretrained(mini_xl_folder)
    made.scheduler = DDIMScheduler.from_config(made.scheduler.config, clip_sample=False)
    made.set_progress_bar_config(disable=True)
    return made


def painted_by_diffusers(pipeline, negative: str | None = None) -> np.ndarray:
    image = pipeline(
        PROMPT,
        negative_prompt=negative,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        height=64,
        width=64,
        generator=torch.Generator().manual_seed(SEED),
        output_type="np",
    ).images[0]
    return np.round(image * 255)


def painted_here(base: Base, *styles: ScaledStyle, negative: str = "") -> np.ndarray:
    options = SamplingOptions(
        steps=STEPS, scheduler="ddim", guidance=GUIDANCE, negative_prompt=negative
    )
    [image] = TextToImage(base, styles, options)([PROMPT], [SEED])
    return np.asarray(image, dtype=float)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    # A value that lies on the edge between two levels may fall on either side.
    return np.abs(one - other).max() <= 1


@pytest.mark.parametrize("negative", [None, "rain"])
def test_without_a_style_both_paint_the_same(base: Base, pipeline, negative: str | None):
    """An empty negative prompt says nothing at all: zeros."""
    ours = painted_here(base, negative=negative or "")
    assert same(ours, painted_by_diffusers(pipeline, negative))


def test_a_file_for_three_parts_does_the_same_in_both(
    base: Base, pipeline, mini_xl_folder, random_lora, tmp_path
):
    shapes = modules_in(mini_xl_folder, "sdxl")
    ends = {"unet": UNET, "text_encoder": TEXT, "text_encoder_2": TEXT}
    path = written(random_lora(shapes, ends, alphas=(2.0,), ranks=(2,)), "sdxl", shapes, tmp_path)
    bare = painted_here(base)
    ours = painted_here(base, ScaledStyle(replace(read_style(path), prompt=Prompt())))
    pipeline.load_lora_weights(path)
    assert same(ours, painted_by_diffusers(pipeline))
    assert np.abs(ours - bare).mean() > 2


def test_a_photo_is_repainted_alike(base: Base, pipeline, picture):
    """diffusers draws a sample of the photo's latents where we take their mean, so it is given ours."""
    from diffusers import StableDiffusionXLImg2ImgPipeline

    photo = picture(1, (64, 64))
    options = SdeditOptions(steps=STEPS, scheduler="ddim", guidance=GUIDANCE, strength=0.5)
    [ours] = Sdedit(base, (), options)([photo], [PROMPT], [SEED])
    apply_styles(base, [])
    latents, _ = base.encode(to_tensor([photo]))
    repaint = StableDiffusionXLImg2ImgPipeline(**pipeline.components)
    repaint.set_progress_bar_config(disable=True)
    theirs = repaint(
        PROMPT,
        image=latents,
        strength=0.5,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        original_size=(64, 64),
        target_size=(64, 64),
        generator=torch.Generator().manual_seed(SEED),
        output_type="np",
    ).images[0]
    assert same(np.asarray(ours, dtype=float), np.round(theirs * 255))


def test_pictures_of_any_shape_are_told_their_own_size(base: Base, monkeypatch):
    told = []
    denoiser = base.denoiser
    forward = denoiser.forward

    def watched(*args, **kwargs):
        told.append(kwargs["added_cond_kwargs"]["time_ids"].tolist())
        return forward(*args, **kwargs)

    monkeypatch.setattr(denoiser, "forward", watched)
    cell = base.pixels_per_latent
    latents = torch.zeros(2, 4, 12, 8)
    conditions = base.contexts(["a", "b"])
    with torch.no_grad():
        base.predict(latents, torch.tensor([5, 5]), conditions)
        own = torch.tensor([[9.0, 8, 7, 6, 5, 4]])
        sized = replace(conditions, added={**conditions.added, "time_ids": own.expand(2, -1)})
        base.predict(latents, torch.tensor([5, 5]), sized)
    whole = [12 * cell, 8 * cell, 0, 0, 12 * cell, 8 * cell]
    assert told == [[whole, whole], [own[0].tolist()] * 2]


def test_both_encoders_are_part_of_the_hash_and_learn(base: Base, mini_xl_folder, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    said = base.contexts(["a house"], trainable=True)
    assert said.context.shape[-1] == 64
    for part in ("text_encoder", "text_encoder_2"):
        getattr(base, part).requires_grad_(True)
    again = base.contexts(["a house"], trainable=True)
    (again.context.sum() + again.added["text_embeds"].sum()).backward()
    for part in ("text_encoder", "text_encoder_2"):
        assert any(value.grad is not None for value in getattr(base, part).parameters())
    folder = tmp_path / "other"
    shutil.copytree(mini_xl_folder, folder)
    file = folder / "text_encoder_2" / "model.safetensors"
    tensors = load_file(file)
    first = next(iter(tensors))
    save_file({**tensors, first: tensors[first] + 1}, file, metadata={"format": "pt"})
    other = load_base(replace(base.spec, source=folder), folder, "fp32", torch.device("cpu"))
    assert other.text_encoder_hash != base.text_encoder_hash


def test_learnt_words_are_refused(base: Base):
    vectors = WordVectors("house", torch.zeros(1, 32))
    with pytest.raises(UsageError, match="one text encoder"):
        base.contexts(["a house"], vectors)
