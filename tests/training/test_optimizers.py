from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from stylecli.errors import StylecliError
from stylecli.progress import Event, silent
from stylecli.training.checkpoint import Position, load_checkpoint, save_checkpoint
from stylecli.training.optimizers import make_optimizer, why_not_8bit
from stylecli.training.options import TrainingOptions

CPU = torch.device("cpu")
SMALL, LARGE = (10,), (65, 64)
EIGHT_BITS = TrainingOptions(optimizer="adamw-8bit", learning_rate=0.01)


@pytest.fixture
def no_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("bitsandbytes.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package bitsandbytes, to be written, in the place of an installed one."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "bitsandbytes"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "bitsandbytes").mkdir()
    (tmp_path / "bitsandbytes" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "bitsandbytes"
    for name in [name for name in sys.modules if name.partition(".")[0] == "bitsandbytes"]:
        del sys.modules[name]


def fresh() -> dict[str, torch.nn.Parameter]:
    random = torch.Generator().manual_seed(1)
    return {
        "large.weight": torch.nn.Parameter(torch.randn(LARGE, generator=random)),
        "other/weight": torch.nn.Parameter(torch.randn(LARGE, generator=random)),
        "bias": torch.nn.Parameter(torch.randn(SMALL, generator=random)),
    }


def learn(
    parameters: dict[str, torch.nn.Parameter], optimizer: torch.optim.Optimizer, steps: range
) -> None:
    for step in steps:
        random = torch.Generator().manual_seed(step)
        for value in parameters.values():
            value.grad = torch.randn(value.shape, generator=random)
        optimizer.step()


def test_parameters_of_one_learning_rate_are_one_group():
    parameters = fresh()
    events: list[Event] = []
    rates = {"other/weight": 0.5}
    options = TrainingOptions(learning_rate=0.01, weight_decay=0.2, adam_beta2=0.9)
    optimizer = make_optimizer(parameters, rates, options, events.append, "training")
    first, second = optimizer.param_groups
    assert (first["peak"], second["peak"]) == (0.01, 0.5)
    assert [value.shape for value in first["params"]] == [LARGE, SMALL]
    assert second["params"][0] is parameters["other/weight"]
    assert {(group["weight_decay"], group["betas"]) for group in (first, second)} == {
        (0.2, (0.9, 0.9))
    }
    assert events == []


def test_without_bitsandbytes_it_is_plain_adamw_and_the_user_hears_why(no_bitsandbytes):
    events: list[Event] = []
    optimizer = make_optimizer(fresh(), {}, EIGHT_BITS, events.append, "learning")
    assert type(optimizer) is torch.optim.AdamW
    (event,) = events
    assert (event.stage, event.level) == ("learning", "warning")
    assert event.message == (
        "Plain AdamW is used, not 8-bit: bitsandbytes is not installed (pip install bitsandbytes)."
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('no CUDA here.\\nmore')", "cannot be loaded (no CUDA here)"),
        ("import not_there_at_all", "cannot be loaded (No module named 'not_there_at_all')"),
        (
            "import torch\nclass AdamW8bit(torch.optim.AdamW):\n"
            "    def step(self): raise NotImplementedError",
            "does not support it on this device, cpu (NotImplementedError)",
        ),
        (
            "import torch\nclass AdamW8bit(torch.optim.AdamW):\n    def step(self): pass",
            "does not support it on this device, cpu",
        ),
    ],
)
def test_one_that_does_not_work_is_told_apart(site: Path, code: str, reason: str):
    (site / "optim.py").write_text(code)
    assert why_not_8bit(CPU) == f"bitsandbytes {reason}"


def test_one_that_works_is_used(site: Path):
    (site / "optim.py").write_text("import torch\nclass AdamW8bit(torch.optim.AdamW): pass\n")
    events: list[Event] = []
    optimizer = make_optimizer(fresh(), {}, EIGHT_BITS, events.append, "training")
    assert (type(optimizer).__name__, events) == ("AdamW8bit", [])


def test_a_run_does_not_go_on_with_another_optimiser(site: Path, tmp_path: Path):
    (site / "optim.py").write_text("import torch\nclass AdamW8bit(torch.optim.AdamW): pass\n")
    parameters = fresh()
    eight = make_optimizer(parameters, {}, EIGHT_BITS, silent, "training")
    plain = torch.optim.AdamW(parameters.values())
    for one, other in ((eight, plain), (plain, eight)):
        save_checkpoint(tmp_path / "c.safetensors", parameters, one, Position(0, 0.0, {}))
        names = rf"optimiser {type(one).__name__}; here it would be {type(other).__name__}"
        with pytest.raises(StylecliError, match=names):
            load_checkpoint(tmp_path / "c.safetensors", parameters, other)


class TestBitsandbytes:
    """What only the library itself can show."""

    @pytest.fixture(autouse=True)
    def works(self) -> None:
        pytest.importorskip("bitsandbytes")
        if problem := why_not_8bit(CPU):
            pytest.skip(problem)

    def test_its_memory_is_8_bits_and_it_goes_about_where_adamw_goes(self):
        one, two = fresh(), fresh()
        start = fresh()
        eight = make_optimizer(one, {}, EIGHT_BITS, silent, "training")
        learn(one, eight, range(20))
        options = TrainingOptions(learning_rate=0.01)
        learn(two, make_optimizer(two, {}, options, silent, "training"), range(20))
        assert eight.state[one["large.weight"]]["state1"].dtype == torch.uint8
        assert eight.state[one["bias"]]["state1"].dtype == torch.float32
        for name, value in one.items():
            moved, expected = value - start[name], two[name] - start[name]
            assert torch.cosine_similarity(moved.flatten(), expected.flatten(), dim=0) > 0.98

    def test_it_goes_on_from_a_checkpoint_exactly(self, tmp_path: Path):
        path = tmp_path / "c.safetensors"
        rates = {"large.weight": 0.05}
        one, two = fresh(), fresh()
        optimizer = make_optimizer(one, rates, EIGHT_BITS, silent, "training")
        learn(one, optimizer, range(3))
        save_checkpoint(path, one, optimizer, Position(3, 1.0, {}))
        other = make_optimizer(two, rates, EIGHT_BITS, silent, "training")
        load_checkpoint(path, two, other)
        for name, value in one.items():
            there, here = optimizer.state[value], other.state[two[name]]
            assert there.keys() == here.keys()
            assert (here["step"], type(here["step"])) == (3, int)
            assert here["state1"].dtype == there["state1"].dtype
        for parameters, each in ((one, optimizer), (two, other)):
            learn(parameters, each, range(3, 8))
        assert all(torch.equal(one[name], two[name]) for name in one)
