from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylecli.errors import UsageError
from stylecli.sampling.denoise import generators_for
from stylecli.sampling.schedulers import SchedulerName, make_schedule, steps_for

CONFIG = {
    "_class_name": "DDIMScheduler",
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "steps_offset": 1,
    "num_train_timesteps": 1000,
}
NAMES = get_args(SchedulerName)


@pytest.mark.parametrize(
    ("strength", "steps", "count"),
    [(0.29, 100, 29), (0.57, 100, 57), (1.0, 50, 50), (0.6, 50, 30), (0.55, 10, 5), (0.1, 10, 1)],
)
def test_a_strength_runs_its_share_of_the_steps(strength: float, steps: int, count: int):
    assert steps_for(strength, steps) == count


@given(part=st.integers(1, 1000), steps=st.integers(1, 1000))
def test_every_share_of_whole_steps_is_whole(part: int, steps: int):
    part = min(part, steps)
    assert steps_for(part / steps, steps) == part


@pytest.mark.parametrize("strength", [0.0, -0.3, 1.2, 1.0001, float("nan"), float("inf")])
def test_a_strength_out_of_range_is_refused(strength: float):
    with pytest.raises(UsageError, match="not above 0 and at most 1"):
        steps_for(strength, 50)


def test_a_strength_that_leaves_no_step_says_what_would():
    with pytest.raises(
        UsageError, match=r"--strength 0\.03 leaves no step of --steps 20"
    ) as caught:
        steps_for(0.03, 20)
    assert caught.value.hint == "Use a strength of at least 0.05, or at least 34 steps."
    assert steps_for(0.05, 20) == steps_for(0.03, 34) == 1


@given(strength=st.floats(0.0001, 0.9), steps=st.integers(1, 200))
def test_what_is_advised_works(strength: float, steps: int):
    try:
        steps_for(strength, steps)
    except UsageError as problem:
        words = (problem.hint or "").replace(",", "").split()
        least, more = float(words[6]), int(words[-2])
        assert steps_for(least, steps) >= 1
        assert steps_for(strength, more) >= 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_a_schedule_goes_down_from_the_strengths_noise_level(name: SchedulerName, strength: float):
    schedule = make_schedule(name, CONFIG, 20, strength, "cpu")
    timesteps = schedule.timesteps
    assert (timesteps.diff() <= 0).all()
    assert float(timesteps[0]) == pytest.approx(1000 * strength, abs=80)
    assert float(timesteps[-1]) < 80
    latents, noise = torch.full((2, 4, 8, 8), 3.0), torch.randn(2, 4, 8, 8)
    noisy = schedule.scheduler.scale_model_input(schedule.add_noise(latents, noise), timesteps[0])
    signal = float((0.5 * torch.log(schedule.scheduler.alphas_cumprod))[int(timesteps[0])].exp())
    level = noisy - signal * latents
    assert torch.allclose(level, (1 - signal**2) ** 0.5 * noise, atol=0.05)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("steps", "strength"), [(12, 1.0), (12, 0.5), (12, 0.09), (2, 1.0)])
def test_a_perfect_denoiser_finds_the_picture(name: SchedulerName, steps: int, strength: float):
    schedule = make_schedule(name, CONFIG, steps, strength, "cpu")
    clean = torch.linspace(-1, 1, 4 * 64).view(1, 4, 8, 8)
    generators = generators_for([0])
    latents = schedule.add_noise(clean, torch.randn(clean.shape, generator=generators[0]))
    for timestep in schedule.timesteps:
        share = schedule.scheduler.alphas_cumprod[int(timestep)]
        noisy = schedule.scheduler.scale_model_input(latents, timestep)
        noise = (noisy - share.sqrt() * clean) / (1 - share).sqrt()
        latents = schedule.step(noise, timestep, latents, generators)
    assert torch.allclose(latents, clean, atol=0.12)


def test_the_bases_own_sampler_can_be_used():
    for kind in ("DDIMScheduler", "PNDMScheduler", "EulerDiscreteScheduler"):
        schedule = make_schedule("base", {**CONFIG, "_class_name": kind}, 10, 1.0, "cpu")
        assert type(schedule.scheduler).__name__ == kind


@pytest.mark.parametrize("name", NAMES)
def test_the_prediction_type_of_the_base_is_kept(name: SchedulerName):
    config = {**CONFIG, "prediction_type": "v_prediction"}
    schedule = make_schedule(name, config, 10, 1.0, "cpu")
    assert schedule.scheduler.config.prediction_type == "v_prediction"
