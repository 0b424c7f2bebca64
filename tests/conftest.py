"""What tests share: a miniature base of the true architecture, pictures, a home of their own."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from stylecli.bases.spec import BaseSpec
from stylecli.cli.app import main
from stylecli.testing.mini_adapters import write_mini_controlnet, write_mini_ip_adapter
from stylecli.testing.mini_sd15 import write_mini_sd15
from stylecli.testing.mini_sdxl import write_mini_sdxl
from stylecli.testing.pictures import smooth_picture

if TYPE_CHECKING:
    import torch

TINY = Path(__file__).parents[1] / "plugins" / "stylecli_tiny" / "pipeline"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    seed_all(1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call() -> None:
    seed_all(0)


def seed_all(seed: int) -> None:
    """Random numbers of a test are the same whichever ran before it, and in which process."""
    random.seed(seed)
    for module, seeding in (("numpy.random", "seed"), ("torch.random", "manual_seed")):
        if module in sys.modules:
            getattr(sys.modules[module], seeding)(seed)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh stylecli home; the hub is out of reach."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("STYLECLI_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("STYLECLI_PLUGINS", raising=False)
    return folder


@pytest.fixture(scope="session")
def mini_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder with random weights: SD 1.5's architecture, as small as it gets."""
    folder = tmp_path_factory.mktemp("bases") / "mini"
    write_mini_sd15(folder, TINY / "tokenizer")
    return folder


@pytest.fixture(scope="session")
def mini_xl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of SDXL's. Works at 64 px, 1 px a latent cell."""
    folder = tmp_path_factory.mktemp("bases") / "mini-xl"
    write_mini_sdxl(folder, TINY / "tokenizer")
    return folder


@pytest.fixture(scope="session")
def mini_controlnet(mini_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ControlNet for the miniature base, with random weights that do something."""
    folder = tmp_path_factory.mktemp("controlnets") / "canny"
    write_mini_controlnet(folder, mini_folder)
    return folder


@pytest.fixture(scope="session")
def mini_ip_adapter(mini_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An IP-Adapter for the miniature base, with random weights that do something."""
    folder = tmp_path_factory.mktemp("adapters") / "ip-adapter"
    write_mini_ip_adapter(folder, mini_folder)
    return folder


@pytest.fixture(scope="session")
def overflowing_vae(mini_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature base with an autoencoder that overflows in fp16, as SDXL's does; fp32 sees no difference."""
    from diffusers import AutoencoderKL

    folder = tmp_path_factory.mktemp("bases") / "overflowing"
    shutil.copytree(mini_folder, folder)
    vae = AutoencoderKL.from_pretrained(folder / "vae")
    for half in (vae.encoder, vae.decoder):
        enlarge(half.mid_block.resnets[0].conv1)
    vae.save_pretrained(folder / "vae")
    return folder


@pytest.fixture(scope="session")
def overflowing_unet(mini_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature base with a denoiser that overflows in fp16."""
    from diffusers import UNet2DConditionModel

    folder = tmp_path_factory.mktemp("bases") / "overflowing"
    shutil.copytree(mini_folder, folder)
    unet = UNet2DConditionModel.from_pretrained(folder / "unet")
    block = unet.mid_block.resnets[0]
    enlarge(block.conv1)
    enlarge(block.time_emb_proj)
    unet.save_pretrained(folder / "unet")
    return folder


def enlarge(layer: torch.nn.Module) -> None:
    """Let a layer's results be too large for fp16, though its weights are not; a norm follows, and undoes it."""
    for parameter in layer.parameters():
        parameter.data *= 1e5


@pytest.fixture(scope="session")
def mini_spec(mini_folder: Path) -> BaseSpec:
    """The miniature base: predicts noise, works at 64 px, 2 px a latent cell."""
    return BaseSpec(name=str(mini_folder), family="sd15", source=mini_folder, resolution=64)


@pytest.fixture
def picture() -> Callable[..., Image.Image]:
    """Makes a smooth random RGB picture: ``picture(seed, (width, height))``."""
    return smooth_picture


@pytest.fixture
def paintings(tmp_path: Path, picture: Callable[..., Image.Image]) -> Path:
    """A folder of six small style pictures with WikiArt's kind of names."""
    folder = tmp_path / "monet"
    folder.mkdir()
    for number in range(6):
        picture(number, (80 + 8 * number, 72)).save(
            folder / f"claude-monet_water-lilies-{1900 + number}.png"
        )
    return folder


@pytest.fixture
def run_cli(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the program in this process: ``run_cli("styles", "list")`` gives code, stdout, stderr."""

    def run(*args: object) -> tuple[int, str, str]:
        code = main([str(arg) for arg in args])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def trained(
    run_cli: Callable[..., tuple[int, str, str]], paintings: Path, mini_folder: Path
) -> str:
    """The name of a style trained for three steps on the miniature base."""
    code, _, errors = run_cli("train", paintings, "--base", mini_folder, *SHORT_RUN)
    assert code == 0, errors
    return "monet"


SHORT_RUN: Sequence[str] = (
    "--steps",
    "3",
    "--resolution",
    "32",
    "--batch-size",
    "2",
    "--rank",
    "2",
    "--learning-rate",
    "0.01",
    "--preview-every",
    "0",
)


@pytest.fixture(scope="session")
def tiny_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the embedded base's folder, to be damaged."""
    folder = tmp_path_factory.mktemp("bases") / "tiny"
    shutil.copytree(TINY, folder)
    return folder
