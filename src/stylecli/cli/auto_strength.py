"""``stylecli transfer --strength auto``: the strength that leaves as much of the photos as was asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Optional

import typer

from stylecli.cli.auto_grid import asked_record, chosen_before, write_sweep
from stylecli.cli.auto_sweep import SAMPLE, STAGE, Painting, sample_of, sweep
from stylecli.cli.given import Given
from stylecli.errors import UsageError
from stylecli.evaluation.sets import picture_files
from stylecli.evaluation.trade_off import Found, Trial
from stylecli.images.reading import list_pictures
from stylecli.progress import Event, Progress
from stylecli.registry import Registry
from stylecli.sampling.repaint import Job

KEEP = 0.5

KeepOption = Annotated[
    Optional[float],  # noqa: UP045 - Typer reads it at run time
    typer.Option(
        "--keep",
        min=0.0,
        max=1.0,
        help="With --strength auto: how much of the photos is to be left (content retention, as eval measures "
        f"it); {KEEP:g} unless given. The highest strength that keeps it is found on up to {SAMPLE} of the photos.",
    ),
]
StylePicturesOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--reference",
        help="With --strength auto: a folder of pictures in the style. The style's scale is then chosen, too: "
        "the one that comes nearest to them.",
        file_okay=False,
    ),
]


@dataclass(frozen=True)
class Wanted:
    """What the user asked of ``auto``.

    Attributes:
        keep: The content retention, 0 to 1.
        reference: Pictures in the style; ().
    """

    keep: float
    reference: tuple[Path, ...]


def wanted_of(
    ctx: typer.Context, given: Given, keep: float | None, reference: Path | None
) -> Wanted | None:
    """What was asked of ``auto``, or None where a strength was typed.

    Raises:
        UsageError: Options that go with ``auto`` alone, or no pictures in the style.
    """
    if "strength" in given.auto:
        pictures = list_pictures(reference) if reference is not None else []
        return Wanted(KEEP if keep is None else keep, tuple(pictures))
    for name, value in (("keep", keep), ("reference", reference)):
        source = ctx.get_parameter_source(name)
        # A number that is typed goes before a whole config file about auto.
        of_config = source is not None and source.name == "DEFAULT_MAP"
        if value is not None and not (of_config and "strength" in given.commandline):
            raise UsageError(f"--{name} goes with --strength auto only.")
    return None


def pick(
    wanted: Wanted,
    painting: Painting,
    jobs: Sequence[Job],
    label: str,
    registry: Registry,
    overwrite: bool,
    progress: Progress,
) -> Trial | None:
    """Choose strength and scale, or take over what was chosen for the same photos before.

    Args:
        wanted: What is to be kept.
        painting: How photos are painted.
        jobs: All photos.
        label: What the results are called after their photos.
        registry: Where the metrics are.
        overwrite: Whether a sheet that is there is replaced.
        progress: Hears of everything.

    Returns:
        None where no photo can be read: who repaints them says so.

    Raises:
        UsageError: A sheet of another sweep is there, or too few photos for a reference.
        StylecliError: How much is kept cannot be measured.
    """
    sheet = _sheet(jobs, label)
    photos = sample_of([job.source for job in jobs])
    if not photos:
        return None
    if wanted.reference and len(photos) < SAMPLE:
        raise UsageError(
            f"--reference: closeness to a style is told by {SAMPLE} different photos, not {len(photos)}.",
            "Leave it out, or give more photos.",
        )
    reference = picture_files(wanted.reference)
    if {photo.digest for photo in photos} <= {file.digest for file in reference}:
        raise UsageError(
            "--reference: these are the photos themselves.",
            "Give pictures in the style, such as those that it was learnt from.",
        )
    asked = asked_record(wanted.keep, photos, reference, painting.record)
    if not overwrite and sheet.exists():
        trial = chosen_before(sheet, asked)
        progress(Event(STAGE, message=f"{_named(trial)}, as chosen before: {sheet}"))
        return trial
    with tempfile.TemporaryDirectory(prefix="stylecli-auto-") as temporary:
        found, outputs = sweep(
            painting, photos, wanted.keep, wanted.reference, registry, Path(temporary), progress
        )
        write_sweep(sheet, asked, [photo.path for photo in photos], found, outputs)
    _tell(found, wanted, len(photos), sheet, progress)
    return found.chosen


def _sheet(jobs: Sequence[Job], label: str) -> Path:
    """The PNG that shows the sweep and keeps its figures, beside the results."""
    first = jobs[0].targets[0]
    return (
        first.with_suffix(".auto.png") if len(jobs) == 1 else first.with_name(f"{label}.auto.png")
    )


def _named(trial: Trial) -> str:
    scale = "" if trial.factor == 1 else f" and the style's scale times {trial.factor:g}"
    return f"Strength {trial.strength:g}{scale}"


def _tell(found: Found, wanted: Wanted, count: int, sheet: Path, progress: Progress) -> None:
    chosen = found.chosen
    photos = f"{count} photo{'s' if count > 1 else ''}"
    figures = f"content retention {chosen.content:.2f} (asked for {wanted.keep:.2f})"
    if chosen.style is not None:
        figures += f", style closure {chosen.style:.2f}"
    text = f"{_named(chosen)}: {figures}, of {photos}."
    if not found.enough:
        progress(
            Event(STAGE, message="No strength keeps as much as was asked for.", level="warning")
        )
    elif found.last:
        text += " There is no higher strength."
    progress(Event(STAGE, message=f"{text} The sweep: {sheet}"))
