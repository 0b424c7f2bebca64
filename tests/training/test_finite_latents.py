"""What a style learns from is finite, whatever the autoencoder computes in."""

from __future__ import annotations

import math
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch

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


def test_an_autoencoder_that_overflows_encodes_in_fp32_the_second_time_too(
    base: Base, overflowing_vae: Path, paintings: Path, tmp_path: Path, monkeypatch
):
    expected = latents(base, paintings, TensorCache(tmp_path / "expected"))
    monkeypatch.setattr(base_module, "vae_dtype_of", lambda *_: torch.float16)
    cache = TensorCache(tmp_path / "cache")
    spec = BaseSpec("mine", "sd15", overflowing_vae, resolution=64)
    made, encoded = [], []
    for _ in range(2):
        said: list[Event] = []
        over = load_base(spec, overflowing_vae, "fp32", torch.device("cpu"), said.append)
        count = Mock(wraps=over.encode)
        monkeypatch.setattr(over, "encode", count)
        made.append(latents(over, paintings, cache))
        encoded.append(count.call_count)
        assert [event.level for event in said] == ["warning"]
    first, again = made
    assert torch.allclose(first, expected, atol=1e-3)
    assert torch.equal(again, first)
    # The picture that overflowed is all that is not known to be one for fp32.
    assert encoded == [6, 1]


def test_a_picture_that_cannot_be_encoded_is_named(base: Base, paintings: Path, tmp_path: Path):
    base.vae.encoder.conv_in.bias.data[0] = math.nan
    with pytest.raises(NotFinite) as told:
        latents(base, paintings, TensorCache(tmp_path / "cache"))
    first = min(paintings.iterdir())
    assert told.value.message.startswith(f"{first}: cannot be encoded. ")
    assert "the autoencoder of base" in told.value.message
