import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from stylecli.bases.base import load_base
from stylecli.registry import load_registry
from stylecli.styles.format import read_style, write_style


@pytest.fixture(scope="module")
def spec():
    return load_registry().bases["tiny"]


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "photo.png"
    picture(3, (96, 64)).save(path)
    return path


def pixels(path):
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_the_monet_style_works_at_once(run_cli, photo, tmp_path):
    code, _, errors = run_cli("transfer", photo, "--style", "monet", "--steps", 4, "--size", 64)
    assert code == 0, errors
    result = tmp_path / "photo.monet.png"
    assert pixels(result).shape == (64, 96, 3)
    listed = json.loads(run_cli("styles", "list", "--json")[1])
    assert [(row["name"], row["from"]) for row in listed] == [("monet", "stylecli")]


def test_every_tensor_of_the_style_counts(run_cli, photo, home, spec, tmp_path):
    style = read_style(spec.ready_styles / "monet.safetensors")
    ups = [key for key in style.tensors if key.endswith("lora_up.weight")]
    assert ups
    assert all(style.tensors[key].abs().max() > 0 for key in style.tensors)
    zeroed = {
        key: torch.zeros_like(value) if key in ups else value
        for key, value in style.tensors.items()
    }
    write_style(dataclasses.replace(style, tensors=zeroed), home / "styles" / "nothing.safetensors")
    shared = ("--steps", 4, "--size", 64, "-o", tmp_path)
    for name in ("monet", "nothing", "monet:0"):
        folder = tmp_path / name.replace(":", "-")
        assert run_cli("transfer", photo, "--style", name, *shared[:-1], folder)[0] == 0
    trained, nothing, bare = (
        pixels(next((tmp_path / folder).iterdir())) for folder in ("monet", "nothing", "monet-0")
    )
    assert np.abs(trained - bare).mean() > 2
    assert np.abs(nothing - bare).max() <= 1


def test_the_ready_style_is_read_only(run_cli):
    code, _, errors = run_cli("styles", "remove", "monet")
    assert code == 2
    assert "read-only" in errors


def test_stock_diffusers_reads_base_and_style_as_they_are(spec, tmp_path):
    from diffusers import StableDiffusionPipeline

    from stylecli.bases.lora import apply_styles
    from stylecli.styles.style import ScaledStyle

    path = Path(shutil.copy(spec.ready_styles / "monet.safetensors", tmp_path))
    pipeline = StableDiffusionPipeline.from_pretrained(spec.source)
    pipeline.load_lora_weights(str(path))
    base = load_base(spec, Path(spec.source), "fp32", torch.device("cpu"))
    apply_styles(base, [ScaledStyle(read_style(path))])
    latents = torch.randn((1, 4, 16, 16), generator=torch.Generator().manual_seed(0))
    steps = torch.tensor([500])
    conditions = base.contexts(["A Monet painting"])
    with torch.no_grad():
        theirs = pipeline.unet(latents, steps, conditions.context).sample
        ours = base.predict(latents, steps, conditions)
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_the_style_belongs_to_this_base_and_names_no_other(spec):
    style = read_style(spec.ready_styles / "monet.safetensors")
    base = load_base(spec, Path(spec.source), "fp32", torch.device("cpu"))
    assert style.provenance.base_hash == base.denoiser_hash
    assert (style.provenance.base, style.family, style.method) == ("tiny", "sd15", "lora-sdedit")
