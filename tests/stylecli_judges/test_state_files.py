"""Files of weights: read without running anything, and refused by name."""

import argparse
import os
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import stylecli
from stylecli_judges.state_files import fill, read_state


class Mischief:
    def __reduce__(self):
        return (os.mkdir, ("made-by-a-pickle",))


def test_safetensors_and_pickles_are_read_alike(tmp_path):
    state = {"weight": torch.randn(2, 3), "bias": torch.zeros(2)}
    save_file(state, tmp_path / "a.safetensors")
    torch.save(state, tmp_path / "a.pth")
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    for name in ("a.safetensors", "a.pth", "old.pth"):
        found = read_state(tmp_path / name)
        assert found.keys() == state.keys()
        assert torch.equal(found["weight"], state["weight"])


def test_a_training_checkpoint_is_read_for_its_weights(tmp_path):
    path = tmp_path / "run.pth"
    optimizer = {"lr": np.float64(0.1), "step": np.int64(3)}
    kept = {"model": {"weight": torch.ones(2)}, "args": argparse.Namespace(a=1), "o": optimizer}
    torch.save(kept, path)
    assert list(read_state(path, inside="model")) == ["weight"]
    with pytest.raises(stylecli.StylecliError, match=r"run\.pth holds other things than tensors"):
        read_state(path)


def test_what_a_pickle_would_run_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Mischief()}, "a.pth")
    (tmp_path / "b.pth").write_bytes(pickle.dumps(Mischief()))
    for name in ("a.pth", "b.pth"):
        with pytest.raises(stylecli.StylecliError, match=rf"{name} cannot be read"):
            read_state(tmp_path / name)
    assert not (tmp_path / "made-by-a-pickle").exists()


@pytest.mark.parametrize("name", ["cut.pth", "cut.safetensors", "gone.pth"])
def test_a_damaged_file_is_named(tmp_path, name):
    state = {"weight": torch.randn(200)}
    if name.startswith("cut"):
        path = tmp_path / name
        torch.save(state, path) if name.endswith("pth") else save_file(state, path)
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(stylecli.StylecliError, match=name) as caught:
        read_state(tmp_path / name)
    assert "eval weights" in caught.value.hint


def test_a_module_is_filled_whole_or_not_at_all(tmp_path):
    path = tmp_path / "some.pth"
    good = {"weight": torch.ones(2, 3).half(), "bias": torch.zeros(2), "rest.x": torch.ones(1)}
    layer = nn.Linear(3, 2)
    fill(layer, good, path, unused=("rest.",))
    assert layer.weight.dtype == torch.float32
    assert not layer.weight.requires_grad
    for state, says in (
        ({"weight": good["weight"]}, "it lacks bias"),
        ({**good, "more": torch.ones(1)}, "more belongs to something else"),
        ({**good, "weight": torch.ones(4, 4)}, "size mismatch for weight"),
    ):
        with pytest.raises(
            stylecli.StylecliError, match=rf"some\.pth is another network's: .*{says}"
        ):
            fill(nn.Linear(3, 2), state, path, unused=("rest.",))
