from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch.nn import functional

import stylecli
from stylecli.bases.base import Base
from stylecli_sdxl_lora.perceptual import perceptual_term
from stylecli_sdxl_lora.perceptual_features import gradients_apart, textures_apart

PARTS = [gradients_apart, textures_apart]


def strokes(seed: int = 0, side: int = 96) -> torch.Tensor:
    """Pictures ``(2, 3, side, side)`` with detail at every scale, in [-1, 1]."""
    random = torch.Generator().manual_seed(seed)
    total = torch.zeros(2, 3, side, side)
    for cells in (6, 12, 24, 48, side):
        coarse = torch.randn(2, 3, cells, cells, generator=random)
        total += functional.interpolate(coarse, (side, side), mode="bicubic") * 6 / cells**0.7
    return (total / 4).clamp(-1, 1)


def blurred(pixels: torch.Tensor, times: int) -> torch.Tensor:
    for _ in range(times):
        pixels = functional.avg_pool2d(functional.pad(pixels, (1, 1, 1, 1), mode="reflect"), 3, 1)
    return pixels


@pytest.mark.parametrize("part", PARTS)
def test_the_same_pictures_are_not_apart(part):
    assert part(strokes(), strokes()).tolist() == [0, 0]


@pytest.mark.parametrize("part", PARTS)
def test_blur_is_seen_and_more_of_it_more(part):
    true = strokes()
    found = [part(blurred(true, times), true) for times in (1, 2, 4, 8, 16)]
    assert all((more > less).all() for less, more in pairwise(found))
    assert (found[0] > 0.01).all()
    assert (found[-1] < 1).all()


@pytest.mark.parametrize("part", PARTS)
def test_a_pictures_distance_is_its_own_and_bounded(part):
    true, other = strokes(0), strokes(1)
    both = part(other, true)
    assert torch.allclose(part(other[:1], true[:1]), both[:1], atol=1e-6)
    assert (part(100 * torch.randn_like(true), true) < 1.1).all()


def test_gradients_of_unrelated_pictures_are_about_one_apart_and_of_a_negative_two():
    true = strokes()
    assert gradients_apart(strokes(1), true).tolist() == pytest.approx([1, 1], abs=0.1)
    assert gradients_apart(-true, true).tolist() == pytest.approx([2, 2], abs=0.05)
    assert gradients_apart(torch.zeros_like(true), true).tolist() == pytest.approx([1, 1], abs=0.05)


def test_another_palette_on_the_same_edges_is_seen_by_the_texture_alone():
    true = strokes() / 2
    redder = true + torch.tensor([0.3, -0.1, -0.1]).view(1, 3, 1, 1)
    assert gradients_apart(redder, true).tolist() == pytest.approx([0, 0], abs=1e-6)
    assert (textures_apart(redder, true) > 0.05).all()
    bluer = redder[:, [1, 2, 0]]
    assert (textures_apart(bluer, redder) > 0.1).all()


def test_a_texture_that_is_moved_is_still_the_texture():
    true = strokes()
    moved = true.roll((9, 17), (2, 3))
    assert (gradients_apart(moved, true) > 0.5).all()
    assert (textures_apart(moved, true) < 0.05).all()
    assert (textures_apart(moved, true) < 0.1 * gradients_apart(moved, true)).all()


def test_the_direction_of_strokes_is_seen():
    stripes = torch.sin(torch.arange(96.0) * 0.8).expand(1, 3, 96, 96) * 0.5
    assert float(textures_apart(stripes.mT.contiguous(), stripes)) > 0.2
    assert float(textures_apart(stripes.roll(4, 3), stripes)) < 0.05


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("flat", [0.0, 0.4, -1.0])
def test_flat_pictures_have_finite_distances_and_gradients(part, flat: float):
    one = torch.full((1, 3, 64, 48), flat, requires_grad=True)
    found = part(one, torch.full((1, 3, 64, 48), flat))
    (gradient,) = torch.autograd.grad(found.sum(), one)
    assert found.item() == 0
    assert gradient.isfinite().all()


def estimate(seed: int = 0, side: int = 32, off: float = 0.5, signal: float = 0.5):
    """Latents of two pictures, and an estimate that is off by a share of noise."""
    random = torch.Generator().manual_seed(1)
    latents = torch.randn(2, 4, side, side, generator=random)
    clean = latents + off * torch.randn(latents.shape, generator=random)
    return stylecli.Estimate(
        clean.requires_grad_(),
        latents,
        torch.full((2,), signal),
        torch.Generator().manual_seed(seed),
    )


def test_the_term_is_the_parts_of_the_decoded_pictures_times_weight_and_signal(mini_base: Base):
    given = estimate(signal=0.25)
    found, true = mini_base.decode(given.clean), mini_base.decode(given.latents)
    expected = 3 * 0.25 * (gradients_apart(found, true) + textures_apart(found, true))
    assert torch.allclose(perceptual_term(mini_base, 3.0)(given), expected, rtol=1e-4)
    assert perceptual_term(mini_base, 3.0)(estimate(off=0.0)).tolist() == [0, 0]


def test_a_large_pictures_window_is_bounded_and_drawn_from_the_generator(mini_base: Base):
    # 80 cells are 160 px: half of them are compared.
    term = perceptual_term(mini_base, 1.0)
    given = estimate(3, side=80)
    found = term(given)
    (gradient,) = torch.autograd.grad(found.sum(), given.clean)
    seen = gradient.abs().sum(dim=(0, 1))
    assert ((seen > 0).any(dim=0).sum(), (seen > 0).any(dim=1).sum()) == (40, 40)
    torch.manual_seed(8)
    assert torch.equal(term(estimate(3, side=80)), found)
    assert not torch.equal(term(estimate(4, side=80)), found)


def test_no_window_is_larger_than_256_pixels(mini_base: Base, monkeypatch):
    asked = []
    monkeypatch.setattr(
        mini_base,
        "decode",
        lambda latents, trainable=False: (
            asked.append(latents.shape) or latents[:, :3].repeat_interleave(2, 2)
        ),
    )
    perceptual_term(mini_base, 1.0)(estimate(side=400))
    assert set(asked) == {(2, 4, 128, 128)}


def test_checkpointing_changes_neither_the_term_nor_its_gradients(mini_base: Base):
    found = []
    for checkpointing in (False, True):
        given = estimate()
        value = perceptual_term(mini_base, 1.0, checkpointing=checkpointing)(given)
        found.append((value, *torch.autograd.grad(value.sum(), given.clean)))
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-6)
    assert not mini_base.vae.is_gradient_checkpointing


@pytest.mark.parametrize("timestep", [0, 500, 999])
def test_gradients_reach_the_denoiser_and_are_finite(mini_base: Base, timestep: int):
    weight = mini_base.denoiser.conv_out.weight.requires_grad_()
    latents = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(2))
    batch = stylecli.Batch(latents, mini_base.contexts(["a", "b"]))
    options = stylecli.TrainingOptions(min_timestep=timestep, max_timestep=timestep)
    found = []
    for also in (None, perceptual_term(mini_base, 1.0)):
        loss = stylecli.denoising_loss(mini_base, options, also=also)
        value = loss(batch, torch.Generator().manual_seed(0))
        found.append((value.item(), *torch.autograd.grad(value, weight)))
    (plain, without), (total, gradient) = found
    assert total > plain
    assert gradient.isfinite().all()
    share = float((gradient - without).norm() / without.norm())
    # The estimate's error is 15 times the noise's at timestep 999, and says nothing there.
    assert 0 < share < (0.2 if timestep == 999 else 20)
