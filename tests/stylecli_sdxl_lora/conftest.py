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
from stylecli_sdxl_lora.options import SdxlLoraOptions

QUICK: dict[str, object] = {
    "steps": 3,
    "batch_size": 2,
    "resolution": 64,
    "rank": 2,
    "learning_rate": 0.01,
    "warmup": 0,
    "preview_every": 0,
    "precision": "fp32",
    "save_precision": "fp32",
}


@pytest.fixture
def base(mini_xl_folder: Path) -> Base:
    spec = BaseSpec(str(mini_xl_folder), "sdxl", mini_xl_folder, resolution=64)
    return load_base(spec, mini_xl_folder, "fp32", torch.device("cpu"))


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
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        chosen = {**QUICK, **options}
        if "epochs" in options:
            chosen["steps"] = None
        return TrainRun(
            name="conan",
            method="sdxl-lora",
            base=base,
            dataset=read_dataset(paintings),
            prompt=Prompt("Still from the Anime,"),
            options=SdxlLoraOptions(**chosen),
            transfer={"steps": 3, "guidance": 2.0, "size": 64},
            seed=3,
            folder=place,
            cache=TensorCache(tmp_path / "cache"),
            resume=resume,
            progress=told.append,
        )

    return make


@pytest.fixture
def mini_base(mini_spec: BaseSpec, mini_folder: Path) -> Base:
    """The miniature base: predicts noise; latents of 2 px a cell."""
    return load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))
