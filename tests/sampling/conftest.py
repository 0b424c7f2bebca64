from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.lora import remove_lora, to_kohya
from stylecli.bases.spec import BaseSpec
from stylecli.loras.module import LoraModule
from stylecli.styles.style import Prompt, ScaledStyle, Style


@pytest.fixture(scope="session")
def loaded_base(mini_spec: BaseSpec, mini_folder: Path) -> Base:
    return load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def base(loaded_base: Base) -> Base:
    """The miniature base, bare."""
    remove_lora(loaded_base)
    return loaded_base


@pytest.fixture
def styled(base: Base) -> Callable[..., ScaledStyle]:
    """A strong random style of the miniature base, at a scale."""

    def make(scale: float = 1.0, prompt: Prompt | None = None) -> ScaledStyle:
        random = torch.Generator().manual_seed(3)
        modules = {
            path: LoraModule(
                torch.randn(2, into, *kernel, generator=random),
                torch.randn(out, 2, *(1 for _ in kernel), generator=random),
                1.0,
            )
            for path, (out, into, *kernel) in sorted(base.modules["unet"].items())
            if path.endswith(("to_k", "to_v", "conv1"))
        }
        style = Style(
            "strong", "lora-sdedit", "sd15", to_kohya({"unet": modules}, base), prompt or Prompt()
        )
        return ScaledStyle(style, scale)

    return make
