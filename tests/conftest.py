"""What tests share: a miniature base of the true architecture, pictures, a home of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from mini_xl import write_mini_xl
from stylecli.bases.spec import BaseSpec
from stylecli.cli.app import main

if TYPE_CHECKING:
    import torch

TINY = Path(__file__).parents[1] / "plugins" / "stylecli_tiny" / "pipeline"


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
    import torch
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    folder = tmp_path_factory.mktemp("bases") / "mini"
    tokenizer = CLIPTokenizer.from_pretrained(TINY / "tokenizer")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet = UNet2DConditionModel(
            sample_size=16,
            block_out_channels=(16, 32),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=32,
            attention_head_dim=4,
            norm_num_groups=8,
        )
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            block_out_channels=(16, 16),
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=8,
            sample_size=64,
        )
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                projection_dim=32,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )
    scheduler = DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        steps_offset=1,
        clip_sample=False,
    )
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def mini_xl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of SDXL's: see `mini_xl`. Works at 64 px, 1 px a latent cell."""
    folder = tmp_path_factory.mktemp("bases") / "mini-xl"
    write_mini_xl(folder, TINY / "tokenizer")
    return folder


@pytest.fixture(scope="session")
def mini_controlnet(mini_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ControlNet for the miniature base, with random weights that do something."""
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    folder = tmp_path_factory.mktemp("controlnets") / "canny"
    unet = UNet2DConditionModel.from_pretrained(mini_folder / "unet")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        controlnet = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(16, 32))
        for name, parameter in controlnet.named_parameters():
            # They are born with zeros there, as having nothing to say yet.
            if "controlnet_" in name and parameter.ndim > 1 and not parameter.any():
                torch.nn.init.normal_(parameter, std=0.3)
    controlnet.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def mini_ip_adapter(mini_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An IP-Adapter for the miniature base, with random weights that do something."""
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    folder = tmp_path_factory.mktemp("adapters") / "ip-adapter"
    unet = UNet2DConditionModel.from_pretrained(mini_folder / "unet")
    with torch.random.fork_rng():
        torch.manual_seed(2)
        CLIPVisionModelWithProjection(
            CLIPVisionConfig(
                hidden_size=16,
                intermediate_size=32,
                projection_dim=24,
                num_hidden_layers=1,
                num_attention_heads=2,
                image_size=16,
                patch_size=8,
                # Random weights as small as CLIP's would tell no picture from another.
                initializer_factor=10.0,
            )
        ).save_pretrained(folder / "image_encoder")
        tensors = {
            "image_proj.proj.weight": torch.randn(4 * 32, 24),
            "image_proj.proj.bias": torch.randn(4 * 32),
            "image_proj.norm.weight": torch.ones(32),
            "image_proj.norm.bias": torch.zeros(32),
        }
        for number, name in enumerate(unet.attn_processors):
            if name.endswith("attn2.processor"):
                tensors[f"ip_adapter.{number}.to_k_ip.weight"] = torch.randn(32, 32) * 0.2
                tensors[f"ip_adapter.{number}.to_v_ip.weight"] = torch.randn(32, 32) * 0.2
    save_file(tensors, folder / "ip-adapter.safetensors")
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

    def make(seed: int = 0, size: tuple[int, int] = (80, 64)) -> Image.Image:
        small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)

    return make


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
