"""What a style learns from is finite, whatever the autoencoder computes in."""

from __future__ import annotations

import math
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.bases import base as base_module
from stylecli.bases.base import Base, load_base
from stylecli.bases.finite import NotFinite
from stylecli.bases.spec import BaseSpec
from stylecli.datasets.folder import read_dataset
from stylecli.progress import Event, silent
from stylecli.styles.style import Prompt
from stylecli.training.cache import TensorCache
from stylecli.training.examples import encode_dataset
from stylecli.training.options import CaptionedTraining

OPTIONS = CaptionedTraining(resolution=32)


def latents(base: Base, paintings: Path, cache: TensorCache) -> torch.Tensor:
    dataset = read_dataset(paintings)
    examples = encode_dataset(base, dataset, Prompt(), OPTIONS, cache, silent)
    return examples.batch(range(6), np.random.default_rng(0)).latents


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autoencoders compute in fp16, as on an accelerator where their configuration allows it."""
    monkeypatch.setattr(base_module, "vae_dtype_of", lambda *_: torch.float16)


@pytest.mark.usefixtures("half")
def test_what_overflows_is_encoded_in_fp32(
    base: Base, overflowing_vae: Path, paintings: Path, tmp_path: Path
):
    expected = latents(base, paintings, TensorCache(tmp_path / "expected"))
    spec = BaseSpec("mine", "sd15", overflowing_vae, resolution=64)
    said: list[Event] = []
    over = load_base(spec, overflowing_vae, "fp32", torch.device("cpu"), said.append)
    made = latents(over, paintings, TensorCache(tmp_path / "cache"))
    assert torch.allclose(made, expected, atol=1e-2)
    assert [event.level for event in said] == ["warning"]


@pytest.mark.usefixtures("half")
def test_a_second_run_takes_the_latents_of_the_first_though_one_picture_overflows(
    mini_spec: BaseSpec, mini_folder: Path, paintings: Path, tmp_path: Path, monkeypatch
):
    for number, path in enumerate(sorted(paintings.iterdir())):
        Image.new("RGB", (80, 72), "white" if number == 1 else (number, 99, 99)).save(path)

    def overflow(_, given, made):
        [pixels] = given
        white = torch.is_autocast_enabled("cpu") and bool((pixels > 0.99).all())
        return made * math.inf if white else made

    cache, made, encoded = TensorCache(tmp_path / "cache"), [], []
    for _ in range(2):
        opened = load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))
        opened.vae.encoder.register_forward_hook(overflow)
        count = Mock(wraps=opened.encode)
        monkeypatch.setattr(opened, "encode", count)
        made.append(latents(opened, paintings, cache))
        encoded.append(count.call_count)
        assert opened.vae_dtype == torch.float32
    assert torch.equal(*made)
    # Nothing but a try tells that the white one overflows.
    assert encoded == [6, 1]


def test_a_picture_that_cannot_be_encoded_is_named(base: Base, paintings: Path, tmp_path: Path):
    base.vae.encoder.conv_in.bias.data[0] = math.nan
    with pytest.raises(NotFinite) as told:
        latents(base, paintings, TensorCache(tmp_path / "cache"))
    first = min(paintings.iterdir())
    assert told.value.message.startswith(f"{first}: cannot be encoded. ")
    assert "the autoencoder of base" in told.value.message
