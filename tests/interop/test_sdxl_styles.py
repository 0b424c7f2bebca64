"""What sdxl-lora learnt, in other programs: diffusers paints with it, and the key tables hold it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from test_sdxl_pictures import GUIDANCE, PROMPT, SEED, STEPS, same

from stylecli.bases.base import Base, load_base
from stylecli.bases.spec import BaseSpec
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.text2image import TextToImage
from stylecli.styles.format import read_style
from stylecli.styles.style import ScaledStyle

RunCli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def trained_xl(run_cli: RunCli, paintings: Path, mini_xl_folder: Path, home: Path) -> Path:
    code, _, errors = run_cli(
        *("train", paintings, "--method", "sdxl-lora", "--base", mini_xl_folder),
        *("--train-text-encoders", "--steps=4", "--resolution=64", "--learning-rate=0.05"),
        *("--rank=2", "--batch-size=2", "--warmup=0", "--preview-every=0", "--precision=fp32"),
        *("--prefix", "a"),
    )
    assert code == 0, errors
    return home / "styles" / "monet.safetensors"


@pytest.fixture
def base(mini_xl_folder: Path) -> Base:
    spec = BaseSpec(str(mini_xl_folder), "sdxl", mini_xl_folder, resolution=64)
    return load_base(spec, mini_xl_folder, "fp32", torch.device("cpu"))


def by_diffusers(folder: Path, weights: Path) -> np.ndarray:
    from diffusers import DDIMScheduler, StableDiffusionXLPipeline

    made = StableDiffusionXLPipeline.from_pretrained(folder)
    made.scheduler = DDIMScheduler.from_config(made.scheduler.config, clip_sample=False)
    made.set_progress_bar_config(disable=True)
    made.load_lora_weights(weights)
    assert set(made.get_list_adapters()) == {"unet", "text_encoder", "text_encoder_2"}
    image = made(
        PROMPT,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        height=64,
        width=64,
        generator=torch.Generator().manual_seed(SEED),
        output_type="np",
    ).images[0]
    return np.round(image * 255)


@pytest.mark.parametrize("layout", ["style", "kohya", "diffusers"])
def test_diffusers_paints_what_stylecli_paints(
    trained_xl: Path, base: Base, run_cli: RunCli, tmp_path: Path, mini_xl_folder: Path, layout: str
):
    path = trained_xl
    if layout != "style":
        path = tmp_path / f"{layout}.safetensors"
        code, _, errors = run_cli(
            "styles", "export", "monet", "--format", layout, "-o", path, "--base", mini_xl_folder
        )
        assert code == 0, errors
    style = read_style(trained_xl)
    options = SamplingOptions(steps=STEPS, scheduler="ddim", guidance=GUIDANCE)
    # The style's prefix is the prompt's own first word, so it is not put there again.
    [with_style] = TextToImage(base, [ScaledStyle(style)], options)([PROMPT], [SEED])
    [bare] = TextToImage(base, (), options)([PROMPT], [SEED])
    ours = np.asarray(with_style, dtype=float)
    assert same(ours, by_diffusers(mini_xl_folder, path))
    assert np.abs(ours - np.asarray(bare, dtype=float)).mean() > 1
