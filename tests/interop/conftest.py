"""Miniature pipelines of the two families, and LoRAs with random values for any of their modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch

from stylecli.bases.modules import modules_in
from stylecli.loras.module import LoraModule, LoraModules, ModuleShapes


@pytest.fixture(scope="session")
def mini_modules(mini_folder: Path) -> ModuleShapes:
    return modules_in(mini_folder, "sd15")


@pytest.fixture(scope="session")
def mini_xl_modules(mini_xl_folder: Path) -> ModuleShapes:
    return modules_in(mini_xl_folder, "sdxl")


MakeLora = Callable[..., LoraModules]


@pytest.fixture(scope="session")
def random_lora() -> MakeLora:
    """Makes a LoRA for the modules whose paths end in `ends`, ranks and alphas going up and down."""

    def make(
        shapes: ModuleShapes,
        ends: Mapping[str, tuple[str, ...]],
        *,
        alphas: tuple[float, ...] = (2.0,),
        ranks: tuple[int, ...] = (2,),
        seed: int = 0,
        size: float = 0.2,
    ) -> LoraModules:
        random = torch.Generator().manual_seed(seed)
        lora: dict[str, dict[str, LoraModule]] = {}
        for part, wanted in ends.items():
            lora[part] = {}
            for path, (out, into, *kernel) in sorted(shapes[part].items()):
                if path.endswith(wanted):
                    number = len(lora[part])
                    rank = ranks[number % len(ranks)]
                    down = torch.randn(rank, into, *kernel, generator=random) * size
                    up = torch.randn(out, rank, *(1 for _ in kernel), generator=random) * size
                    # Values that fp16 holds: files then differ in nothing but their layout.
                    alpha = alphas[number % len(alphas)]
                    lora[part][path] = LoraModule(down.half().float(), up.half().float(), alpha)
        return lora

    return make
