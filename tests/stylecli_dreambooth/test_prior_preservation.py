"""What prior preservation is for: the base goes on painting the class as it did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.lora import apply_styles
from stylecli.datasets.folder import read_dataset
from stylecli.demo.materials import paint_style_pictures
from stylecli.progress import silent
from stylecli.registry import load_registry
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.text2image import paint_prompts
from stylecli.styles.style import Prompt, ScaledStyle, Style
from stylecli.training.cache import TensorCache
from stylecli.training.run import TrainRun
from stylecli_dreambooth.method import Dreambooth
from stylecli_dreambooth.options import DreamboothOptions

CLASS = "a painting"


def learnt(base: Base, pictures: Path, folder: Path, cache: Path, prior: bool) -> Style:
    folder.mkdir()
    options = DreamboothOptions(
        steps=40,
        batch_size=4,
        resolution=96,
        crop="random",
        crop_size=64,
        learning_rate=3e-4,
        optimizer="adamw",
        prior_preservation=prior,
        class_prompt=CLASS,
        class_pictures=8,
        class_steps=8,
        class_guidance=3.0,
        class_scheduler="dpm++",
        class_batch_size=8,
        train_norms=False,
        preview_every=0,
        save_every=0,
        checkpoint_every=0,
        precision="fp32",
    )
    run = TrainRun(
        name="painter",
        method="dreambooth",
        base=base,
        dataset=read_dataset(pictures),
        prompt=Prompt("the painter's painting,"),
        options=options,
        transfer={},
        seed=0,
        folder=folder,
        cache=TensorCache(cache),
        resume=False,
        progress=silent,
    )
    return Dreambooth().train(run)


def painted(base: Base, styles: list[ScaledStyle], prompt: str) -> np.ndarray:
    """What is painted of a prompt, without any words of the style."""
    apply_styles(base, styles)
    options = SamplingOptions(steps=8, guidance=3.0, size=96)
    images = paint_prompts(base, [prompt] * 3, [11, 12, 13], options)
    return np.stack([np.asarray(image, np.float32) for image in images])


def test_the_class_drifts_without_it_and_less_with_it(tmp_path: Path):
    spec = load_registry().bases["tiny"]
    base = load_base(spec, Path(spec.source), "fp32", torch.device("cpu"))
    paint_style_pictures(tmp_path / "painter", 6, silent, (112, 96))
    before = painted(base, [], CLASS)
    drifts = {}
    for prior in (True, False):
        folder = tmp_path / f"prior-{prior}"
        style = learnt(base, tmp_path / "painter", folder, tmp_path / "cache", prior)
        drifts[prior] = float(np.abs(painted(base, [ScaledStyle(style)], CLASS) - before).mean())
    assert drifts[False] > 5, "without it the class does not drift at all: nothing is tested"
    assert drifts[True] < 0.8 * drifts[False]
