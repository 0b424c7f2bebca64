"""The embedded base's IP-Adapter in our own sampling: pictures as prompts beside the words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylecli.bases.base import Base, load_base
from stylecli.images.writing import read_record
from stylecli.registry import load_registry
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.picture_prompts import with_pictures
from stylecli.sampling.prompting import guide_by_prompts
from stylecli.sampling.text2image import TextToImage
from stylecli_metrics.pictures import lab_square

COLOURS = ("orange", "navy", "darkgreen", "white")


@pytest.fixture(scope="module")
def tiny() -> Base:
    spec = load_registry().bases["tiny"]
    return load_base(spec, Path(spec.source), "fp32")


def mean_colour(picture: Image.Image) -> np.ndarray:
    return lab_square(np.asarray(picture), 64).mean((0, 1))


def test_from_noise_mean_colours_in_lab_come_nearer_to_those_of_the_picture_prompts(tiny: Base):
    prompts = [Image.new("RGB", (96, 64), colour) for colour in COLOURS]
    options = SamplingOptions(steps=6, guidance=3.0, size=128)

    def distances(scale: float) -> np.ndarray:
        def guide(subjects, photos):
            words = guide_by_prompts(tiny, (), options)(subjects, photos)
            return with_pictures(words, tiny.image_adapter(), prompts, scale)

        count = len(prompts)
        made = TextToImage(tiny, (), options, guide=guide)(["a painting"] * count, range(count))
        pairs = zip(made, prompts, strict=True)
        return np.array([np.linalg.norm(mean_colour(one) - mean_colour(two)) for one, two in pairs])

    off, faint, strong = distances(0.0), distances(0.4), distances(0.8)
    assert strong.mean() < faint.mean() < off.mean() - 1
    assert (strong < off).all()


def test_a_photo_is_a_prompt_of_its_own_repainting(run_cli, picture, tmp_path):
    photo = tmp_path / "photo.png"
    picture(3, (96, 64)).save(photo)
    command = ("transfer", photo, "--style", "monet", "--base", "tiny", "--strength", "0.9")
    quick = ("--steps", "6", "--size", "64")
    made = {}
    for name, more in {
        "without": (),
        "off": ("--image-cond-scale", "0"),
        "on": ("--image-cond-scale", "0.8"),
    }.items():
        target = tmp_path / f"{name}.png"
        code, _, errors = run_cli(*command, *quick, *more, "-o", target)
        assert code == 0, errors
        assert "torchvision" not in errors
        made[name] = target
    assert made["off"].read_bytes() == made["without"].read_bytes()
    records = {name: read_record(path)["options"] for name, path in made.items()}
    assert records["off"]["image_cond_scale"] == 0.0
    assert records["on"] == {**records["off"], "image_cond_scale": 0.8}
    on, off = (np.asarray(Image.open(made[name])).astype(float) for name in ("on", "off"))
    assert abs(on - off).mean() > 0.5
