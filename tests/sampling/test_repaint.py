from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from stylecli.errors import StylecliError
from stylecli.images.writing import read_record, save_png
from stylecli.progress import Event, Progress, silent
from stylecli.sampling.repaint import Job, Outcome, Variant, repaint_files


class Inverter:
    """A stylizer that inverts colours and counts what it was given."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, list[str], list[int]]] = []

    def __call__(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        seeds: Sequence[int],
        progress: Progress = silent,
    ) -> list[Image.Image]:
        self.calls.append((len(images), list(prompts), list(seeds)))
        return [ImageOps.invert(image) for image in images]

    @property
    def pictures(self) -> int:
        return sum(count for count, _, _ in self.calls)


@pytest.fixture
def photos(tmp_path: Path, picture: Callable[..., Image.Image]) -> Path:
    """Five photos, the third of them truncated."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(5):
        picture(number, (40, 30)).save(folder / f"{number}.png")
    broken = folder / "2.png"
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    return folder


def jobs_for(photos: Path, *labels: str, grids: bool = False) -> list[Job]:
    place = photos.parent / "out"
    return [
        Job(
            source,
            tuple(place / f"{source.stem}.{label}.png" for label in labels or ("s",)),
            place / f"{source.stem}.grid.png" if grids else None,
        )
        for source in sorted(photos.iterdir())
    ]


def repaint(
    jobs: Sequence[Job],
    variants: Sequence[Variant],
    *,
    overwrite: bool = False,
    batch_size: int = 2,
    progress: Progress = silent,
    keep_alike: bool = False,
) -> list[Outcome]:
    return repaint_files(
        jobs,
        variants,
        "a cat",
        7,
        batch_size=batch_size,
        overwrite=overwrite,
        progress=progress,
        keep_alike=keep_alike,
    )


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def test_a_folder_survives_a_truncated_photo_and_names_it(photos: Path):
    inverter = Inverter()
    outcomes = repaint(jobs_for(photos), [Variant("s", inverter, {"seed": 7})])
    assert statuses(outcomes) == ["made", "made", "failed", "made", "made"]
    assert "2.png" in outcomes[2].reason
    assert not outcomes[2].target.exists()
    assert inverter.calls == [
        (2, ["a cat"] * 2, [7] * 2),
        (1, ["a cat"], [7]),
        (1, ["a cat"], [7]),
    ]
    for outcome in (outcomes[0], outcomes[4]):
        with Image.open(outcome.source) as photo, Image.open(outcome.target) as result:
            assert result.tobytes() == ImageOps.invert(photo).tobytes()


def test_every_png_says_how_it_was_made(photos: Path):
    outcomes = repaint(
        jobs_for(photos), [Variant("s", Inverter(), {"strength": 0.5, "sizes": (1, 2)})]
    )
    record = read_record(outcomes[0].target)
    digest = hashlib.sha256((photos / "0.png").read_bytes()).hexdigest()[:16]
    made_of = {"photo": "0.png", "photo_sha256": digest}
    assert record == {"strength": 0.5, "sizes": [1, 2], **made_of}


def test_what_is_there_made_in_the_same_way_is_skipped(photos: Path):
    variant = Variant("s", Inverter(), {"strength": 0.5, "sizes": (1, 2)})
    jobs = jobs_for(photos)
    repaint(jobs[:2], [variant])
    content = jobs[0].targets[0].read_bytes()
    again = Inverter()
    outcomes = repaint(jobs, [Variant("s", again, variant.record)])
    assert statuses(outcomes) == ["skipped", "skipped", "failed", "made", "made"]
    assert again.pictures == 2
    assert jobs[0].targets[0].read_bytes() == content


def test_another_photo_of_the_same_name_is_another_photo(photos: Path, picture: Any):
    variant = Variant("s", Inverter(), {"strength": 0.5})
    [job] = jobs_for(photos)[:1]
    repaint([job], [variant])
    picture(77).save(job.source)
    assert statuses(repaint([job], [variant])) == ["failed"]
    # PNGs that do not know their photo's hash are told by its name.
    with Image.open(job.targets[0]) as image:
        save_png(image, job.targets[0], {"strength": 0.5, "photo": job.source.name})
    assert statuses(repaint([job], [variant])) == ["skipped"]


def test_an_option_that_came_later_was_off_before(photos: Path):
    [job] = jobs_for(photos)[:1]
    repaint([job], [Variant("s", Inverter(), {"options": {"strength": 0.5}})])
    for scale, status in ((0.0, "skipped"), (0.3, "failed")):
        record = {"options": {"strength": 0.5, "image_cond_scale": scale}}
        assert statuses(repaint([job], [Variant("s", Inverter(), record)])) == [status]


def test_alike_pictures_are_kept_and_others_replaced_where_that_is_asked(photos: Path):
    jobs = jobs_for(photos)[:2]
    repaint(jobs[:1], [Variant("s", Inverter(), {"strength": 0.5})])
    repaint(jobs[1:], [Variant("s", Inverter(), {"strength": 0.9})])
    again = Inverter()
    outcomes = repaint(
        jobs, [Variant("s", again, {"strength": 0.5})], overwrite=True, keep_alike=True
    )
    assert statuses(outcomes) == ["skipped", "made"]
    assert again.pictures == 1


@pytest.mark.parametrize("in_the_way", ["other settings", "a foreign picture", "no picture"])
def test_what_was_made_in_another_way_is_not_overwritten(photos: Path, in_the_way: str):
    [job] = jobs_for(photos)[:1]
    target = job.targets[0]
    target.parent.mkdir()
    if in_the_way == "other settings":
        repaint([job], [Variant("s", Inverter(), {"strength": 0.3})])
    elif in_the_way == "a foreign picture":
        Image.new("RGB", (3, 3)).save(target)
    else:
        target.write_text("my notes")
    content = target.read_bytes()
    inverter = Inverter()
    [outcome] = repaint([job], [Variant("s", inverter, {"strength": 0.5})])
    assert outcome.status == "failed"
    assert str(target) in outcome.reason
    assert "already there" in outcome.reason
    assert inverter.calls == []
    assert target.read_bytes() == content


def test_it_is_overwritten_where_that_is_asked_for(photos: Path):
    jobs = jobs_for(photos)[:2]
    repaint(jobs, [Variant("s", Inverter(), {"strength": 0.3})])
    outcomes = repaint(jobs, [Variant("s", Inverter(), {"strength": 0.5})], overwrite=True)
    assert statuses(outcomes) == ["made", "made"]
    assert (read_record(jobs[0].targets[0]) or {})["strength"] == 0.5


def test_every_variant_is_made_of_every_photo(photos: Path):
    one, two = Inverter(), Inverter()
    variants = [Variant("a", one, {"strength": 0.3}), Variant("b", two, {"strength": 0.6})]
    jobs = jobs_for(photos, "a", "b")
    outcomes = repaint(jobs, variants)
    assert [outcome.target for outcome in outcomes] == [t for job in jobs for t in job.targets]
    assert (one.pictures, two.pictures) == (4, 4)
    assert (read_record(jobs[0].targets[1]) or {})["strength"] == 0.6


def test_photos_go_through_in_batches_and_are_counted(photos: Path):
    inverter = Inverter()
    events: list[Event] = []
    repaint(jobs_for(photos), [Variant("s", inverter, {})], batch_size=4, progress=events.append)
    assert [count for count, _, _ in inverter.calls] == [3, 1]
    assert [(event.done, event.total) for event in events] == [(4, 5), (5, 5)]


def test_a_grid_shows_photo_and_results_side_by_side(photos: Path):
    variants = [Variant("a", Inverter(), {"s": 1}), Variant("b", Inverter(), {"s": 2})]
    jobs = jobs_for(photos, "a", "b", grids=True)
    repaint(jobs, variants)
    assert [job.grid.exists() for job in jobs if job.grid] == [True, True, False, True, True]
    with Image.open(jobs[0].grid or "") as sheet:
        assert sheet.width > 3 * 256 * 40 / 30
    assert (read_record(jobs[0].grid or Path()) or {})["grid"] == [{"s": 1}, {"s": 2}]


def test_a_grid_is_made_later_of_results_that_are_there(photos: Path):
    variant = Variant("s", Inverter(), {"s": 1})
    repaint(jobs_for(photos), [variant])
    outcomes = repaint(jobs_for(photos, grids=True), [variant])
    assert statuses(outcomes) == ["skipped", "skipped", "failed", "skipped", "skipped"]
    assert (photos.parent / "out" / "0.grid.png").is_file()


def test_a_grid_that_is_there_does_not_stop_the_other_photos(photos: Path):
    jobs = jobs_for(photos, grids=True)
    variant = Variant("s", Inverter(), {"s": 1})
    repaint(jobs, [variant])
    jobs[0].targets[0].unlink()
    content = jobs[0].grid.read_bytes() if jobs[0].grid else b""
    events: list[Event] = []
    outcomes = repaint(jobs, [variant], progress=events.append)
    assert statuses(outcomes) == ["made", "skipped", "failed", "skipped", "skipped"]
    [warning] = [event for event in events if event.level == "warning"]
    assert "0.grid.png: is already there" in (warning.message or "")
    assert jobs[0].grid is not None
    assert jobs[0].grid.read_bytes() == content
    repaint(jobs, [Variant("s", Inverter(), {"s": 2})], overwrite=True)
    assert (read_record(jobs[0].grid) or {})["grid"] == [{"s": 2}]


def test_a_place_that_cannot_be_written_ends_the_run(photos: Path):
    (photos.parent / "out").write_text("a file in the way")
    with pytest.raises(StylecliError, match="out"):
        repaint(jobs_for(photos), [Variant("s", Inverter(), {})])
