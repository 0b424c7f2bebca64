from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import Conditions
from stylecli.bases.spec import BaseSpec
from stylecli.training.examples import Encoded, Examples
from stylecli.training.options import TrainingOptions


@pytest.fixture
def base(mini_spec: BaseSpec, mini_folder: Path) -> Base:
    return load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def random_examples() -> Callable[..., Examples]:
    """Makes examples out of random latents of 8 x 8 cells, with contexts of width 32."""

    def make(count: int, options: TrainingOptions, crop_cells: int = 8) -> Examples:
        random = torch.Generator().manual_seed(11)
        pictures = [
            Encoded(
                torch.randn(2, 4, 8, 8, generator=random).half(),
                torch.full((2, 4, 8, 8), 0.1).half(),
            )
            for _ in range(count)
        ]
        captions = [f"picture {number}" for number in range(count)]
        contexts = {
            text: Conditions(torch.randn(1, 77, 32, generator=random))
            for text in [*captions, "p", ""]
        }
        return Examples(pictures, captions, contexts, "p", crop_cells, options)

    return make
