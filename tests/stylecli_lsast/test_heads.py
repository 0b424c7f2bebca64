"""Prompt heads: all begin with the initial word, and every weight of theirs can learn."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from stylecli_lsast.heads import make_head
from stylecli_lsast.options import HeadName

HEADS = get_args(HeadName)
START = torch.randn(32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", HEADS)
def test_every_prompt_begins_as_the_initial_word(name: HeadName):
    prompts = make_head(name, START, 30, seed=0)()
    assert prompts.shape == (30, 32)
    assert torch.allclose(prompts, START.expand(30, -1), atol=1e-6)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_can_give_each_prompt_values_of_its_own(name: HeadName):
    head = make_head(name, START, 6, seed=0)
    goal = torch.randn(6, 32, generator=torch.Generator().manual_seed(1))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.01)
    for _ in range(600):
        loss = (head() - goal).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.05
    assert all(parameter.grad is not None for parameter in head.parameters())


@pytest.mark.parametrize("name", HEADS)
def test_a_seed_says_all_that_is_random_in_a_head(name: HeadName):
    before = torch.random.get_rng_state()
    heads = [make_head(name, START, 6, seed).state_dict() for seed in (4, 4, 5)]
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(heads[0][key], heads[1][key]) for key in heads[0])
    if name != "table":
        assert any(not torch.equal(heads[0][key], heads[2][key]) for key in heads[0])


def test_the_single_heads_attention_is_a_constant_as_the_report_says():
    head = make_head("single", START, 6, seed=0)
    before = head.to_start(torch.zeros(1, 1, 32), START[None, None])
    with torch.no_grad():
        head.to_start.to_q.weight.mul_(-3)
        head.to_start.to_k.weight.mul_(7)
    after = head.to_start(torch.zeros(1, 1, 32), START[None, None])
    assert torch.allclose(before, after), (
        "queries and keys say nothing where one value is to choose"
    )


def test_the_start_of_the_single_head_does_not_learn():
    assert "start" not in dict(make_head("single", START, 6, seed=0).named_parameters())
