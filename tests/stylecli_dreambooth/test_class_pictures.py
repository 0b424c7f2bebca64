"""Where class pictures come from, and how they stand beside the style pictures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import Conditions
from stylecli.errors import UsageError
from stylecli.images.writing import read_record
from stylecli.progress import Event
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.text2image import paint_prompts
from stylecli.training.examples import Batch
from stylecli.training.loss import denoising_loss
from stylecli.training.options import TrainingOptions
from stylecli.training.run import TrainRun
from stylecli_dreambooth.class_pictures import class_dataset
from stylecli_dreambooth.pairs import Pairs

MakeRun = Callable[..., TrainRun]


def painted(events: list[Event]) -> int:
    """How many class pictures were painted just now."""
    stage = [event for event in events if event.stage == "painting class pictures" and event.total]
    return stage[-1].done if stage else 0


def test_twice_the_style_pictures_are_painted_once(make_run: MakeRun, told: list[Event]):
    dataset = class_dataset(make_run())
    assert len(dataset.items) == 12
    assert painted(told) == 12
    assert [event.done for event in told if event.total] == sorted(
        event.done for event in told if event.total
    )
    told.clear()
    assert class_dataset(make_run("again")) == dataset
    assert painted(told) == 0
    assert "12 of them painted before" in told[0].message


def test_only_the_missing_ones_are_painted_and_they_are_what_they_were(
    make_run: MakeRun, told: list[Event]
):
    items = class_dataset(make_run()).items
    before = np.asarray(Image.open(items[5].path), int)
    for item in (items[5], items[7]):
        item.path.unlink()
    told.clear()
    # Another batch size: a picture does not depend on those it is painted with.
    again = class_dataset(make_run("again", class_batch_size=1))
    assert painted(told) == 2
    after = np.asarray(Image.open(again.items[5].path), int)
    assert np.abs(after - before).max() <= 1
    told.clear()
    assert len(class_dataset(make_run("more", class_pictures=14)).items) == 14
    assert painted(told) == 2
    assert len(class_dataset(make_run("fewer", class_pictures=3)).items) == 3


def test_they_are_what_the_base_paints_of_the_class_prompt(make_run: MakeRun, base: Base):
    run = make_run(class_prompt="a painting", class_pictures=2)
    items = class_dataset(run).items
    sampling = SamplingOptions(steps=2, scheduler="base", guidance=7.5, size=32)
    expected = paint_prompts(base, ["a painting"] * 2, [0, 1], sampling)
    for item, image in zip(items, expected, strict=True):
        found = np.asarray(Image.open(item.path), int)
        assert np.abs(found - np.asarray(image, int)).max() <= 1
    assert read_record(items[1].path)["class picture"] == 1


@pytest.mark.parametrize(
    "change", [{"class_prompt": "art"}, {"class_steps": 3}, {"class_guidance": 2.0}]
)
def test_other_settings_have_pictures_of_their_own(make_run: MakeRun, change: dict[str, object]):
    one = class_dataset(make_run(class_pictures=1))
    other = class_dataset(make_run("other", class_pictures=1, **change))
    assert one.folder != other.folder


def test_another_noise_schedule_has_pictures_of_its_own(
    make_run: MakeRun, base: Base, mini_folder: Path, tmp_path: Path
):
    folder = tmp_path / "velocity"
    shutil.copytree(mini_folder, folder)
    config = folder / "scheduler" / "scheduler_config.json"
    config.write_text(config.read_text().replace('"epsilon"', '"v_prediction"'))
    other = load_base(replace(base.spec, source=folder), folder, "fp32", torch.device("cpu"))
    assert other.prediction_type == "v_prediction"
    one = class_dataset(make_run(class_pictures=1))
    two = class_dataset(replace(make_run("other", class_pictures=1), base=other))
    assert one.folder != two.folder


def test_a_damaged_one_is_painted_again(make_run: MakeRun, told: list[Event]):
    items = class_dataset(make_run(class_pictures=2)).items
    whole = np.asarray(Image.open(items[1].path), int)
    items[1].path.write_bytes(items[1].path.read_bytes()[:80])
    told.clear()
    again = class_dataset(make_run("again", class_pictures=2)).items
    assert painted(told) == 1
    # In another batch, which rounds otherwise.
    assert np.abs(np.asarray(Image.open(again[1].path), int) - whole).max() <= 1


def test_a_run_that_is_stopped_keeps_what_was_painted(make_run: MakeRun, told: list[Event]):
    run = make_run(class_batch_size=4)

    def stop(event: Event) -> None:
        if event.total and event.done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        class_dataset(replace(run, progress=stop))
    class_dataset(make_run("again"))
    assert painted(told) == 8


@pytest.fixture
def class_folder(tmp_path: Path, picture: Callable[..., Image.Image]) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    for number in range(4):
        picture(40 + number, (70, 64)).save(folder / f"{number}.png")
    return folder


def test_a_folder_is_taken_as_it_is(make_run: MakeRun, class_folder: Path, told: list[Event]):
    before = sorted(class_folder.iterdir())
    dataset = class_dataset(make_run(class_folder=str(class_folder)))
    assert [item.path.name for item in dataset.items] == ["0.png", "1.png", "2.png", "3.png"]
    assert (
        len(class_dataset(make_run("two", class_folder=str(class_folder), class_pictures=2)).items)
        == 2
    )
    assert told == []
    class_dataset(make_run("many", class_folder=str(class_folder), class_pictures=9))
    assert "holds 4 class pictures, fewer than --class-pictures 9" in told[-1].message
    assert sorted(class_folder.iterdir()) == before


def test_a_folder_that_has_changed_meanwhile_is_refused(make_run: MakeRun, class_folder: Path):
    options = {"class_folder": str(class_folder)}
    class_dataset(make_run(**options))
    assert class_dataset(make_run(resume=True, **options)).items
    (class_folder / "3.png").unlink()
    with pytest.raises(UsageError, match="have changed since the run was started"):
        class_dataset(make_run(resume=True, **options))
    class_dataset(make_run("new", **options))


def test_foreign_files_in_a_folder_are_named_and_left_out(
    make_run: MakeRun, class_folder: Path, told: list[Event]
):
    (class_folder / "notes.md").write_text("mine")
    (class_folder / "broken.png").write_bytes(b"no picture at all")
    (class_folder / ".DS_Store").write_bytes(b"\0")
    assert len(class_dataset(make_run(class_folder=str(class_folder))).items) == 4
    said = [event.message for event in told]
    assert any("broken.png" in message for message in said)
    assert any("being no pictures: notes.md" in message for message in said)
    assert not any("DS_Store" in message for message in said)


def test_style_pictures_among_class_pictures_are_left_out(
    make_run: MakeRun, class_folder: Path, paintings: Path, told: list[Event]
):
    some = next(iter(sorted(paintings.iterdir())))
    shutil.copyfile(some, class_folder / "copied.png")
    assert len(class_dataset(make_run(class_folder=str(class_folder))).items) == 4
    assert "style pictures among the class pictures are left out (1)" in told[-1].message
    with pytest.raises(UsageError, match="the style pictures themselves"):
        class_dataset(make_run("same", class_folder=str(paintings)))


@pytest.mark.parametrize("kind", ["missing", "empty", "text"])
def test_a_folder_without_pictures_is_refused(make_run: MakeRun, tmp_path: Path, kind: str):
    folder = tmp_path / "nothing"
    if kind != "missing":
        folder.mkdir()
    if kind == "text":
        (folder / "a.txt").write_text("a")
    with pytest.raises(UsageError, match="nothing"):
        class_dataset(make_run(class_folder=str(folder)))


class Numbered:
    """Examples whose latents tell which picture of which set they are."""

    def __init__(self, count: int, first: int) -> None:
        self.count, self.first = count, first

    def __len__(self) -> int:
        return self.count

    def batch(self, indices, random) -> Batch:
        numbers = torch.tensor([float(self.first + index) for index in indices])
        return Batch(
            numbers.view(-1, 1, 1, 1).expand(-1, 4, 8, 8),
            Conditions(numbers.view(-1, 1, 1).expand(-1, 77, 32)),
        )


@given(instances=st.integers(1, 9), classes=st.integers(1, 9), weight=st.floats(0, 10))
def test_an_epoch_sees_all_of_the_larger_set_and_pairs_keep_their_conditions(
    instances: int, classes: int, weight: float
):
    pairs = Pairs(Numbered(instances, 0), Numbered(classes, 100), weight)
    assert len(pairs) == max(instances, classes)
    batch = pairs.batch(range(len(pairs)), np.random.default_rng(0))
    numbers = batch.latents[:, 0, 0, 0].tolist()
    assert batch.conditions.context[:, 0, 0].tolist() == numbers
    half = len(pairs)
    assert set(numbers[:half]) == set(range(instances))
    assert set(numbers[half:]) == {100.0 + number for number in range(classes)}
    assert batch.weights.tolist() == pytest.approx([2.0] * half + [2.0 * weight] * half)


def test_the_loss_is_the_style_pictures_mean_and_the_weighted_mean_of_the_class(base: Base):
    """Known answer: both halves alone, with the noise that they have together."""
    options = TrainingOptions(precision="fp32")
    pairs = Pairs(Numbered(3, 0), Numbered(3, 100), 0.3)
    batch = pairs.batch([0, 1, 2], np.random.default_rng(0))
    seen = denoising_loss(base, options)

    def of(weights: list[float]) -> float:
        one = replace(batch, weights=torch.tensor(weights))
        with torch.no_grad():
            return float(seen(one, torch.Generator().manual_seed(4)))

    style, classes = of([2.0] * 3 + [0.0] * 3), of([0.0] * 3 + [2.0] * 3)
    with torch.no_grad():
        both = float(seen(batch, torch.Generator().manual_seed(4)))
        plain = float(seen(replace(batch, weights=None), torch.Generator().manual_seed(4)))
    assert both == pytest.approx(style + 0.3 * classes, rel=1e-4)
    assert plain == pytest.approx((style + classes) / 2, rel=1e-4)
