"""Previews and copies on the way, of what was learnt or of its average."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from made_runs import (
    NumberedExamples,
    Watched,
    folders,
    metrics,
    options_for,
    run,
    stop_at,
    trained,
)
from PIL import Image
from safetensors import safe_open

from stylecli.bases.base import Base
from stylecli.errors import Cancelled
from stylecli.progress import Event
from stylecli.training.examples import Batch
from stylecli.training.loop import Fitted
from stylecli.training.loss import Loss
from stylecli.training.previews import Preview, read_previews


def test_previews_are_made_now_and_then_and_change_nothing(tmp_path: Path):
    one, two = folders(tmp_path, "one", "two")
    pictures: list[Path] = []

    def preview() -> list[Preview]:
        torch.manual_seed(5)
        return [Preview(Image.new("RGB", (8, 8)), "a boat", 9)]

    plain, shown = Watched(), Watched()

    def noisy(watched: Watched) -> Loss:
        # As LoRA's dropout does, it draws from torch's own generator.
        return lambda batch, random: watched.loss(batch, random) * torch.rand(())

    run(plain.parameters, noisy(plain), NumberedExamples(4), options_for(), one)
    run(
        *(shown.parameters, noisy(shown), NumberedExamples(4), options_for(preview_every=4), two),
        preview=preview,
        progress=lambda event: pictures.append(event.picture) if event.picture else None,
    )
    assert metrics(one) == metrics(two)
    assert [path.name for path in pictures] == ["step-000004-1.png", "step-000006-1.png"]
    found = read_previews(two)
    assert [found[step][0].path for step in (4, 6)] == pictures
    assert {(each.prompt, each.seed) for (each,) in found.values()} == {("a boat", 9)}
    assert torch.equal(plain.parameters["x"], shown.parameters["x"])


def test_every_copy_has_previews_of_its_step(tmp_path: Path):
    watched = Watched()
    (place,) = folders(tmp_path, "one")
    run(
        *(watched.parameters, watched.loss, NumberedExamples(4)),
        *(options_for(preview_every=5, save_every=2), place),
        preview=painted(watched),
        snapshot=lambda fitted: None,
    )
    assert list(read_previews(place)) == [2, 4, 5, 6]


def test_a_run_that_is_stopped_while_a_copy_is_made_can_go_on(tmp_path: Path):
    watched = Watched()
    (place,) = folders(tmp_path, "one")

    def stopped(fitted: Fitted) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        run(
            *(watched.parameters, watched.loss, NumberedExamples(4)),
            *(options_for(save_every=2), place),
            snapshot=stopped,
        )
    assert (place / "checkpoint.safetensors").is_file()
    assert len(metrics(place)) == 2


def painted(watched: Watched) -> Callable[[], list[Preview]]:
    """Previews that tell, as their seed, the thousandths of what was learnt."""

    def preview() -> list[Preview]:
        seed = round(watched.parameters["x"].item() * 1000)
        image = Image.new("RGB", (8, 8), (seed % 256, 0, 0))
        return [Preview(image, "first", seed, hidden=True), Preview(image, "second", seed)]

    return preview


def test_the_last_previews_come_back_and_the_thumbnail_is_one_that_shows_something(tmp_path: Path):
    one, two = folders(tmp_path, "one", "two")
    watched = Watched()
    options = options_for(preview_every=250)
    arguments = (watched.parameters, watched.loss, NumberedExamples(4))
    fitted = run(*arguments, options, one, preview=painted(watched))
    assert [each.prompt for each in fitted.pictures] == ["first", "second"]
    assert fitted.pictures[1].seed == round(watched.parameters["x"].item() * 1000)
    assert fitted.thumbnail is fitted.pictures[1].image
    assert list(read_previews(one)) == [6]
    fitted = run(*arguments, options_for(), two, preview=painted(watched))
    assert (fitted.pictures, fitted.thumbnail) == ((), None)
    assert not (two / "previews").exists()


@pytest.mark.parametrize("stop", [3, 6])
def test_a_run_that_goes_on_adds_to_the_previews(tmp_path: Path, stop: int):
    options = options_for(preview_every=2)
    seen = []
    for resume in (False, True):
        watched = Watched()
        arguments = (watched.parameters, watched.loss, NumberedExamples(4), options, tmp_path)
        rest = {"preview": painted(watched), "resume": resume}
        if resume:
            seen.append(run(*arguments, **rest))
        else:
            with pytest.raises(Cancelled):
                run(*arguments, **rest, progress=stop_at(stop))
    assert list(read_previews(tmp_path)) == [2, 4, 6]
    assert [each.seed for each in seen[0].pictures] == [
        each.seed for each in read_previews(tmp_path)[6]
    ]


def test_a_run_stopped_at_a_preview_does_not_take_the_step_again(tmp_path: Path):
    def stop(event: Event) -> None:
        if event.picture:
            raise Cancelled("enough")

    options = options_for(preview_every=2, ema_decay=0.5)
    watched, again, through = Watched(), Watched(), Watched()
    arguments = (watched.parameters, watched.loss, NumberedExamples(4), options, tmp_path)
    with pytest.raises(Cancelled):
        run(*arguments, preview=painted(watched), progress=stop)
    run(again.parameters, again.loss, NumberedExamples(4), options, tmp_path, resume=True)
    run(through.parameters, through.loss, NumberedExamples(4), options, tmp_path)
    assert len(again.batches) == 4
    assert torch.equal(again.parameters["x"], through.parameters["x"])


def test_copies_are_kept_before_anything_can_stop_the_run(tmp_path: Path):
    told: list[tuple[str, int]] = []

    def progress(event: Event) -> None:
        told.append(("preview" if event.picture else "step", event.done))

    watched = Watched()
    run(
        *(watched.parameters, watched.loss, NumberedExamples(4)),
        *(options_for(steps=4, save_every=2, preview_every=2), tmp_path),
        progress=progress,
        preview=lambda: painted(watched)()[:1],
        snapshot=lambda fitted: told.append(("copy", fitted.steps)),
    )
    second = [("copy", 2), ("step", 2), ("preview", 2)]
    fourth = [("copy", 4), ("step", 4), ("preview", 4)]
    assert told == [("step", 1), *second, ("step", 3), *fourth]


def test_copies_previews_and_the_result_are_the_average_and_training_is_not(tmp_path: Path):
    one, two = folders(tmp_path, "one", "two")
    plain, watched = Watched(), Watched()
    values = []

    def reading(batch: Batch, random: torch.Generator) -> torch.Tensor:
        values.append(plain.parameters["x"].item())
        return plain.loss(batch, random)

    run(plain.parameters, reading, NumberedExamples(4), options_for(steps=6), one)
    expected = values[1]
    averages = [expected]
    for updates, value in enumerate([*values[2:], plain.parameters["x"].item()], 2):
        decay = min(0.3, updates / (9 + updates))
        expected = decay * expected + (1 - decay) * value
        averages.append(expected)
    copies = []
    fitted = run(
        *(watched.parameters, watched.loss, NumberedExamples(4)),
        *(options_for(ema_decay=0.3, save_every=2, preview_every=2, checkpoint_every=1), two),
        preview=painted(watched),
        snapshot=lambda fitted: copies.append(watched.parameters["x"].item()),
    )
    assert metrics(one) == metrics(two)
    assert copies == pytest.approx([averages[1], averages[3], averages[5]])
    assert watched.parameters["x"].item() == pytest.approx(averages[5])
    assert abs(averages[5] - values[5]) > 1e-4
    seeds = {step: each[0].seed for step, each in read_previews(two).items()}
    assert seeds == {step: round(averages[step - 1] * 1000) for step in (2, 4, 6)}
    assert fitted.pictures[0].seed == seeds[6]


@pytest.mark.parametrize("stops", [(3,), (1, 2, 5), (6,)])
def test_a_stopped_run_with_an_average_goes_on_exactly(
    base: Base, random_examples, tmp_path: Path, stops
):
    through, stopped, raw = folders(tmp_path, "through", "stopped", "raw")
    expected = trained(base, random_examples, through, ema_decay=0.9)
    found = trained(base, random_examples, stopped, stops=stops, ema_decay=0.9)
    plain = trained(base, random_examples, raw)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert not any(torch.equal(expected[name], plain[name]) for name in expected)
    with safe_open(stopped / "checkpoint.safetensors", framework="pt") as file:
        for name, value in plain.items():
            assert torch.equal(file.get_tensor(f"weight/{name}"), value)
            assert torch.equal(file.get_tensor(f"average/{name}"), expected[name])
