"""Every weight as stock diffusers changes it, against ours, module by module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from stylecli.loras.kohya import to_kohya
from stylecli.loras.module import LoraModules
from stylecli.loras.names import bare
from stylecli.styles.format import write_style
from stylecli.styles.style import Style

UNET = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "proj_in",
    "proj_out",
    "ff.net.0.proj",
    "ff.net.2",
    "conv1",
    "conv2",
    "conv_shortcut",
    "time_emb_proj",
    "downsamplers.0.conv",
    "upsamplers.0.conv",
)
TEXT = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")


def changes_in(pipeline: Any) -> dict[tuple[str, str], torch.Tensor]:
    """What the LoRA that is loaded in a pipeline adds to each weight, as peft computes it."""
    found = {}
    for part in ("unet", "text_encoder", "text_encoder_2"):
        model = getattr(pipeline, part, None)
        for path, layer in model.named_modules() if model is not None else ():
            if hasattr(layer, "lora_A"):
                [name] = layer.lora_A
                found[part, bare(path)] = layer.get_delta_weight(name).detach()
    return found


def check(pipeline: Any, lora: LoraModules) -> None:
    found = changes_in(pipeline)
    wanted = {
        (part, path): module.delta()
        for part, found in lora.items()
        for path, module in found.items()
    }
    assert set(wanted) <= set(found)
    for place, delta in wanted.items():
        torch.testing.assert_close(found[place].view_as(delta), delta, rtol=2e-3, atol=1e-4)
    for place in set(found) - set(wanted):
        assert not found[place].any(), place


def written(lora: LoraModules, family: str, shapes: Any, folder: Path) -> Path:
    path = folder / "style.safetensors"
    tensors = to_kohya(lora, family, shapes, torch.float16)
    write_style(Style("style", "lora-sdedit", family, tensors), path)
    return path


@pytest.mark.parametrize(
    "ends",
    [
        {"unet": UNET},
        {"unet": ("to_q",), "text_encoder": TEXT},
        {"text_encoder": ("q_proj", "v_proj")},
    ],
    ids=["whole unet", "both", "two of a text encoder's four"],
)
def test_an_sd15_style_changes_every_weight_in_diffusers_as_here(
    mini_folder, mini_modules, random_lora, tmp_path, ends
):
    from diffusers import StableDiffusionPipeline

    lora = random_lora(mini_modules, ends, alphas=(2.0, 1.0, 3.5), ranks=(2, 3, 1))
    pipeline = StableDiffusionPipeline.from_pretrained(mini_folder)
    pipeline.load_lora_weights(written(lora, "sd15", mini_modules, tmp_path))
    check(pipeline, lora)


@pytest.mark.parametrize(
    "ends",
    [
        {"unet": UNET},
        {"unet": ("to_k",), "text_encoder": TEXT, "text_encoder_2": TEXT},
        {"unet": ("to_k",), "text_encoder_2": ("q_proj", "v_proj")},
    ],
    ids=["whole unet", "all three", "two of the second text encoder's four"],
)
def test_an_sdxl_style_changes_every_weight_in_diffusers_as_here(
    mini_xl_folder, mini_xl_modules, random_lora, tmp_path, ends
):
    from diffusers import StableDiffusionXLPipeline

    lora = random_lora(mini_xl_modules, ends, alphas=(2.0, 1.0, 3.5), ranks=(2, 3, 1))
    pipeline = StableDiffusionXLPipeline.from_pretrained(mini_xl_folder)
    pipeline.load_lora_weights(written(lora, "sdxl", mini_xl_modules, tmp_path))
    check(pipeline, lora)
