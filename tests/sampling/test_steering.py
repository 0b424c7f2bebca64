"""A guide that changes what each step takes for the picture."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import stylecli
from stylecli.bases.base import Base
from stylecli.bases.conditions import constant
from stylecli.bases.estimates import clean_of, prediction_of, share_at
from stylecli.images.tensors import to_pictures, to_tensor
from stylecli.sampling.denoise import Guidance, denoise, generators_for, noise_like
from stylecli.sampling.schedulers import SchedulerName, make_schedule

LEVEL = 0.3


def painted(base: Base, scheduler: SchedulerName, steer: stylecli.Steer | None) -> torch.Tensor:
    schedule = make_schedule(scheduler, base.scheduler_config, 8, 1.0, base.device)
    told = constant(base.contexts(["a house"]))
    noise = noise_like((4, 8, 8), generators_for([0]), base) * schedule.scheduler.init_noise_sigma
    guidance = Guidance(told, told, 1.0, style_guidance=False, steer=steer)
    return denoise(base, noise, schedule, guidance, generators_for([1]), lambda done: None)


@pytest.mark.parametrize("scheduler", get_args(SchedulerName))
def test_steered_to_one_picture_every_sampler_ends_there(base: Base, scheduler: SchedulerName):
    seen = []

    def steer(clean: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        seen.append(float(timesteps[0]))
        assert clean.shape == (1, 4, 8, 8)
        assert timesteps.shape == (1,)
        return torch.full_like(clean, LEVEL)

    # Some samplers stop a little above no noise at all, as they do with any picture.
    assert painted(base, scheduler, steer).mean().item() == pytest.approx(LEVEL, abs=0.05)
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > 800 > 150 > seen[-1]


@pytest.mark.parametrize("scheduler", ["ddim", "dpm++", "euler"])
def test_steering_that_changes_nothing_changes_nothing(base: Base, scheduler: SchedulerName):
    left = painted(base, scheduler, lambda clean, timesteps: clean)
    assert torch.allclose(left, painted(base, scheduler, None), atol=1e-3)


@given(
    share=st.floats(0.01, 0.99),
    velocity=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_the_estimate_of_the_true_prediction_is_the_true_picture_and_back(share, velocity, seed):
    random = torch.Generator().manual_seed(seed)
    clean, noise = (torch.randn(2, 4, 3, 3, generator=random) for _ in range(2))
    part = torch.tensor(share)
    noisy = part.sqrt() * clean + (1 - part).sqrt() * noise
    truth = part.sqrt() * noise - (1 - part).sqrt() * clean if velocity else noise
    assert torch.allclose(clean_of(noisy, truth, part, velocity), clean, atol=1e-4)
    assert torch.allclose(prediction_of(noisy, clean, part, velocity), truth, atol=1e-4)


def test_between_two_timesteps_the_share_is_between_theirs():
    assert float(share_at(torch.tensor([1.0, 0.6, 0.0]), 0.5)) == pytest.approx(0.8)
    assert float(share_at(torch.tensor([1.0, 0.6, 0.0]), 2.0)) == 0.0


def test_a_photo_that_is_steered_to_itself_stays_as_the_autoencoder_gives_it_back(
    base: Base, picture
):
    """The default guide is there to be built on, and a guide sees the photos."""
    options = stylecli.SdeditOptions(steps=6, strength=0.9, size=64, scheduler="ddim", guidance=2.0)
    plain = stylecli.guide_by_prompts(base, (), options)
    latents = []

    def guide(subjects, photos):
        latents.append(base.encode(to_tensor(photos))[0])
        return replace(plain(subjects, photos), steer=lambda clean, _: latents[0])

    photo = picture(size=(64, 64))
    (there,) = stylecli.Sdedit(base, (), options, guide=guide)([photo], [""], [0])
    (back,) = to_pictures(base.decode(latents[0]))
    (free,) = stylecli.Sdedit(base, (), options)([photo], [""], [0])

    def apart(other: Image.Image) -> float:
        return float(np.abs(np.asarray(other, float) - np.asarray(back, float)).mean())

    assert apart(there) < apart(free) / 10


def test_styles_of_another_family_are_refused(base: Base):
    style = stylecli.Style("far", "other", "sdxl", {"stylecli.other.x": torch.zeros(2)})
    with pytest.raises(stylecli.UsageError, match="'far' is a style of the sdxl family"):
        stylecli.check_styles(base, [stylecli.ScaledStyle(style)])
