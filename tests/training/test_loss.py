from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from stylecli.bases.conditions import Conditions
from stylecli.errors import UsageError
from stylecli.training.examples import Batch
from stylecli.training.loss import Estimate, denoising_loss
from stylecli.training.options import TrainingOptions

SIGNAL = torch.linspace(0.99, 0.01, 1000)


class StubBase:
    """A base whose denoiser always predicts the same number, and remembers what it was asked."""

    def __init__(self, prediction_type: str = "epsilon", answer: float = 0.0) -> None:
        self.spec = SimpleNamespace(name="stub")
        self.prediction_type = prediction_type
        self.device = torch.device("cpu")
        self.alphas_cumprod = SIGNAL
        self.answer = answer
        self.noisy: list[torch.Tensor] = []
        self.timesteps: list[torch.Tensor] = []

    def predict(self, latents, timesteps, conditions):
        self.noisy.append(latents)
        self.timesteps.append(timesteps)
        return torch.full_like(latents, self.answer)


def batch(count: int = 3, side: int = 4) -> Batch:
    latents = torch.randn(count, 4, side, side, generator=torch.Generator().manual_seed(5))
    return Batch(latents, Conditions(torch.zeros(count, 77, 8)))


def value(base: StubBase, examples: Batch, seed: int = 0, **options: float) -> float:
    loss = denoising_loss(base, TrainingOptions(**options))
    return float(loss(examples, torch.Generator().manual_seed(seed)))


def noise_in(base: StubBase, examples: Batch) -> torch.Tensor:
    """The noise that was mixed into the last batch, solved for from what the denoiser was given."""
    share = SIGNAL[base.timesteps[-1]].view(-1, 1, 1, 1)
    return (base.noisy[-1] - share.sqrt() * examples.latents) / (1 - share).sqrt()


def test_a_base_that_predicts_noise_is_asked_for_the_noise():
    base, examples = StubBase("epsilon", answer=0.3), batch()
    found = value(base, examples)
    assert found == pytest.approx(float((0.3 - noise_in(base, examples)).pow(2).mean()), rel=1e-4)


def test_a_base_that_predicts_velocity_is_asked_for_the_velocity():
    base, examples = StubBase("v_prediction", answer=0.3), batch()
    found = value(base, examples)
    share = SIGNAL[base.timesteps[-1]].view(-1, 1, 1, 1)
    velocity = share.sqrt() * noise_in(base, examples) - (1 - share).sqrt() * examples.latents
    assert found == pytest.approx(float((0.3 - velocity).pow(2).mean()), rel=1e-4)


def test_the_noise_is_standard_and_fresh():
    base, examples = StubBase(), batch(64, 16)
    value(base, examples, seed=0)
    noise = noise_in(base, examples)
    assert abs(float(noise.mean())) < 0.02
    assert abs(float(noise.std()) - 1) < 0.02
    value(base, examples, seed=1)
    assert not torch.allclose(noise_in(base, examples), noise)


def test_all_that_is_random_comes_from_the_generator():
    first = value(StubBase(), batch(), seed=4)
    torch.manual_seed(99)
    assert value(StubBase(), batch(), seed=4) == first
    assert value(StubBase(), batch(), seed=5) != first


@pytest.mark.parametrize(("low", "high"), [(0, 999), (200, 300), (999, 999), (0, 0)])
def test_only_timesteps_of_the_range_are_trained(low: int, high: int):
    base = StubBase()
    for seed in range(40):
        value(base, batch(8), seed, min_timestep=low, max_timestep=high)
    seen = torch.cat(base.timesteps)
    assert seen.min() >= low
    assert seen.max() <= high
    assert len(seen.unique()) > min(high - low, 60)


def test_an_empty_range_of_timesteps_is_refused():
    with pytest.raises(UsageError, match="--min-timestep 500 is above --max-timestep 400"):
        denoising_loss(StubBase(), TrainingOptions(min_timestep=500, max_timestep=400))


def test_an_unknown_prediction_type_is_refused():
    with pytest.raises(UsageError, match="stub predicts 'sample'"):
        denoising_loss(StubBase("sample"), TrainingOptions())


@pytest.mark.parametrize(
    ("kind", "timestep", "gamma"),
    [(kind, t, g) for kind in ("epsilon", "v_prediction") for t in (50, 900) for g in (1.0, 5.0)],
)
def test_min_snr_weights_are_those_of_the_paper(kind: str, timestep: int, gamma: float):
    fixed = {"min_timestep": timestep, "max_timestep": timestep}
    plain = value(StubBase(kind), batch(), **fixed)
    weighted = value(StubBase(kind), batch(), min_snr=gamma, **fixed)
    share = float(SIGNAL[timestep])
    ratio = share / (1 - share)
    divisor = ratio if kind == "epsilon" else ratio + 1
    assert weighted / plain == pytest.approx(min(ratio, gamma) / divisor, rel=1e-4)


def test_min_snr_weighs_every_example_by_itself():
    examples = batch(6)
    base = StubBase()
    found = value(base, examples, min_snr=1.0)
    share = SIGNAL[base.timesteps[-1]]
    ratio = share / (1 - share)
    errors = noise_in(base, examples).pow(2).mean(dim=(1, 2, 3))
    expected = (errors * torch.minimum(ratio, torch.tensor(1.0)) / ratio).mean()
    assert found == pytest.approx(float(expected), rel=1e-4)


def test_noise_offset_shifts_whole_channels():
    examples = batch(256, 8)
    means = {}
    for offset in (0.0, 0.5):
        base = StubBase()
        value(base, examples, noise_offset=offset, min_timestep=900, max_timestep=900)
        means[offset] = noise_in(base, examples).mean(dim=(2, 3))
    assert float(means[0.0].var()) == pytest.approx(1 / 64, rel=0.2)
    assert float(means[0.5].var()) == pytest.approx(1 / 64 + 0.25, rel=0.2)


def test_a_conditioner_is_told_the_batchs_timesteps_and_tells_the_denoiser():
    base, examples, heard = StubBase(), batch(), []

    def conditioner(timesteps: torch.Tensor) -> Conditions:
        heard.append(timesteps)
        return Conditions(torch.ones(3, 77, 8))

    told = []
    base.predict = lambda latents, timesteps, conditions: told.append(conditions) or latents  # type: ignore[method-assign]
    loss = denoising_loss(base, TrainingOptions(min_timestep=700), conditioner)
    loss(examples, torch.Generator().manual_seed(0))
    assert len(heard[0]) == 3
    assert (heard[0] >= 700).all()
    assert (told[0].context == 1).all()


class KnowingBase(StubBase):
    """A base whose denoiser knows the true noise (and velocity), and is off by a share of it."""

    def __init__(self, kind: str, latents: torch.Tensor, off: float = 0.0) -> None:
        super().__init__(kind)
        self.latents = latents
        self.off = torch.tensor(off, requires_grad=True)

    def predict(self, latents, timesteps, conditions):
        share = SIGNAL[timesteps].view(-1, 1, 1, 1)
        noise = (latents - share.sqrt() * self.latents) / (1 - share).sqrt()
        velocity = share.sqrt() * noise - (1 - share).sqrt() * self.latents
        true = velocity if self.prediction_type == "v_prediction" else noise
        return true + self.off


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_the_estimate_is_exact_where_the_prediction_is(kind: str):
    examples, seen = batch(6), []

    def also(estimate: Estimate) -> torch.Tensor:
        seen.append(estimate)
        return torch.zeros(6)

    base = KnowingBase(kind, examples.latents)
    loss = denoising_loss(base, TrainingOptions(), also=also)
    loss(examples, torch.Generator().manual_seed(0))
    assert torch.allclose(seen[0].clean, examples.latents, atol=1e-4)
    assert torch.equal(seen[0].latents, examples.latents)
    assert len(seen[0].signal.unique()) == 6


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_what_is_wrong_in_the_prediction_is_wrong_in_the_estimate(kind: str):
    examples = batch(2)
    base = KnowingBase(kind, examples.latents, off=0.1)
    options = TrainingOptions(min_timestep=999)
    share = float(SIGNAL[999])
    # By hand: x = (z - sqrt(1 - a) e) / sqrt(a), and x = sqrt(a) z - sqrt(1 - a) v.
    expected = -((1 - share) ** 0.5) / (share**0.5 if kind == "epsilon" else 1)

    def also(estimate: Estimate) -> torch.Tensor:
        assert torch.allclose(
            estimate.clean - estimate.latents, torch.tensor(0.1 * expected), atol=1e-4
        )
        return estimate.clean.mean(dim=(1, 2, 3))

    loss = denoising_loss(base, options, also=also)(examples, torch.Generator())
    loss.backward()
    assert float(base.off.grad) == pytest.approx(2 * 0.1 + expected, rel=1e-4)


def test_a_further_error_is_added_to_each_picture_before_its_own_weight():
    examples = Batch(batch().latents, batch().conditions, torch.tensor([1.0, 0.5, 0.0]))
    plain = value(StubBase(), examples, min_snr=1.0)
    loss = denoising_loss(
        StubBase(), TrainingOptions(min_snr=1.0), also=lambda _: torch.tensor([3.0, 30.0, 300.0])
    )
    found = float(loss(examples, torch.Generator().manual_seed(0)))
    assert found - plain == pytest.approx((3 + 15) / 3, rel=1e-4)


def test_a_further_error_draws_from_the_same_generator_and_changes_no_noise():
    drawn = []

    def also(estimate: Estimate) -> torch.Tensor:
        drawn.append(torch.rand(1, generator=estimate.random))
        return torch.zeros(3)

    without, base = StubBase(), StubBase()
    value(without, batch(), seed=7)
    for _ in range(2):
        denoising_loss(base, TrainingOptions(), also=also)(
            batch(), torch.Generator().manual_seed(7)
        )
    assert torch.equal(base.noisy[0], without.noisy[0])
    assert torch.equal(drawn[0], drawn[1])
