"""The two real architectures' modules, by name: what a LoRA of SD 1.5 and of SDXL can change."""

from __future__ import annotations

import pytest

from stylecli.bases.modules import modules_of_family
from stylecli.loras.module import ModuleShapes


@pytest.fixture(scope="session")
def real_modules() -> dict[str, ModuleShapes]:
    """Shapes by part and path of every linear layer and convolution, by family."""
    return {family: modules_of_family(family) for family in ("sd15", "sdxl")}
