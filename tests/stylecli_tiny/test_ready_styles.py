import dataclasses
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from stylecli.bases.base import load_base
from stylecli.registry import load_registry
from stylecli.styles.format import read_style, write_style

PAINTERS = ("cezanne", "monet", "van-gogh")


@pytest.fixture(scope="module")
def spec():
    return load_registry().bases["tiny"]


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "photo.png"
    picture(3, (96, 64)).save(path)
    return path


def thumbnail_of(style):
    from io import BytesIO

    from PIL import Image

    return Image.open(BytesIO(style.thumbnail))


def pixels(path):
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_the_ready_styles_work_at_once_and_differ(run_cli, photo, tmp_path):
    listed = json.loads(run_cli("styles", "list", "--json")[1])
    assert [(row["name"], row["from"]) for row in listed] == [(p, "stylecli") for p in PAINTERS]
    made = {}
    for painter in PAINTERS:
        code, _, errors = run_cli("transfer", photo, "--style", painter, "--steps", 4, "--size", 64)
        assert code == 0, errors
        made[painter] = pixels(tmp_path / f"photo.{painter}.png")
        assert made[painter].shape == (64, 96, 3)
    for one, other in itertools.combinations(PAINTERS, 2):
        assert np.abs(made[one] - made[other]).mean() > 2


@pytest.mark.parametrize("painter", PAINTERS)
def test_a_ready_style_says_where_it_comes_from(run_cli, spec, painter):
    style = read_style(spec.ready_styles / f"{painter}.safetensors")
    made = style.provenance
    assert made.licence == "Apache-2.0"
    assert made.author
    assert made.dataset["count"] >= 200
    assert made.tags
    assert max(thumbnail_of(style).size) >= 128
    code, shown, errors = run_cli("styles", "show", painter)
    assert code == 0, errors
    assert "Apache-2.0" in shown


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


@pytest.mark.parametrize("painter", PAINTERS)
def test_a_ready_style_belongs_to_this_base_and_names_no_other(spec, painter):
    style = read_style(spec.ready_styles / f"{painter}.safetensors")
    base = load_base(spec, Path(spec.source), "fp32", torch.device("cpu"))
    assert style.provenance.base_hash == base.denoiser_hash
    assert (style.provenance.base, style.family, style.method) == ("tiny", "sd15", "lora-sdedit")
