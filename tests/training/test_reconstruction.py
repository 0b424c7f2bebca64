"""The autoencoder's own phase: squares of pixels, and a loss that reaches encoder and decoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.bases.base import Base
from stylecli.bases.lora import LoraShape, add_lora, remove_lora
from stylecli.datasets.folder import read_dataset
from stylecli.errors import UsageError
from stylecli.progress import Event, silent
from stylecli.training import reconstruction
from stylecli.training.options import TrainingOptions
from stylecli.training.reconstruction import (
    Pictures,
    PixelBatch,
    picture_distance,
    reconstruction_loss,
)

OPTIONS = TrainingOptions(resolution=48)


def pixels(path: Path) -> torch.Tensor:
    array = np.asarray(Image.open(path).convert("RGB"))
    return torch.from_numpy(array.copy()).permute(2, 0, 1).float() / 127.5 - 1


def test_squares_are_cut_out_of_the_pictures(paintings: Path):
    options = TrainingOptions(resolution=72, flip=False)
    pictures = Pictures(read_dataset(paintings), options, 32, silent)
    assert len(pictures) == 6
    batch = pictures.batch([1, 4], np.random.default_rng(0)).pixels
    assert batch.shape == (2, 3, 32, 32)
    whole = pixels(sorted(paintings.iterdir())[4]).unfold(1, 32, 1).unfold(2, 32, 1)
    places = (whole - batch[1][:, None, None]).abs().amax(dim=(0, 3, 4))
    assert (places < 1e-4).sum() == 1, "it is one square of that very picture"


def test_half_of_the_squares_are_mirrored_and_a_centre_crop_stays(paintings: Path):
    options = TrainingOptions(resolution=72, crop="center")
    pictures = Pictures(read_dataset(paintings), options, 32, silent)
    squares = pictures.batch([0] * 200, np.random.default_rng(0)).pixels
    kinds = {square.numpy().tobytes() for square in squares}
    assert len(kinds) == 2
    assert not torch.equal(squares.flip(-1)[0], squares[0])
    share = sum(torch.equal(square, squares[0]) for square in squares) / 200
    assert 0.35 < share < 0.65


def test_pictures_beyond_the_memory_are_read_again(paintings: Path, monkeypatch):
    kept = Pictures(read_dataset(paintings), OPTIONS, 32, silent)
    monkeypatch.setattr(reconstruction, "KEPT_BYTES", 0)
    read = Pictures(read_dataset(paintings), OPTIONS, 32, silent)
    one, other = (each.batch([3, 5], np.random.default_rng(2)).pixels for each in (kept, read))
    assert torch.equal(one, other)


def test_damaged_pictures_are_left_out_and_named(paintings: Path):
    dataset = read_dataset(paintings)
    broken = sorted(paintings.iterdir())[2]
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    events: list[Event] = []
    assert len(Pictures(dataset, OPTIONS, 32, events.append)) == 5
    [said] = [event for event in events if event.message]
    assert broken.name in said.message
    assert said.level == "warning"
    for path in paintings.iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(UsageError, match="none of its pictures can be read"):
        Pictures(dataset, OPTIONS, 32, silent)


def test_the_distance_is_nothing_for_the_same_and_more_for_what_is_blurred():
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(picture, 3, 1, 1)
    assert picture_distance(picture, picture) == 0
    assert picture_distance(picture, -picture) > picture_distance(picture, blurred) > 0
    # A shift in brightness has no edges: it counts once, as its pixels do.
    assert float(picture_distance(picture, picture + 0.1)) == pytest.approx(0.1, abs=1e-5)


def test_its_gradients_reach_encoder_and_decoder(base: Base):
    lora = add_lora(base, LoraShape(2, 2.0, 0.0, ("to_q", "to_v", "conv_out")), 0, "vae")
    batch = PixelBatch(torch.rand(2, 3, 32, 32) * 2 - 1)
    loss = reconstruction_loss(base)(batch, torch.Generator().manual_seed(0))
    again = reconstruction_loss(base)(batch, torch.Generator().manual_seed(0))
    assert torch.equal(loss, again), "all that is random comes from the generator"
    loss.backward()
    moved = {
        name.split(".")[1]
        for name, value in lora.named_parameters().items()
        if "lora_B" in name and value.grad is not None and value.grad.abs().max() > 0
    }
    assert moved == {"encoder", "decoder"}
    remove_lora(base)
