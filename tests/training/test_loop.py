from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made_runs import (
    NumberedExamples,
    Watched,
    folders,
    metrics,
    options_for,
    run,
    trained,
)
from PIL import Image

from stylecli.bases.base import Base
from stylecli.bases.lora import LoraShape, add_lora
from stylecli.errors import Cancelled, StylecliError
from stylecli.progress import Event, silent
from stylecli.training.examples import Batch
from stylecli.training.loop import Fitted, fit, learning_rate_factor, total_steps
from stylecli.training.loss import Loss, denoising_loss
from stylecli.training.options import TrainingOptions

SCHEDULES = st.sampled_from(["constant", "linear", "cosine", "step"])


@pytest.mark.parametrize(
    ("step", "schedule", "warmup", "total", "factor"),
    [
        (0, "constant", 0, 10, 1.0),
        (9, "constant", 0, 10, 1.0),
        (0, "constant", 4, 10, 0.2),
        (3, "cosine", 4, 10, 0.8),
        (4, "linear", 4, 10, 1.0),
        (0, "linear", 0, 10, 1.0),
        (5, "linear", 0, 10, 0.5),
        (9, "linear", 0, 10, 0.1),
        (0, "cosine", 0, 10, 1.0),
        (5, "cosine", 0, 10, 0.5),
        (7, "cosine", 4, 10, 0.5),
        (2, "cosine", 5, 3, 0.5),
    ],
)
def test_the_learning_rate_at_a_step(step, schedule, warmup, total, factor):
    options = TrainingOptions(lr_schedule=schedule, warmup=warmup)
    assert learning_rate_factor(step, total, options) == pytest.approx(factor)


def test_the_step_schedule_drops_the_learning_rate_once():
    options = TrainingOptions(lr_schedule="step", lr_drop_at=0.2, lr_drop_factor=0.1, warmup=5)
    factors = [learning_rate_factor(step, 100, options) for step in (4, 5, 23, 24, 99)]
    assert factors == pytest.approx([5 / 6, 1, 1, 0.1, 0.1])


@given(schedule=SCHEDULES, warmup=st.integers(0, 50), total=st.integers(1, 100))
def test_the_learning_rate_rises_then_never_rises_again(schedule, warmup: int, total: int):
    options = TrainingOptions(lr_schedule=schedule, warmup=warmup)
    factors = [learning_rate_factor(step, total, options) for step in range(total)]
    assert all(0 < factor <= 1 for factor in factors)
    rising, falling = np.diff(factors[: warmup + 1]), np.diff(factors[warmup:])
    assert (rising > 0).all()
    assert (falling <= 0).all()
    assert total <= warmup or max(factors) == 1


@pytest.mark.parametrize(
    ("options", "pictures", "steps"),
    [
        ({"steps": 7}, 100, 7),
        ({"steps": None, "epochs": 1.0, "batch_size": 2}, 100, 50),
        ({"steps": None, "epochs": 2.5, "batch_size": 5, "accumulation": 2}, 40, 10),
        ({"steps": None, "epochs": 0.001}, 3, 1),
    ],
)
def test_steps_are_as_asked_or_as_many_as_the_epochs_make(options, pictures: int, steps: int):
    chosen = TrainingOptions(**options)
    assert total_steps(chosen, pictures / chosen.batch_size) == steps


@pytest.mark.parametrize("stops", [(3,), (1, 2, 5), (6,)])
def test_a_stopped_run_goes_on_exactly(base: Base, random_examples, tmp_path: Path, stops):
    through, stopped = folders(tmp_path, "through", "stopped")
    expected = trained(base, random_examples, through)
    found = trained(base, random_examples, stopped, stops=stops)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert metrics(stopped) == metrics(through)
    assert [step for step, _, _ in metrics(stopped)] == [1, 2, 3, 4, 5, 6]


def test_another_seed_learns_something_else(base: Base, random_examples, tmp_path: Path):
    one, two = folders(tmp_path, "one", "two")
    first = trained(base, random_examples, one)
    second = trained(base, random_examples, two, seed=1)
    assert not any(torch.equal(first[name], second[name]) for name in first)


def test_the_checkpoint_interval_changes_nothing_that_is_learnt(
    base: Base, random_examples, tmp_path: Path
):
    one, two = folders(tmp_path, "one", "two")
    first = trained(base, random_examples, one)
    second = trained(base, random_examples, two, checkpoint_every=2)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_after_a_crash_a_run_goes_on_from_the_last_checkpoint(tmp_path: Path):
    def crash(event: Event) -> None:
        if event.done == 5:
            raise RuntimeError("out of memory")

    watched, again, through = Watched(), Watched(), Watched()
    options = options_for(checkpoint_every=2)
    with pytest.raises(RuntimeError):
        run(
            watched.parameters, watched.loss, NumberedExamples(7), options, tmp_path, progress=crash
        )
    run(again.parameters, again.loss, NumberedExamples(7), options, tmp_path, resume=True)
    assert len(again.batches) == 2
    assert [step for step, _, _ in metrics(tmp_path)] == [1, 2, 3, 4, 5, 6]
    run(through.parameters, through.loss, NumberedExamples(7), options, tmp_path)
    assert torch.equal(again.parameters["x"], through.parameters["x"])


def test_the_loss_falls_and_the_last_of_it_is_told(tmp_path: Path):
    watched = Watched()
    options = options_for(steps=400, learning_rate=0.05, weight_decay=0.0)
    fitted = run(watched.parameters, watched.loss, NumberedExamples(4), options, tmp_path)
    assert watched.parameters["x"].item() == pytest.approx(3, abs=0.05)
    losses = [loss for _, loss, _ in metrics(tmp_path)]
    assert losses[0] == pytest.approx(9)
    assert fitted.final_loss == pytest.approx(np.mean(losses[-20:]))
    assert (fitted.steps, fitted.epochs) == (400, 200.0)


def test_the_first_step_of_adamw_is_the_learning_rate(tmp_path: Path):
    watched = Watched()
    options = options_for(steps=1, learning_rate=0.01, warmup=1, weight_decay=0.0)
    run(watched.parameters, watched.loss, NumberedExamples(4), options, tmp_path)
    assert watched.parameters["x"].item() == pytest.approx(0.005, rel=1e-4)
    assert metrics(tmp_path) == [(1, 9.0, 0.005)]


@pytest.mark.parametrize(("batch_size", "accumulation"), [(1, 1), (2, 1), (3, 2), (7, 1), (10, 1)])
def test_every_epoch_goes_through_all_pictures(tmp_path: Path, batch_size: int, accumulation: int):
    watched = Watched()
    options = options_for(
        steps=None,
        epochs=30.0,
        batch_size=batch_size,
        accumulation=accumulation,
        checkpoint_every=0,
    )
    run(watched.parameters, watched.loss, NumberedExamples(7), options, tmp_path)
    seen = [number for batch in watched.batches for number in batch]
    epochs = [seen[start : start + 7] for start in range(0, len(seen) - 6, 7)]
    assert len(epochs) >= 29
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert max(Counter(map(tuple, epochs)).values()) < 4


def test_accumulation_averages_as_a_larger_batch_would(tmp_path: Path):
    one, two = folders(tmp_path, "one", "two")
    large, small = Watched(), Watched()
    run(large.parameters, large.loss, NumberedExamples(8), options_for(batch_size=4), one)
    options = options_for(batch_size=2, accumulation=2)
    run(small.parameters, small.loss, NumberedExamples(8), options, two)
    assert torch.allclose(large.parameters["x"], small.parameters["x"])
    pairs = zip(small.batches[::2], small.batches[1::2], strict=True)
    assert [first + second for first, second in pairs] == large.batches


def test_gradients_are_clipped_to_the_asked_norm(tmp_path: Path):
    seen = []

    class Sgd(torch.optim.SGD):
        def step(self, closure=None):
            seen.append(float(self.param_groups[0]["params"][0].grad))

    watched = Watched()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            torch.optim, "AdamW", lambda params, lr, weight_decay, betas: Sgd(params, lr=lr)
        )
        for limit in (1.0, 0.0):
            options = options_for(steps=1, clip_norm=limit)
            run(watched.parameters, watched.loss, NumberedExamples(4), options, tmp_path)
    assert seen == [pytest.approx(-1, rel=1e-4), pytest.approx(-6)]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_diverging_run_is_named_with_what_to_change(tmp_path: Path, bad: float):
    watched = Watched()

    def loss(batch: Batch, random: torch.Generator) -> torch.Tensor:
        value = watched.loss(batch, random)
        return value * bad if len(watched.batches) == 3 else value

    with pytest.raises(StylecliError, match="step 3") as caught:
        run(watched.parameters, loss, NumberedExamples(4), options_for(), tmp_path)
    assert "--learning-rate" in (caught.value.hint or "")


def test_a_run_leaves_metrics_and_a_curve(tmp_path: Path):
    watched = Watched()
    run(watched.parameters, watched.loss, NumberedExamples(4), options_for(), tmp_path)
    assert len(metrics(tmp_path)) == 6
    with Image.open(tmp_path / "loss.png") as curve:
        assert len(curve.convert("RGB").getcolors(10_000) or []) > 3


def test_every_step_is_told(tmp_path: Path):
    events: list[Event] = []
    watched = Watched()
    run(
        *(watched.parameters, watched.loss, NumberedExamples(4), options_for(), tmp_path),
        progress=events.append,
    )
    assert [(event.done, event.total) for event in events] == [(n, 6) for n in range(1, 7)]
    assert all(event.values.keys() == {"loss", "learning rate"} for event in events)


def test_training_leaves_the_random_state_of_others_alone(tmp_path: Path):
    torch.manual_seed(8)
    before = torch.random.get_rng_state()
    watched = Watched()
    run(watched.parameters, watched.loss, NumberedExamples(4), options_for(), tmp_path)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_lora_on_the_miniature_base_learns(base: Base, random_examples, tmp_path: Path):
    options = options_for(steps=60, batch_size=4, learning_rate=0.02, min_timestep=400)
    lora = add_lora(base, LoraShape(4, 4.0, 0.0, ("to_q", "to_v", "conv1", "conv2")), 0)
    loss = denoising_loss(base, options)
    run(lora.named_parameters(), loss, random_examples(4, options), options, tmp_path)
    losses = [value for _, value, _ in metrics(tmp_path)]
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:5])


def test_parameters_may_have_learning_rates_of_their_own(tmp_path: Path):
    """With AdamW the first step is as long as the learning rate, whatever the gradient."""
    parameters = {name: torch.nn.Parameter(torch.zeros(1)) for name in ("a", "b", "c")}

    def loss(batch: Batch, random: torch.Generator) -> torch.Tensor:
        return sum(
            ((value - 3.0) * scale).pow(2)
            for value, scale in zip(parameters.values(), (1, 5, 9), strict=True)
        )

    rates = {"b": 0.002}
    chosen = options_for(steps=1, weight_decay=0, clip_norm=0)
    fit_with(parameters, loss, chosen, tmp_path, rates=rates)
    moved = {name: value.item() for name, value in parameters.items()}
    assert moved == pytest.approx({"a": 0.01, "b": 0.002, "c": 0.01}, rel=1e-3)


def test_a_run_with_several_learning_rates_goes_on_exactly(tmp_path: Path):
    def fresh() -> tuple[dict[str, torch.Tensor], Loss]:
        parameters = {name: torch.nn.Parameter(torch.zeros(1)) for name in ("a", "b", "c")}

        def loss(batch: Batch, random: torch.Generator) -> torch.Tensor:
            pulls = zip(parameters.values(), (1, 2, 3), strict=True)
            return sum((value - pull).pow(2).sum() for value, pull in pulls)

        return parameters, loss

    chosen = options_for(steps=6, lr_schedule="cosine")
    through, loss = fresh()
    fit_with(through, loss, chosen, tmp_path / "through", rates={"a": 0.1})

    def crash(event: Event) -> None:
        if event.done == 3:
            raise Cancelled("stop")

    stopped, loss = fresh()
    with pytest.raises(Cancelled):
        fit_with(stopped, loss, chosen, tmp_path / "two", rates={"a": 0.1}, progress=crash)
    again, loss = fresh()
    fit_with(again, loss, chosen, tmp_path / "two", rates={"a": 0.1}, resume=True)
    assert all(torch.equal(again[name], through[name]) for name in through)


def fit_with(parameters, loss, options, folder, *, rates, progress=silent, resume=False) -> Fitted:
    return fit(
        parameters,
        loss,
        NumberedExamples(4),
        options,
        seed=3,
        folder=folder,
        dtype=torch.float32,
        resume=resume,
        progress=progress,
        rates=rates,
    )
