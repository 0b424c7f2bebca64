from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from stylecli.errors import Cancelled
from stylecli.training.costs import Costs


def test_a_phase_counts_its_time_and_the_memory_that_it_held(tmp_path: Path):
    costs = Costs(torch.device("cpu"), tmp_path / "costs.json")
    with costs.phase("small"):
        time.sleep(0.1)
    with costs.phase("large"):
        held = torch.ones(60_000_000)
        time.sleep(0.1)
        del held
    with costs.phase("small"):
        time.sleep(0.05)
    small, large = costs.phases["small"], costs.phases["large"]
    assert 0.15 <= small.seconds < 5
    assert large.peak - small.peak > 150e6, "240 MB were held in between"
    assert [phase["name"] for phase in costs.record()] == ["small", "large"]
    assert costs.record()[1]["peak_mb"] == round(large.peak / 1e6)


def test_a_run_that_goes_on_adds_to_what_it_cost_before(tmp_path: Path):
    path = tmp_path / "costs.json"
    stopped = Costs(torch.device("cpu"), path)

    def stop() -> None:
        time.sleep(0.1)
        raise Cancelled("stop")

    with pytest.raises(Cancelled), stopped.phase("training"):
        stop()
    again = Costs(torch.device("cpu"), path)
    again.recall()
    with again.phase("training"):
        time.sleep(0.1)
    assert again.phases["training"].seconds >= 0.2
    path.write_text("[{}]")
    fresh = Costs(torch.device("cpu"), path)
    fresh.recall()
    assert fresh.phases == {}
