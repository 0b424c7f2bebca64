from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.lora import to_kohya
from stylecli.bases.spec import BaseSpec
from stylecli.loras.module import LoraModule
from stylecli.styles.style import Provenance, Style

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")


@pytest.fixture
def base(mini_spec: BaseSpec, mini_folder: Path) -> Base:
    return load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def seeing(mini_spec: BaseSpec, mini_folder: Path, mini_ip_adapter: Path) -> Base:
    """The miniature base with an IP-Adapter of its own."""
    spec = replace(mini_spec, ip_adapter=mini_ip_adapter)
    return load_base(spec, mini_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def make_style(base: Base) -> Callable[..., Style]:
    """Makes a random LoRA style for the miniature base."""

    def make(
        seed: int = 0, targets: tuple[str, ...] = ATTENTION, rank: int = 2, alpha: float = 1.0
    ) -> Style:
        random = torch.Generator().manual_seed(seed)
        modules = {}
        for path, (out, into, *kernel) in sorted(base.modules["unet"].items()):
            if path.endswith(targets):
                down = torch.randn(rank, into, *kernel, generator=random) * 0.3
                up = torch.randn(out, rank, *(1 for _ in kernel), generator=random) * 0.3
                modules[path] = LoraModule(down, up, alpha)
        provenance = Provenance(base="mini", resolution=64, created="2026-01-01T00:00:00+00:00")
        return Style(
            f"s{seed}",
            "lora-sdedit",
            "sd15",
            to_kohya({"unet": modules}, base),
            provenance=provenance,
        )

    return make


@pytest.fixture
def prediction(base: Base) -> Callable[[], torch.Tensor]:
    """What the denoiser, as it stands, makes of a fixed input."""
    random = torch.Generator().manual_seed(7)
    latents = torch.randn(2, 4, 8, 8, generator=random)
    conditions = base.contexts(["a house", "a tree"])

    def predict() -> torch.Tensor:
        with torch.no_grad():
            return base.predict(latents, torch.tensor([100, 700]), conditions)

    return predict
