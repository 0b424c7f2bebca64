"""The space of prompts: stages, layers, and who learns from what."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylecli.bases.base import Base
from stylecli.training.examples import Batch
from stylecli.training.loss import denoising_loss
from stylecli.training.options import TrainingOptions
from stylecli_lsast.heads import make_head
from stylecli_lsast.layers import by_layer, layer_of_block
from stylecli_lsast.prompts import PromptSpace, grouped, learning_conditioner


class Thousand:
    """A base of which only the number of timesteps matters."""

    alphas_cumprod = torch.ones(1000)


@pytest.mark.parametrize(
    ("timestep", "stage"), [(0, 0), (99, 0), (100, 1), (549.5, 5), (899.9, 8), (900, 9), (999, 9)]
)
def test_the_stage_of_a_timestep(timestep: float, stage: int):
    space = PromptSpace(torch.zeros(10, 3, 4))
    assert space.stage(Thousand(), torch.tensor([timestep])).tolist() == [stage]


@given(stages=st.integers(1, 1000), timestep=st.integers(0, 999))
def test_stages_cover_the_schedule_in_order(stages: int, timestep: int):
    space = PromptSpace(torch.zeros(stages, 1, 1))
    here, there = space.stage(Thousand(), torch.tensor([timestep, min(999, timestep + 1)])).tolist()
    assert 0 <= here <= there < stages
    assert here == timestep * stages // 1000


def test_disjoint_prompts_are_grouped_by_stage_and_layer():
    space = grouped(torch.arange(30.0)[:, None], 10, 3, sliding=False)
    assert space.vectors[..., 0].tolist() == [[3 * s, 3 * s + 1, 3 * s + 2] for s in range(10)]
    assert (space.stages, space.layers) == (10, 3)


def test_the_released_window_slides_and_uses_12_of_30():
    space = grouped(torch.arange(30.0)[:, None], 10, 3, sliding=True)
    assert space.vectors[..., 0].tolist() == [[s, s + 1, s + 2] for s in range(10)]
    assert len(space.vectors.unique()) == 12


def gradients(base: Base, sliding: bool, only_up: bool) -> torch.Tensor:
    """Which of 30 prompts learn from pictures of all stages: the size of each one's gradient."""
    prompts = torch.randn(30, 32, generator=torch.Generator().manual_seed(1)).requires_grad_()
    conditioner = learning_conditioner(base, lambda: grouped(prompts, 10, 3, sliding), "*", only_up)
    loss = denoising_loss(base, TrainingOptions(), lambda _: conditioner(times))
    times = torch.arange(50, 1000, 100)
    latents = torch.randn(10, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    with by_layer(layer_of_block(base.denoiser, 3), base.denoiser):
        loss(
            Batch(latents, base.contexts(["*"]).pick([0] * 10)), torch.Generator().manual_seed(3)
        ).backward()
    return prompts.grad.norm(dim=-1)


def test_all_30_prompts_learn_over_the_stages(base: Base):
    assert (gradients(base, sliding=False, only_up=False) > 0).all()


def test_as_released_only_the_up_blocks_prompts_of_the_window_learn(base: Base):
    learnt = gradients(base, sliding=True, only_up=True) > 0
    assert learnt.tolist() == [2 <= number < 12 for number in range(30)]


def test_the_released_gradients_are_those_of_frozen_down_and_middle_blocks(base: Base):
    """Without gradients there, what the up blocks hear is all that the error can be traced to."""
    prompts = torch.randn(10, 3, 32, generator=torch.Generator().manual_seed(1)).requires_grad_()
    told = learning_conditioner(base, lambda: PromptSpace(prompts), "*", only_up=True)
    full = learning_conditioner(base, lambda: PromptSpace(prompts), "*", only_up=False)
    times = torch.tensor([50, 950])
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    found = []
    for conditioner in (told, full):
        with by_layer(layer_of_block(base.denoiser, 3), base.denoiser):
            error = base.predict(latents, times, conditioner(times)).pow(2).sum()
        found.append(torch.autograd.grad(error, prompts)[0])
    released, whole = found
    assert not released[:, :2].any()
    assert torch.allclose(released[:, 2], whole[:, 2], rtol=1e-4, atol=1e-6)


def test_only_the_stages_of_a_batch_are_encoded(base: Base, monkeypatch):
    counted = []
    whole = base.contexts
    monkeypatch.setattr(
        base,
        "contexts",
        lambda texts, words=None: counted.append(len(texts)) or whole(texts, words),
    )
    head = make_head("table", base.word_vector("painting"), 30, 0)
    conditioner = learning_conditioner(base, lambda: grouped(head(), 10, 3, False), "*", False)
    context = conditioner(torch.tensor([10, 950, 20, 960])).context
    assert counted == [6], "two stages of three layers"
    assert torch.equal(context[0], context[2])
    assert context.shape == (4, 3, 77, 32)
