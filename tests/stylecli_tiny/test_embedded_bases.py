"""The embedded bases as they ship: whole, small, and at home in stock diffusers."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import (
    ControlNetModel,
    StableDiffusionControlNetPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
)
from PIL import Image
from safetensors import safe_open

from stylecli.bases.locate import present_folder
from stylecli.registry import load_registry
from stylecli_tiny.recipe.controlnet import canny

SIDE = 128
RUN = {"height": SIDE, "width": SIDE, "num_inference_steps": 6, "output_type": "np"}


@pytest.fixture(scope="module")
def bases():
    return load_registry().bases


@pytest.fixture
def warnings_of_diffusers():
    """What diffusers and transformers warn of while a test runs."""
    messages = []

    class Collector(logging.Handler):
        def emit(self, record):
            # diffusers warns of layers to keep in fp32 even where it names none.
            if "should be kept in float32: []" not in record.getMessage():
                messages.append(record.getMessage())

    loggers = [logging.getLogger(name) for name in ("diffusers", "transformers")]
    collector = Collector(logging.WARNING)
    for logger in loggers:
        logger.addHandler(collector)
    yield messages
    for logger in loggers:
        logger.removeHandler(collector)


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def generator():
    return torch.Generator().manual_seed(0)


def quiet(pipeline):
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def test_all_weights_are_half_precision_and_at_most_40_mb(bases):
    files = sorted(Path(bases["tiny"].source).parent.rglob("*.safetensors"))
    assert sum(file.stat().st_size for file in files) <= 40e6
    for file in files:
        with safe_open(file, framework="pt") as tensors:
            kinds = {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
        assert kinds <= {"F16", "I64"}, file


def test_tiny_loads_in_stock_diffusers_without_a_warning(bases, warnings_of_diffusers):
    pipeline = StableDiffusionPipeline.from_pretrained(bases["tiny"].source, safety_checker=None)
    assert warnings_of_diffusers == []
    assert parameters(pipeline.unet) <= 8e6
    assert pipeline.vae_scale_factor == 4


def test_tiny_xl_is_a_whole_folder_that_stock_diffusers_loads(bases, home, warnings_of_diffusers):
    folder = present_folder(bases["tiny-xl"])
    pipeline = quiet(StableDiffusionXLPipeline.from_pretrained(folder))
    assert warnings_of_diffusers == []
    assert parameters(pipeline.unet) <= 5e6
    assert pipeline.unet.config.addition_embed_type == "text_time"

    made = [
        pipeline(prompt, generator=generator(), guidance_scale=3.0, **RUN).images[0]
        for prompt in ("a painting", "a photo of oranges on a shop shelf")
    ]
    assert np.abs(made[0] - made[1]).mean() > 0.02
    cropped = pipeline(
        "a painting",
        generator=generator(),
        guidance_scale=3.0,
        crops_coords_top_left=(128, 0),
        **RUN,
    ).images[0]
    assert np.abs(made[0] - cropped).mean() > 1e-4


def test_tiny_and_tiny_xl_share_what_they_can(bases):
    own = {path.name for path in Path(bases["tiny-xl"].source).iterdir()}
    assert own == {"model_index.json", "scheduler", "text_encoder_2", "unet"}


def test_the_controlnet_draws_along_its_edges(bases, warnings_of_diffusers):
    spec = bases["tiny"]
    controlnet = ControlNetModel.from_pretrained(spec.controlnets["canny"])
    pipeline = StableDiffusionControlNetPipeline.from_pretrained(
        spec.source, controlnet=controlnet, safety_checker=None
    )
    assert warnings_of_diffusers == []
    quiet(pipeline)
    photo = np.full((SIDE, SIDE, 3), 40, np.uint8)
    photo[32:96, 40:88] = 220
    edges = canny(photo)
    near = (
        np.asarray(Image.fromarray(edges).resize((SIDE // 8, SIDE // 8), Image.Resampling.BOX)) > 0
    )
    contrast = {}
    for scale in (0.0, 1.0):
        made = pipeline(
            "a painting",
            Image.fromarray(edges).convert("RGB"),
            controlnet_conditioning_scale=scale,
            guidance_scale=1.0,
            generator=generator(),
            **RUN,
        ).images[0]
        steps = np.hypot(*np.gradient(made.mean(-1)))
        cells = steps.reshape(SIDE // 8, 8, SIDE // 8, 8).mean((1, 3))
        contrast[scale] = cells[near].mean() / cells[~near].mean()
    assert contrast[1.0] > 1.2 * contrast[0.0]


def test_the_ip_adapter_takes_the_colours_of_its_picture(bases, warnings_of_diffusers):
    spec = bases["tiny"]
    pipeline = StableDiffusionPipeline.from_pretrained(spec.source, safety_checker=None)
    pipeline.load_ip_adapter(
        str(spec.ip_adapter), subfolder="", weight_name="ip-adapter.safetensors"
    )
    assert warnings_of_diffusers == []
    quiet(pipeline)

    def mean_colour(scale, colour):
        pipeline.set_ip_adapter_scale(scale)
        made = pipeline(
            "a painting",
            ip_adapter_image=Image.new("RGB", (96, 64), colour),
            guidance_scale=3.0,
            generator=generator(),
            **RUN,
        ).images[0]
        return made.mean((0, 1))

    def warmth(scale):
        return [np.subtract(*mean_colour(scale, colour)[[0, 2]]) for colour in ("orange", "navy")]

    off, on = warmth(0.0), warmth(0.8)
    assert off[0] == pytest.approx(off[1], abs=1e-6)
    assert on[0] > on[1] + 0.1


def test_bases_show_and_path_know_the_family(run_cli, bases):
    shown = json.loads(run_cli("bases", "show", "tiny", "--json")[1])
    assert "canny" in shown["ControlNets"]
    assert Path(shown["IP-Adapter"]).is_dir()
    code, printed, errors = run_cli("bases", "path", "tiny-xl")
    assert code == 0, errors
    folder = Path(printed.strip().replace("\n", ""))
    assert (folder / "vae" / "config.json").is_file()
    assert {row["name"] for row in json.loads(run_cli("bases", "list", "--json")[1])} >= set(bases)


def test_a_method_of_another_family_refuses_tiny_xl(run_cli, tmp_path, picture):
    (tmp_path / "paintings").mkdir()
    for number in range(3):
        picture(number, (64, 64)).save(tmp_path / "paintings" / f"{number}.png")
    code, _, errors = run_cli(
        "train", tmp_path / "paintings", "--method", "lora-sdedit", "--base", "tiny-xl"
    )
    assert code == 2
    assert "sdxl" in errors
    assert "lora-sdedit" in errors
