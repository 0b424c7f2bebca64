from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.spec import BaseSpec
from stylecli.datasets.folder import read_dataset
from stylecli.progress import silent
from stylecli.styles.style import Prompt, ScaledStyle, Style
from stylecli.training.cache import TensorCache
from stylecli.training.run import TrainRun
from stylecli_lsast.options import LsastTraining
from stylecli_lsast.prompts import KEY


@pytest.fixture
def base(mini_spec: BaseSpec, mini_folder: Path, mini_controlnet: Path) -> Base:
    spec = replace(mini_spec, controlnets={"canny": mini_controlnet})
    return load_base(spec, mini_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def make_run(base: Base, paintings: Path, tmp_path: Path) -> Callable[..., TrainRun]:
    """A short run on six pictures; options by name."""

    def make(folder: str = "run", resume: bool = False, **options: object) -> TrainRun:
        quick: dict[str, object] = {
            "steps": 3,
            "batch_size": 2,
            "resolution": 32,
            "learning_rate": 0.01,
            "preview_every": 0,
            "checkpoint_every": 0,
            "precision": "fp32",
        }
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        return TrainRun(
            name="monet",
            method="lsast",
            base=base,
            dataset=read_dataset(paintings),
            prompt=Prompt("*", "*"),
            options=LsastTraining(**{**quick, **options}),
            transfer={},
            seed=3,
            folder=place,
            cache=TensorCache(tmp_path / "cache"),
            resume=resume,
            progress=silent,
        )

    return make


@pytest.fixture
def made_style() -> Callable[..., ScaledStyle]:
    """A style of random prompts for the miniature base, at a scale."""

    def make(
        scale: float = 1.0, seed: int = 0, shape: tuple[int, ...] = (10, 3, 32)
    ) -> ScaledStyle:
        vectors = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        style = Style(f"random-{seed}", "lsast", "sd15", {KEY: vectors}, Prompt("*", "*"))
        return ScaledStyle(style, scale)

    return make
