from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.spec import BaseSpec
from stylecli.datasets.folder import read_dataset
from stylecli.progress import Event
from stylecli.styles.style import Prompt
from stylecli.training.cache import TensorCache
from stylecli.training.run import TrainRun
from stylecli_dreambooth.options import DreamboothOptions


@pytest.fixture
def base(mini_spec: BaseSpec, mini_folder: Path) -> Base:
    return load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def told() -> list[Event]:
    """What runs report."""
    return []


@pytest.fixture
def make_run(
    base: Base, paintings: Path, tmp_path: Path, told: list[Event]
) -> Callable[..., TrainRun]:
    """A short run on six pictures; options by name."""

    def make(folder: str = "run", resume: bool = False, **options: object) -> TrainRun:
        quick: dict[str, object] = {
            "steps": 3,
            "batch_size": 2,
            "resolution": 32,
            "learning_rate": 1e-3,
            "optimizer": "adamw",
            "class_steps": 2,
            "preview_every": 0,
            "checkpoint_every": 0,
            "precision": "fp32",
        }
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        return TrainRun(
            name="monet",
            method="dreambooth",
            base=base,
            dataset=read_dataset(paintings),
            prompt=Prompt("monet style,"),
            options=DreamboothOptions(**{**quick, **options}),
            transfer={"steps": 4, "strength": 0.75, "guidance": 3.0, "size": 64},
            seed=3,
            folder=place,
            cache=TensorCache(tmp_path / "cache"),
            resume=resume,
            progress=told.append,
        )

    return make
