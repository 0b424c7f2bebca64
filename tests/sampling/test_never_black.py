"""Overflow in half precision makes no black pictures: it is computed anew, or named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stylecli.bases import base as base_module
from stylecli.bases.base import load_base
from stylecli.bases.spec import BaseSpec
from stylecli.sampling.options import SamplingOptions, SdeditOptions
from stylecli.sampling.sdedit import Sdedit
from stylecli.sampling.text2image import TextToImage

QUICK = {"steps": 3, "size": 64, "guidance": 1.0}


def test_an_autoencoder_that_overflows_paints_the_pictures_of_fp32(
    base, overflowing_vae: Path, picture, monkeypatch
):
    spec = BaseSpec("mine", "sd15", overflowing_vae, resolution=64)
    said = []
    over = load_base(spec, overflowing_vae, "fp32", torch.device("cpu"), said.append)
    monkeypatch.setattr(
        base_module,
        "vae_dtype_of",
        lambda place, *_: torch.float16 if place == overflowing_vae / "vae" else torch.float32,
    )
    photos, words, seeds = [picture(1), picture(2)], ["a house", "a tree"], [1, 2]

    def painted(on):
        generated = TextToImage(on, [], SamplingOptions(**QUICK, batch_size=1))(words, seeds)
        repainted = Sdedit(on, [], SdeditOptions(**QUICK))(photos, words, seeds)
        return np.stack([np.asarray(image.resize((64, 64))) for image in generated + repainted])

    made, expected = painted(over), painted(base)
    assert abs(made.astype(int) - expected).max() <= 1
    assert made.std() > 10
    assert [event.level for event in said] == ["warning"]


def test_a_denoiser_that_overflows_is_named_with_what_to_do(
    run_cli, overflowing_unet: Path, picture, tmp_path: Path
):
    picture(1).save(tmp_path / "photo.png")
    out = tmp_path / "out"

    def transfer(precision: str):
        options = ("--steps", 2, "--strength", 0.9, "--precision", precision)
        place = ("--base", overflowing_unet, "--output", out)
        return run_cli("transfer", tmp_path / "photo.png", *place, *options)

    code, _, err = transfer("fp16")
    assert code == 1
    assert "The denoiser of base" in err
    assert "made latents in fp16 that are not finite" in err
    assert "Use --precision bf16, or --precision fp32." in err
    assert not list(out.glob("*.png"))
    code, _, err = transfer("fp32")
    assert code == 0, err
    assert len(list(out.glob("*.png"))) == 1


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_a_denoiser_that_does_not_is_believed(mini_spec, mini_folder, precision):
    base = load_base(mini_spec, mini_folder, precision, torch.device("cpu"))
    [image] = TextToImage(base, [], SamplingOptions(**QUICK))(["a house"], [1])
    assert np.asarray(image).std() > 5
