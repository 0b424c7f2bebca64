from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import Conditions, constant
from stylecli.bases.device import autocast, pick_dtype
from stylecli.bases.spec import BaseSpec

CPU = torch.device("cpu")


def test_nothing_is_read_before_it_is_used(mini_spec: BaseSpec, tmp_path: Path):
    assert load_base(mini_spec, tmp_path / "nowhere", "fp32", CPU).spec is mini_spec


def test_what_the_parts_say_about_sizes(base: Base):
    assert base.pixels_per_latent == 2
    assert base.size_multiple == 4
    assert base.prediction_type == "epsilon"
    assert base.alphas_cumprod.shape == (1000,)
    assert (base.alphas_cumprod.diff() < 0).all()


def test_models_are_frozen_and_evaluate(base: Base):
    for model in (base.denoiser, base.vae, base.text_encoder):
        assert not model.training
        assert not any(parameter.requires_grad for parameter in model.parameters())


def test_latents_are_scaled_as_the_denoiser_expects(base: Base):
    pixels = torch.rand(2, 3, 16, 24) * 2 - 1
    mean, std = base.encode(pixels)
    with torch.no_grad():
        posterior = base.vae.encode(pixels).latent_dist
    factor = base.vae.config.scaling_factor
    assert mean.shape == std.shape == (2, 4, 8, 12)
    assert torch.allclose(mean, posterior.mean * factor, atol=1e-6)
    assert torch.allclose(std, posterior.std * factor, atol=1e-6)
    with torch.no_grad():
        expected = base.vae.decode(posterior.mean).sample
    assert torch.allclose(base.decode(mean), expected, atol=1e-5)


def test_decoded_pictures_can_be_differentiated_where_it_is_wished(base: Base):
    latents = torch.randn(1, 4, 8, 8, requires_grad=True)
    assert not base.decode(latents).requires_grad
    pixels = base.decode(latents, trainable=True)
    assert torch.equal(pixels, base.decode(latents))
    (gradient,) = torch.autograd.grad(pixels.sum(), latents)
    # Where it is steepest: of a slope near zero the difference would be that of roundings.
    place = int(gradient.abs().argmax())
    step = torch.zeros_like(latents)
    step.view(-1)[place] = 0.01
    rise = float((base.decode(latents + step) - base.decode(latents - step)).sum()) / 0.02
    assert rise == pytest.approx(float(gradient.flatten()[place]), rel=0.02)


def test_contexts_are_those_of_the_text_encoder_whatever_the_batch(base: Base):
    both = base.contexts(["a house", ""]).context
    assert both.shape == (2, 77, 32)
    assert torch.allclose(base.contexts([""]).context[0], both[1], atol=1e-6)
    assert not torch.allclose(both[0], both[1], atol=1e-2)


def test_too_long_prompts_are_found(base: Base):
    tokens = len(base.tokenizer("word").input_ids) - 2
    fits, long = "word " * (75 // tokens), "word " * (75 // tokens + 1)
    assert base.too_long(["", fits, long]) == [long]


def test_hashes_are_those_of_the_weight_files(base: Base, mini_folder: Path):
    file = mini_folder / "unet" / "diffusion_pytorch_model.safetensors"
    assert base.denoiser_hash == hashlib.sha256(file.read_bytes()).hexdigest()
    assert len({base.denoiser_hash, base.vae_hash, base.text_encoder_hash}) == 3


def test_a_freed_part_loads_again(base: Base):
    weights = base.vae.state_dict()
    base.free("vae", "text_encoder")
    again = base.vae.state_dict()
    assert all(torch.equal(weights[key], again[key]) for key in weights)


def test_predictions_do_not_depend_on_the_batch(base: Base):
    latents = torch.randn(2, 4, 8, 8)
    timesteps = torch.tensor([10, 900])
    conditions = base.contexts(["a house", "a tree"])
    with torch.no_grad():
        both = base.predict(latents, timesteps, conditions)
        alone = base.predict(latents[1:], timesteps[1:], conditions.pick([1]))
    assert both.dtype == torch.float32
    assert torch.allclose(both[1:], alone, atol=1e-5)


def test_conditions_are_picked_in_order():
    conditions = Conditions(torch.arange(6).view(3, 2), {"time_ids": torch.arange(3)})
    picked = conditions.pick([2, 0, 2])
    assert picked.context.tolist() == [[4, 5], [0, 1], [4, 5]]
    assert picked.added["time_ids"].tolist() == [2, 0, 2]
    assert constant(conditions)(torch.tensor([5])) is conditions


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_a_precision_is_what_it_says(precision, dtype: torch.dtype):
    assert pick_dtype(precision, CPU) == dtype


@pytest.mark.parametrize(
    ("found", "dtype"),
    [
        ({"avx512_bf16": True, "amx_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": True, "amx_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_on_a_cpu_the_default_precision_is_bf16_only_with_amx(found, dtype, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert pick_dtype("auto", CPU) == dtype


def test_inside_autocast_products_are_in_that_type():
    matrix = torch.eye(2)
    with autocast(CPU, torch.bfloat16):
        assert (matrix @ matrix).dtype == torch.bfloat16
    with autocast(CPU, torch.float32):
        assert (matrix @ matrix).dtype == torch.float32
