"""Painting what ``stylecli eval`` compares: every candidate into a folder of its own, nothing twice."""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stylecli.bases.device import Precision
from stylecli.cli.eval_opening import Bases, check_targets, folder_names
from stylecli.cli.eval_styles import Candidate
from stylecli.cli.transfer import made_record, result_stems
from stylecli.errors import UsageError
from stylecli.progress import Event, Progress
from stylecli.sampling.repaint import STAGE as PHOTOS
from stylecli.sampling.repaint import Job, Outcome, Variant, repaint_files


@dataclass(frozen=True)
class Painted:
    """What came of a candidate.

    Attributes:
        targets: Its pictures that are there, by the index of the photo.
        seconds: Per picture, of those that were painted now; None where none was.
        failed: A sentence for each photo that could not be painted.
        kept: How many were there already, made in the same way.
    """

    targets: Mapping[int, Path]
    seconds: float | None
    failed: tuple[str, ...]
    kept: int


def paint(
    every: Sequence[Candidate],
    photos: Sequence[Path],
    folder: Path,
    prompt: str,
    seed: int,
    overwrite: bool,
    progress: Progress,
    sources: Container[Path],
) -> list[Painted]:
    """Repaint the photos with every candidate; what is there, made in the same way, is kept.

    Args:
        every: The candidates.
        photos: The content pictures, their names all different.
        folder: Every candidate gets a folder of its own in it.
        prompt: What the photos show; "".
        seed: The same for every photo.
        overwrite: Whether pictures that were made in another way are replaced.
        progress: Hears of every picture.
        sources: All pictures that the user gave, resolved: none of them is painted over.

    Raises:
        UsageError: A picture is there that was made in another way, or that is the user's.
    """
    bases = Bases(progress)
    painted = []
    folders = folder_names([candidate.name for candidate in every])
    for candidate in every:
        precision: Precision = getattr(candidate.options, "precision", "auto")
        spec, base = bases.open(candidate.spec, precision)
        stylizer = candidate.method.stylizer(base, [candidate.styled], candidate.options)
        record = made_record(
            "eval", candidate.method, spec, [candidate.styled], candidate.options, prompt, seed
        )
        variant = Variant(candidate.name, stylizer, record)
        place = folder / folders[candidate.name]
        jobs = [
            Job(photo, (place / f"{stem}.png",))
            for photo, stem in zip(photos, result_stems(photos, place), strict=True)
        ]
        check_targets([job.targets[0] for job in jobs], sources, overwrite)

        def hear(event: Event, name: str = candidate.name) -> None:
            # Of the steps of every picture nothing is shown, but Ctrl+C must be heard.
            total = event.total if event.stage == PHOTOS else None
            progress(replace(event, stage=f"repainting in {name}", total=total))

        started = time.perf_counter()
        outcomes = repaint_files(
            jobs,
            [variant],
            prompt,
            seed,
            batch_size=getattr(candidate.options, "batch_size", 1),
            overwrite=overwrite,
            progress=hear,
            keep_alike=True,
        )
        painted.append(_painted(outcomes, time.perf_counter() - started))
    return painted


def _painted(outcomes: Sequence[Outcome], seconds: float) -> Painted:
    there = {
        index: outcome.target
        for index, outcome in enumerate(outcomes)
        if outcome.status != "failed"
    }
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for outcome in failed:
        if outcome.target.exists():
            raise UsageError(
                outcome.reason,
                "Replace such pictures with --overwrite, or choose another folder with --report.",
            )
    made = sum(outcome.status == "made" for outcome in outcomes)
    return Painted(
        there,
        seconds / made if made else None,
        tuple(
            outcome.reason.replace(str(outcome.source), outcome.source.name) for outcome in failed
        ),
        sum(outcome.status == "skipped" for outcome in outcomes),
    )
