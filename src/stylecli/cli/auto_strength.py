"""``stylecli transfer --strength auto``: the strength that leaves as much of the photos as was asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from stylecli.cli.auto_grid import asked_record, chosen_before, write_sweep
from stylecli.cli.given import Given
from stylecli.errors import StylecliError, UsageError
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.kept_content import Kept, KeptContent
from stylecli.evaluation.sets import PictureFile, picture_files
from stylecli.evaluation.trade_off import Found, Trial, most_trials, possible_strengths, search
from stylecli.images.reading import list_pictures, read_picture
from stylecli.method import Method
from stylecli.options import option_fields
from stylecli.places import Places
from stylecli.progress import Event, Progress
from stylecli.registry import Registry
from stylecli.sampling.repaint import STAGE as PHOTOS
from stylecli.sampling.repaint import Job, Variant, repaint_files

STAGE = "trying strengths"
CONTENT, STYLE = "content-retention", "style-closure"
KEEP = 0.5
SAMPLE = 4

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


@dataclass(frozen=True)
class Painting:
    """How photos are painted, but for strength and scale.

    Attributes:
        strengths: Those that are worth trying, ascending.
        variant: Makes ready to paint at a strength, and at a factor of the typed scales.
        record: What is known of the pictures beforehand, from `made_record`.
        prompt: What the photos show.
        seed: The same for every photo.
        batch_size: Photos painted at once.
    """

    strengths: Sequence[float]
    variant: Callable[[float, float], Variant]
    record: Mapping[str, Any]
    prompt: str
    seed: int
    batch_size: int


def wanted_of(
    ctx: typer.Context, given: Given, keep: float | None, reference: Path | None
) -> Wanted | None:
    """What was asked of ``auto``, or None where a strength was typed.

    Raises:
        UsageError: Options that go with ``auto`` alone, or no pictures in the style.
    """
    if "strength" in given.auto:
        if keep is not None and not 0 <= keep <= 1:
            raise UsageError(f"--keep: {keep:g} is not in the range 0 to 1.")
        pictures = list_pictures(reference) if reference is not None else []
        return Wanted(KEEP if keep is None else keep, tuple(pictures))
    for name, value in (("keep", keep), ("reference", reference)):
        source = ctx.get_parameter_source(name)
        # A number that is typed goes before a whole config file about auto.
        of_config = source is not None and source.name == "DEFAULT_MAP"
        if value is not None and not (of_config and "strength" in given.commandline):
            raise UsageError(f"--{name} goes with --strength auto only.")
    return None


def strengths_of(method: Method, options: Any) -> list[float]:
    """The strengths of a method that are worth trying; raises as `possible_strengths` does."""
    fields = {field.name: field for field in option_fields(method.TransferOptions)}
    info = fields["strength"].info
    return possible_strengths(info.min, info.max, getattr(options, "steps", None))


def pick(
    wanted: Wanted,
    painting: Painting,
    jobs: Sequence[Job],
    sheet: Path,
    registry: Registry,
    overwrite: bool,
    progress: Progress,
) -> Trial | None:
    """Choose strength and scale, or take over what was chosen for the same photos before.

    Args:
        wanted: What is to be kept.
        painting: How photos are painted.
        jobs: All photos.
        sheet: The PNG that shows the sweep and keeps its figures.
        registry: Where the metrics are.
        overwrite: Whether a sheet that is there is replaced.
        progress: Hears of everything.

    Returns:
        None where no photo can be read: whoever repaints them says so.

    Raises:
        UsageError: A sheet of another sweep is there, or too few photos for a reference.
        StylecliError: How much is kept cannot be measured.
    """
    photos = _sample([job.source for job in jobs])
    if not photos:
        return None
    if wanted.reference and len(photos) < SAMPLE:
        raise UsageError(
            f"--reference: closeness to a style is told by {SAMPLE} different photos, not {len(photos)}.",
            "Leave it out, or give more photos.",
        )
    asked = asked_record(wanted.keep, photos, picture_files(wanted.reference), painting.record)
    if not overwrite and sheet.exists():
        trial = chosen_before(sheet, asked)
        progress(Event(STAGE, message=f"{_named(trial)}, as chosen before: {sheet}"))
        return trial
    with tempfile.TemporaryDirectory(prefix="stylecli-auto-") as temporary:
        found, outputs = _search(wanted, painting, photos, registry, Path(temporary), progress)
        write_sweep(sheet, asked, [photo.path for photo in photos], found, outputs)
    _tell(found, wanted, len(photos), sheet, progress)
    return found.chosen


def sheet_for(jobs: Sequence[Job], label: str) -> Path:
    """Where the sweep is shown: beside the results."""
    first = jobs[0].targets[0]
    return (
        first.with_suffix(".auto.png") if len(jobs) == 1 else first.with_name(f"{label}.auto.png")
    )


def _sample(sources: Sequence[Path]) -> list[PictureFile]:
    """Some different photos that can be read, spread evenly over all of them."""
    last = len(sources) - 1
    spread = [round(last * part / (SAMPLE - 1)) for part in range(SAMPLE)]
    found: dict[str, PictureFile] = {}
    for place in dict.fromkeys([*spread, *range(len(sources))]):
        if len(found) == SAMPLE:
            break
        try:
            read_picture(sources[place])
            file = picture_files([sources[place]])[0]
        except StylecliError:
            continue
        found.setdefault(file.digest, file)
    return sorted(found.values(), key=lambda file: sources.index(file.path))


def _search(
    wanted: Wanted,
    painting: Painting,
    photos: Sequence[PictureFile],
    registry: Registry,
    folder: Path,
    progress: Progress,
) -> tuple[Found, dict[Trial, list[Path]]]:
    outputs: dict[Trial, list[Path]] = {}
    most = most_trials(len(painting.strengths), bool(wanted.reference))
    meter = KeptContent(
        [photo.path for photo in photos],
        _others(photos, folder / "others"),
        wanted.reference,
        registry.metric(CONTENT),
        registry.metric(STYLE),
        FeatureCache(Places.default().cache / "features"),
        painting.seed,
        progress,
    )

    def hear(event: Event) -> None:
        # Of the photos of one trial nothing is shown.
        progress(replace(event, total=None) if event.stage == PHOTOS else event)

    def measured(strength: float, factor: float) -> Trial:
        place = folder / f"{len(outputs)}"
        jobs = [Job(photo.path, (place / f"{number}.png",)) for number, photo in enumerate(photos)]
        outcomes = repaint_files(
            jobs,
            [painting.variant(strength, factor)],
            painting.prompt,
            painting.seed,
            batch_size=painting.batch_size,
            overwrite=False,
            progress=hear,
        )
        for outcome in outcomes:
            if outcome.status == "failed":
                raise StylecliError(outcome.reason)
        made = [outcome.target for outcome in outcomes]
        kept: Kept = meter(made)
        if kept.unsaid and wanted.reference and not outputs:
            words = f"--reference: {kept.unsaid}; the scale stays as it is"
            progress(Event(STAGE, message=words, level="warning"))
        trial = Trial(strength, factor, kept.content, kept.style, kept.photos)
        outputs[trial] = made
        progress(Event(STAGE, len(outputs), most, {"strength": strength, "CR": kept.content}))
        return trial

    found = search(painting.strengths, wanted.keep, measured, bool(wanted.reference))
    progress(Event(STAGE, len(outputs), len(outputs)))
    return found, outputs


def _others(photos: Sequence[PictureFile], folder: Path) -> list[Path]:
    """Photographs to tell a lone photo from: content retention asks how alike unrelated ones are."""
    if len(photos) > 1:
        return []
    from stylecli.demo.materials import write_photos

    own = {photo.digest for photo in photos}
    return [file.path for file in picture_files(write_photos(folder)) if file.digest not in own]


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
