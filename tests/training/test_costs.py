from __future__ import annotations

import time

import torch

from stylecli.training.costs import Costs


def test_a_phase_counts_its_time_and_the_memory_that_it_held():
    costs = Costs(torch.device("cpu"))
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
