from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import constant
from stylecli.errors import UsageError
from stylecli.progress import Event
from stylecli.registry import load_registry
from stylecli.sampling.denoise import (
    Guidance,
    denoise,
    generators_for,
    noise_like,
    predicted_noise,
)
from stylecli.sampling.options import SdeditOptions
from stylecli.sampling.schedulers import Schedule, SchedulerName, make_schedule
from stylecli.sampling.sdedit import Sdedit
from stylecli.styles.style import Prompt, ScaledStyle

Styled = Callable[..., ScaledStyle]
MakePicture = Callable[..., Image.Image]


def options(**changes: object) -> SdeditOptions:
    quick: dict[str, object] = {"steps": 6, "precision": "fp32", "guidance": 3.0, "size": 64}
    return SdeditOptions(**{**quick, **changes})


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(float)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Largest difference of any channel, 0 to 255."""
    return float(abs(pixels(one) - pixels(other)).max())


def painted(base: Base, styles: list[ScaledStyle], image: Image.Image, seed: int = 0, **changes):
    [result] = Sdedit(base, styles, options(**changes))([image], ["a house"], [seed])
    return result


@pytest.mark.parametrize("scheduler", get_args(SchedulerName))
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_every_sampler_makes_pictures_at_any_batch_size(
    base: Base, styled: Styled, picture: MakePicture, scheduler: SchedulerName, strength: float
):
    images = [picture(1, (80, 64)), picture(2, (80, 64)), picture(3, (64, 64))]
    prompts, seeds = ["a house", "", "a tree"], [4, 5, 6]
    chosen = options(scheduler=scheduler, strength=strength, steps=4)
    together = Sdedit(base, [styled(0.3)], chosen)(images, prompts, seeds)
    assert [result.size for result in together] == [image.size for image in images]
    assert all(pixels(result).std() > 1 for result in together)
    [alone] = Sdedit(base, [styled(0.3)], chosen)(images[1:2], prompts[1:2], seeds[1:2])
    assert difference(together[1], alone) <= 2


def test_a_batch_limit_changes_nothing(base: Base, picture: MakePicture):
    images = [picture(n) for n in range(3)]
    results = [
        Sdedit(base, [], options(batch_size=size))(images, [""] * 3, list(range(3)))
        for size in (1, 2, 3)
    ]
    for other in results[1:]:
        assert max(map(difference, results[0], other)) <= 2


def test_the_seed_decides(base: Base, picture: MakePicture):
    image = picture()
    first = painted(base, [], image, seed=1)
    torch.manual_seed(50)
    assert difference(painted(base, [], image, seed=1), first) == 0
    assert difference(painted(base, [], image, seed=2), first) > 10


def test_the_picture_goes_further_with_the_strength(picture: MakePicture):
    spec = load_registry().bases["tiny"]
    assert isinstance(spec.source, Path)
    tiny = load_base(spec, spec.source, "fp32", torch.device("cpu"))
    images = [picture(seed, (96, 96)) for seed in range(2)]
    distances = []
    for strength in (0.1, 0.4, 0.7, 1.0):
        chosen = options(steps=10, strength=strength, guidance=1.0, size=96)
        results = Sdedit(tiny, [], chosen)(images, ["a landscape"] * 2, [0, 1])
        pairs = zip(results, images, strict=True)
        distances.append(np.mean([abs(pixels(one) - pixels(two)).mean() for one, two in pairs]))
    assert distances == sorted(distances)
    assert distances[-1] > 2 * distances[0]


@pytest.mark.parametrize("strength", [0.0, 1.2, 0.1])
def test_a_strength_without_steps_is_refused_before_anything_is_painted(
    base: Base, strength: float
):
    with pytest.raises(UsageError, match="--strength"):
        Sdedit(base, [], options(strength=strength))


@pytest.mark.parametrize(
    "size", [(1, 1), (3, 2), (63, 65), (101, 67), (600, 20), (20, 600), (1000, 1), (300, 200)]
)
def test_any_size_comes_back_in_its_aspect(base: Base, picture: MakePicture, size):
    result = painted(base, [], picture(0, size), steps=2, guidance=1.0)
    width, height = size
    assert result.mode == "RGB"
    if max(size) <= 8 * min(size):
        assert min(result.size) == 64
        assert result.width / result.height == pytest.approx(width / height, rel=0.02)
    elif min(result.size) > 1:
        longer, shorter = max(result.size), min(result.size)
        assert longer / (shorter + 0.5) <= max(size) / min(size) <= longer / (shorter - 0.5)
    assert (result.width > result.height) == (width > height)


def test_pictures_of_many_sizes_come_back_in_order(base: Base, picture: MakePicture):
    sizes = [(80, 64), (64, 80), (64, 64), (80, 64), (128, 64)]
    images = [picture(n, size) for n, size in enumerate(sizes)]
    results = Sdedit(base, [], options(strength=0.2))(images, [""] * 5, [0] * 5)
    assert [result.size for result in results] == sizes


def test_a_style_shows_and_a_scale_of_0_does_not(base: Base, styled: Styled, picture: MakePicture):
    image = picture()
    bare = painted(base, [], image)
    assert difference(painted(base, [styled()], image), bare) > 10
    assert difference(painted(base, [styled(0.0)], image), bare) == 0


def test_the_styles_own_words_are_said(base: Base, styled: Styled, picture: MakePicture):
    image = picture()
    with_words = painted(base, [styled(1.0, Prompt("A Monet painting,"))], image)
    [spelled] = Sdedit(base, [styled()], options())([image], ["A Monet painting, a house"], [0])
    assert difference(with_words, spelled) == 0
    assert difference(with_words, painted(base, [styled()], image)) > 0


def test_a_negative_prompt_changes_the_picture(base: Base, picture: MakePicture):
    image = picture()
    plain = painted(base, [], image, guidance=20.0)
    assert difference(painted(base, [], image, guidance=20.0, negative_prompt="a storm"), plain) > 0
    alone = painted(base, [], image, guidance=1.0)
    other = painted(base, [], image, guidance=1.0, negative_prompt="a storm")
    assert difference(other, alone) == 0


def test_style_guidance_pushes_the_style_further(base: Base, styled: Styled, picture: MakePicture):
    image, style = picture(), styled(0.2)
    bare = pixels(painted(base, [], image, guidance=1.0))
    plain = pixels(painted(base, [style], image, guidance=1.0))
    pushed = pixels(painted(base, [style], image, guidance=3.0, style_guidance=True))
    assert abs(pushed - bare).mean() > 1.3 * abs(plain - bare).mean()


def test_style_guidance_without_a_style_is_ordinary_guidance(base: Base, picture: MakePicture):
    image = picture()
    style_guided = painted(
        base, [], image, style_guidance=True, neutral_prompt="a storm", guidance=6.0
    )
    ordinary = painted(base, [], image, negative_prompt="a storm", guidance=6.0)
    assert difference(style_guided, ordinary) <= 2
    default = painted(base, [], image, style_guidance=True, guidance=6.0)
    named = painted(base, [], image, style_guidance=True, neutral_prompt="a photo", guidance=6.0)
    assert difference(default, named) == 0


def test_every_step_is_told(base: Base, picture: MakePicture):
    events: list[Event] = []
    Sdedit(base, [], options(strength=0.5))([picture()], [""], [0], events.append)
    assert [(event.done, event.total) for event in events] == [(1, 3), (2, 3), (3, 3)]


def test_two_stylizers_share_a_base(base: Base, styled: Styled, picture: MakePicture):
    image = picture()
    one = Sdedit(base, [styled(1.0)], options())
    two = Sdedit(base, [], options())
    first, second = one([image], [""], [0]), two([image], [""], [0])
    assert difference(first[0], second[0]) > 10
    assert difference(one([image], [""], [0])[0], first[0]) == 0


def one_step(base: Base, scale: float, style_guidance: bool = False) -> torch.Tensor:
    """Latents after a single deterministic step under guidance."""
    schedule = make_schedule("ddim", base.scheduler_config, 1, 1.0, base.device)
    generators = generators_for([0])
    towards, away = (constant(base.contexts([text])) for text in ("a house", "a storm"))
    guidance = Guidance(towards, away, scale, style_guidance)
    noise = noise_like((4, 8, 8), generators, base)
    return denoise(base, noise, schedule, guidance, generators, lambda done: None)


def test_guidance_goes_from_the_one_prediction_through_the_other(base: Base):
    plain, nothing, twice = one_step(base, 1.0), one_step(base, 0.0), one_step(base, 2.0)
    assert torch.allclose(twice, nothing + 2 * (plain - nothing), atol=1e-3)
    assert not torch.allclose(plain, nothing, atol=1e-3)
    assert torch.allclose(one_step(base, 2.0, style_guidance=True), twice, atol=1e-4)


def test_noise_belongs_to_the_seed_and_not_to_the_place_in_the_batch(base: Base):
    both = noise_like((4, 8, 8), generators_for([3, 9]), base)
    alone = noise_like((4, 8, 8), generators_for([9]), base)
    assert torch.equal(both[1], alone[0])
    assert not torch.equal(both[0], both[1])


def test_a_guide_says_what_the_denoiser_is_told_of_which_photos(base: Base, picture: MakePicture):
    """Its pictures are the photos in the size that is worked at; one guide is asked once a batch."""
    asked = []

    def guide(subjects, photos):
        asked.append((list(subjects), [photo.size for photo in photos]))
        context = base.contexts(["a house"]).pick([0] * len(subjects))
        return Guidance(constant(context), constant(context), 1.0, style_guidance=False)

    photos = [picture(1, (80, 64)), picture(2, (160, 128))]
    plain = Sdedit(base, (), options(guidance=1.0))(photos, ["a house"] * 2, [0, 1])
    guided = Sdedit(base, (), options(guidance=1.0), guide=guide)(photos, ["x", "y"], [0, 1])
    assert asked == [(["x", "y"], [(80, 64), (80, 64)])]
    assert all(difference(*pair) <= 1 for pair in zip(plain, guided, strict=True))


class TellsNoise:
    """A base whose denoiser always finds the same noise, in the prediction type that is asked for."""

    def __init__(self, prediction_type: str, latents: torch.Tensor, noise: torch.Tensor) -> None:
        self.prediction_type = prediction_type
        self.alphas_cumprod = torch.linspace(0.99, 0.01, 1000)
        self._latents, self._noise = latents, noise
        self.told: list[object] = []
        self.noisy: list[torch.Tensor] = []

    def predict(self, noisy, timesteps, told):
        self.told.append(told)
        self.noisy.append(noisy)
        if self.prediction_type == "epsilon":
            return self._noise
        # The velocity at which these latents and this noise would have given `noisy`.
        share = self.alphas_cumprod[int(timesteps[0])]
        clean = (noisy - (1 - share).sqrt() * self._noise) / share.sqrt()
        return share.sqrt() * self._noise - (1 - share).sqrt() * clean


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_predicted_noise_is_what_the_model_takes_for_noise(prediction_type: str):
    random = torch.Generator().manual_seed(0)
    latents, noise, found = (torch.randn(2, 4, 8, 8, generator=random) for _ in range(3))
    base = TellsNoise(prediction_type, latents, found)
    schedule = make_schedule("ddim", {"num_train_timesteps": 1000}, 10, 0.7, "cpu")
    told = Guidance(constant("towards"), constant("away"), 1.0, style_guidance=False)
    result = predicted_noise(base, latents, noise, schedule, told)
    assert torch.allclose(result, found, atol=1e-4)
    assert base.told == ["towards"]


def test_between_two_timesteps_the_signal_is_between_theirs():
    latents, noise = torch.ones(1, 4, 2, 2), torch.zeros(1, 4, 2, 2)
    base = TellsNoise("epsilon", latents, noise)
    base.alphas_cumprod = torch.tensor([1.0, 0.64, 0.0])
    schedule = Schedule(None, torch.tensor([0.5]))
    told = Guidance(constant("towards"), constant("away"), 1.0, style_guidance=False)
    predicted_noise(base, latents, noise, schedule, told)
    assert torch.allclose(base.noisy[0].pow(2), torch.tensor(0.82))


@pytest.mark.parametrize("scheduler", get_args(SchedulerName))
def test_stochastic_inversion_works_with_every_sampler(
    base: Base, picture: MakePicture, scheduler: SchedulerName
):
    chosen = options(scheduler=scheduler, steps=4)
    [result] = Sdedit(base, (), chosen, noise="predicted")([picture(1)], ["a house"], [0])
    [gaussian] = Sdedit(base, (), chosen)([picture(1)], ["a house"], [0])
    assert pixels(result).std() > 1
    assert difference(result, gaussian) > 1
