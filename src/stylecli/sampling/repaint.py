"""Repainting many photo files: in batches, resumable, surviving bad ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stylecli.errors import StylecliError
from stylecli.files import sha256_of
from stylecli.images.reading import read_picture
from stylecli.images.writing import grid, read_record, save_png
from stylecli.progress import Event, Progress
from stylecli.sampling.painted import pictures_of
from stylecli.sampling.stylizer import Stylizer

if TYPE_CHECKING:
    from PIL.Image import Image

STAGE = "photos"
_HASH = "photo_sha256"
_DIGITS = 16
_SINCE = {"image_cond_scale": 0.0}
"""Options that PNGs of earlier versions do not name, with the value that they were made with."""


@dataclass(frozen=True)
class Variant:
    """One way in which every photo is repainted.

    Attributes:
        label: What a grid says below its pictures.
        stylizer: What repaints.
        record: What is written into its PNGs, the photo's name left out.
    """

    label: str
    stylizer: Stylizer
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """One photo.

    Attributes:
        source: The photo file.
        targets: The PNG to write for each variant, in their order.
        grid: The picture of photo and results side by side, or None.
    """

    source: Path
    targets: tuple[Path, ...]
    grid: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one target.

    Attributes:
        source: The photo file.
        target: The PNG.
        status: "made", "skipped" (it was there, made in the same way), or "failed".
        reason: Why it failed, or "".
    """

    source: Path
    target: Path
    status: Literal["made", "skipped", "failed"]
    reason: str = ""


def repaint_files(
    jobs: Sequence[Job],
    variants: Sequence[Variant],
    prompt: str,
    seed: int,
    *,
    batch_size: int,
    overwrite: bool,
    progress: Progress,
    keep_alike: bool = False,
) -> list[Outcome]:
    """Repaint photo files.

    A target that is there already and was made from the same photo in the same way is skipped; one
    that was made in another way is not overwritten unless asked.

    Args:
        jobs: The photos.
        variants: The ways to repaint each.
        prompt: What the photos show; may be empty.
        seed: The same for every photo, so that no result depends on the others.
        batch_size: Photos read at once.
        overwrite: Whether targets that are there are replaced.
        progress: Hears of photos and of steps.
        keep_alike: Whether, of targets that may be replaced, those made in the same way are kept.

    Returns:
        An outcome for every target, in the order of the jobs.
    """
    outcomes: list[Outcome] = []
    for start in range(0, len(jobs), batch_size):
        chunk = jobs[start : start + batch_size]
        outcomes += _repaint_chunk(chunk, variants, prompt, seed, overwrite, keep_alike, progress)
        progress(Event(STAGE, start + len(chunk), len(jobs)))
    return outcomes


def _repaint_chunk(
    jobs: Sequence[Job],
    variants: Sequence[Variant],
    prompt: str,
    seed: int,
    overwrite: bool,
    keep_alike: bool,
    progress: Progress,
) -> list[Outcome]:
    found: dict[Path, Outcome] = {}
    photos: dict[Path, Image] = {}
    for number, variant in enumerate(variants):
        waiting = []
        for job in jobs:
            target = job.targets[number]
            if target.exists() and not overwrite:
                found[target] = _existing(job.source, target, variant)
            elif keep_alike and made_alike(target, job.source, variant.record):
                found[target] = Outcome(job.source, target, "skipped")
            elif (problem := _read(job.source, photos)) is not None:
                found[target] = Outcome(job.source, target, "failed", problem)
            else:
                waiting.append(job)
        if not waiting:
            continue
        images = [photos[job.source] for job in waiting]
        given = variant.stylizer(images, [prompt] * len(images), [seed] * len(images), progress)
        painted = pictures_of(str(variant.record.get("method")), given, len(images))
        for job, image in zip(waiting, painted, strict=True):
            target = job.targets[number]
            save_png(image, target, {**variant.record, **_of_photo(job.source)})
            found[target] = Outcome(job.source, target, "made")
    for job in jobs:
        if job.grid is not None:
            _write_grid(job, variants, photos, found, overwrite, progress)
    return [found[target] for job in jobs for target in job.targets]


def _read(source: Path, photos: dict[Path, Image]) -> str | None:
    if source not in photos:
        try:
            photos[source] = read_picture(source)
        except StylecliError as problem:
            return problem.message
    return None


def made_alike(target: Path, source: Path, record: Mapping[str, Any]) -> bool:
    """Whether a PNG that is there was made from this photo in this way.

    PNGs of versions that did not keep the photo's hash are told by its name alone; an option that
    came later was at the value that changes nothing.
    """
    there = read_record(target)
    if there is None:
        return False
    expected: dict[str, Any] = json.loads(json.dumps({**record, **_of_photo(source)}))
    if _HASH not in there:
        expected.pop(_HASH)
    if isinstance(there.get("options"), dict):
        known = expected.get("options", {})
        came_later = {name: value for name, value in _SINCE.items() if name in known}
        there = {**there, "options": {**came_later, **there["options"]}}
    return there == expected


def _of_photo(source: Path) -> dict[str, str]:
    """What a PNG keeps of the photo that it was made from; nothing of where that is."""
    try:
        digest = sha256_of(source)[:_DIGITS]
    except OSError:
        # Whoever reads the photo says so.
        digest = ""
    return {"photo": source.name, _HASH: digest}


def _existing(source: Path, target: Path, variant: Variant) -> Outcome:
    if made_alike(target, source, variant.record):
        return Outcome(source, target, "skipped")
    return Outcome(source, target, "failed", f"{target}: is already there, made in another way.")


def _write_grid(
    job: Job,
    variants: Sequence[Variant],
    photos: dict[Path, Image],
    found: Mapping[Path, Outcome],
    overwrite: bool,
    progress: Progress,
) -> None:
    if job.grid is None or any(found[target].status == "failed" for target in job.targets):
        return
    record = {"grid": [variant.record for variant in variants], "photo": job.source.name}
    if job.grid.exists() and not overwrite:
        anew = any(found[target].status == "made" for target in job.targets)
        if anew or read_record(job.grid) != json.loads(json.dumps(record)):
            # The other photos go on: the results themselves are there.
            message = f"{job.grid}: is already there; replace it with --overwrite."
            progress(Event(STAGE, message=message, level="warning"))
        return
    if (problem := _read(job.source, photos)) is not None:
        progress(Event(STAGE, message=f"{job.grid}: not made: {problem}", level="warning"))
        return
    row = [(photos[job.source], job.source.name)]
    row += [
        (read_picture(target), variant.label)
        for target, variant in zip(job.targets, variants, strict=True)
    ]
    save_png(grid([row]), job.grid, record)
