"""Contexts reach the layers that they are for, and nothing is left behind."""

from __future__ import annotations

import contextlib

import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor2_0

from stylecli.bases.base import Base
from stylecli.bases.conditions import Conditions, Control
from stylecli.bases.modules import models_of_family
from stylecli.errors import UsageError
from stylecli_lsast.layers import by_layer, layer_of_block

LATENTS = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(7))
TIMES = torch.tensor([100, 700])


@pytest.fixture(scope="module")
def sd15():
    return models_of_family("sd15")["unet"]


def test_down_middle_and_up_of_sd15(sd15):
    found = layer_of_block(sd15, 3)
    assert found == {
        "down_blocks.0": 0,
        "down_blocks.1": 0,
        "down_blocks.2": 0,
        "mid_block": 1,
        "up_blocks.1": 2,
        "up_blocks.2": 2,
        "up_blocks.3": 2,
    }
    assert list(found)[3] == "mid_block", "in the order in which they run"


def test_one_layer_or_one_a_block(sd15):
    assert set(layer_of_block(sd15, 1).values()) == {0}
    assert list(layer_of_block(sd15, 7).values()) == list(range(7))


@pytest.mark.parametrize("layers", [2, 4, 8, 64])
def test_other_numbers_of_layers_are_refused(sd15, layers: int):
    with pytest.raises(UsageError, match="7 blocks with cross-attention"):
        layer_of_block(sd15, layers)


def contexts(base: Base, *values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, -1, 1, 1).expand(2, -1, 77, 32)


def test_each_context_reaches_exactly_its_cross_attentions(base: Base):
    controlnet = base.controlnet("canny")
    heard: dict[str, set[float]] = {}
    models = {"": base.denoiser, "controlnet.": controlnet}
    hooks = [
        module.register_forward_pre_hook(
            lambda _, given, path=prefix + path: heard.setdefault(path, set()).update(
                given[0].unique().tolist()
            )
        )
        for prefix, model in models.items()
        for path, module in model.named_modules()
        if path.endswith(("attn2.to_k", "attn2.to_v"))
    ]
    told = Conditions(
        contexts(base, 1.0, 2.0, 3.0), control=Control(controlnet, torch.ones(2, 3, 16, 16))
    )
    with torch.no_grad(), by_layer(layer_of_block(base.denoiser, 3), *models.values()):
        base.predict(LATENTS, TIMES, told)
    for hook in hooks:
        hook.remove()
    values = {"down": 1.0, "mid_": 2.0, "up_b": 3.0}
    assert len(heard) == len(hooks)
    for path, found in heard.items():
        assert found == {values[path.removeprefix("controlnet.")[:4]]}, path


def test_contexts_that_are_alike_say_what_one_says(base: Base):
    plain = base.contexts(["a house", "a tree"])
    side_by_side = Conditions(plain.context[:, None].expand(-1, 3, -1, -1))
    with torch.no_grad():
        expected = base.predict(LATENTS, TIMES, plain)
        with by_layer(layer_of_block(base.denoiser, 3), base.denoiser):
            assert torch.equal(base.predict(LATENTS, TIMES, side_by_side), expected)


def test_the_model_is_left_as_it_was_also_by_an_error(base: Base):
    before = base.denoiser.attn_processors
    assert all(isinstance(each, AttnProcessor2_0) for each in before.values())
    with (
        contextlib.suppress(RuntimeError),
        by_layer(layer_of_block(base.denoiser, 3), base.denoiser),
    ):
        inner = [
            each for each in base.denoiser.attn_processors.values() if each not in before.values()
        ]
        assert inner
        assert all(isinstance(each.inner, AttnProcessor2_0) for each in inner)
        raise RuntimeError
    after = base.denoiser.attn_processors
    assert all(after[path] is before[path] for path in before)


def test_a_context_of_the_usual_shape_is_not_taken_for_one_by_layer(base: Base):
    plain = base.contexts(["a house", "a tree"])
    with by_layer(layer_of_block(base.denoiser, 3), base.denoiser), pytest.raises(ValueError):  # noqa: PT011
        base.predict(LATENTS, TIMES, plain)
