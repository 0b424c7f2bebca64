from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylecli.errors import StylecliError
from stylecli.training.checkpoint import Position, load_checkpoint, save_checkpoint


def parameters(*names: str) -> dict[str, torch.nn.Parameter]:
    return {
        name: torch.nn.Parameter(torch.full((2, 3), float(n))) for n, name in enumerate(names, 1)
    }


def adam(values: dict[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.AdamW(list(values.values()), lr=0.1)


def learn(values: dict[str, torch.nn.Parameter], optimizer: torch.optim.Optimizer) -> None:
    for step, value in enumerate(values.values(), 1):
        value.grad = torch.full_like(value, float(step))
    optimizer.step()


def test_a_run_goes_on_from_a_checkpoint_as_if_it_had_not_stopped(tmp_path: Path):
    one = parameters("a.lora_A.weight", "b/with/slashes")
    optimizer = adam(one)
    learn(one, optimizer)
    position = Position(7, 12.5, {"scale": 1024.0, "_growth_tracker": 3})
    save_checkpoint(tmp_path / "c.safetensors", one, optimizer, position)

    two = parameters("a.lora_A.weight", "b/with/slashes")
    other = adam(two)
    assert load_checkpoint(tmp_path / "c.safetensors", two, other) == position
    for _ in range(3):
        learn(one, optimizer)
        learn(two, other)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_checkpoint_before_the_first_step_holds_no_optimiser_state(tmp_path: Path):
    one = parameters("a")
    save_checkpoint(tmp_path / "c.safetensors", one, adam(one), Position(0, 0.0, {}))
    two = {"a": torch.nn.Parameter(torch.zeros(2, 3))}
    assert load_checkpoint(tmp_path / "c.safetensors", two, adam(two)).step == 0
    assert torch.equal(one["a"], two["a"])


def test_a_checkpoint_of_other_parts_is_refused(tmp_path: Path):
    one, two = parameters("a", "b"), parameters("a", "c")
    save_checkpoint(tmp_path / "c.safetensors", one, adam(one), Position(1, 0.0, {}))
    with pytest.raises(StylecliError, match="other trainable parts"):
        load_checkpoint(tmp_path / "c.safetensors", two, adam(two))


def test_a_checkpoint_of_other_shapes_is_refused_and_nothing_is_changed(tmp_path: Path):
    one = parameters("a", "b")
    save_checkpoint(tmp_path / "c.safetensors", one, adam(one), Position(1, 0.0, {}))
    two = {"a": torch.nn.Parameter(torch.zeros(2, 3)), "b": torch.nn.Parameter(torch.zeros(5))}
    with pytest.raises(StylecliError, match="other trainable parts"):
        load_checkpoint(tmp_path / "c.safetensors", two, adam(two))
    assert not two["a"].any()


class Odd(torch.optim.SGD):
    """Remembers what an 8-bit optimiser does: numbers, small integers, a table shared by all."""

    TABLE = torch.linspace(-1, 1, 16)

    def step(self) -> None:
        for group in self.param_groups:
            for value in group["params"]:
                state = self.state[value]
                state.setdefault("step", 0)
                state.setdefault("codes", torch.zeros(value.numel(), dtype=torch.uint8))
                state["table"] = self.TABLE
                state["step"] += 1
                state["codes"] += state["step"]
                with torch.no_grad():
                    value -= state["table"][state["codes"].long() % 16].view_as(value)


def test_numbers_and_shared_tables_of_an_optimiser_come_back(tmp_path: Path):
    one, two = parameters("a", "b/c"), parameters("a", "b/c")
    optimizer, other = Odd(one.values(), lr=0.1), Odd(two.values(), lr=0.1)
    for _ in range(3):
        learn(one, optimizer)
    save_checkpoint(tmp_path / "c.safetensors", one, optimizer, Position(3, 0.0, {}))
    load_checkpoint(tmp_path / "c.safetensors", two, other)
    state = other.state[two["b/c"]]
    assert (state["step"], type(state["step"])) == (3, int)
    assert torch.equal(state["table"], Odd.TABLE)
    assert state["codes"].tolist() == [6] * 6
    for values, each in ((one, optimizer), (two, other)):
        learn(values, each)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_averages_come_back_and_must_be_expected(tmp_path: Path):
    path = tmp_path / "c.safetensors"
    one = parameters("a", "b")
    averages = {name: torch.full((2, 3), 9.0) for name in one}
    save_checkpoint(path, one, adam(one), Position(1, 0.0, {}), averages)
    two, found = parameters("a", "b"), {name: torch.zeros(2, 3) for name in one}
    load_checkpoint(path, two, adam(two), found)
    assert all(torch.equal(found[name], averages[name]) for name in averages)
    with pytest.raises(StylecliError, match="other trainable parts"):
        load_checkpoint(path, two, adam(two))
    save_checkpoint(path, one, adam(one), Position(1, 0.0, {}))
    with pytest.raises(StylecliError, match="other trainable parts"):
        load_checkpoint(path, two, adam(two), found)


def test_parameters_in_groups_get_their_own_state_back(tmp_path: Path):
    def grouped(values: dict[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.AdamW([{"params": [values["c"]]}, {"params": [values["a"]]}], lr=0.1)

    one, two = parameters("a", "c"), parameters("a", "c")
    optimizer, other = grouped(one), grouped(two)
    learn(one, optimizer)
    save_checkpoint(tmp_path / "c.safetensors", one, optimizer, Position(1, 0.0, {}))
    load_checkpoint(tmp_path / "c.safetensors", two, other)
    for values, each in ((one, optimizer), (two, other)):
        learn(values, each)
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("keep", [0, 5, 60, -1])
def test_a_truncated_checkpoint_is_named(tmp_path: Path, keep: int):
    one = parameters("a")
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, one, adam(one), Position(1, 0.0, {}))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StylecliError, match=r"c\.safetensors: the checkpoint cannot be read"):
        load_checkpoint(path, one, adam(one))
