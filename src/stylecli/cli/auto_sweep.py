"""The short sweep behind ``--strength auto``: photos painted at some strengths into a folder, and measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stylecli.errors import StylecliError
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.kept_content import KeptContent
from stylecli.evaluation.sets import PictureFile, picture_files
from stylecli.evaluation.trade_off import Found, Trial, most_trials, possible_strengths, search
from stylecli.images.reading import read_picture
from stylecli.method import Method
from stylecli.options import option_fields
from stylecli.places import Places
from stylecli.progress import Event, Progress
from stylecli.registry import Registry
from stylecli.sampling.repaint import STAGE as PHOTOS
from stylecli.sampling.repaint import Job, Variant, repaint_files

STAGE = "trying strengths"
CONTENT, STYLE = "content-retention", "style-closure"
SAMPLE = 4


@dataclass(frozen=True)
class Painting:
    """How photos are painted, but for strength and scale.

    Attributes:
        method: What paints.
        options: An instance of its `TransferOptions`; the strength in it says nothing.
        variant: Makes ready to paint at a strength, and at a factor of the typed scales.
        record: What is known of the pictures beforehand, from `made_record`.
        prompt: What the photos show.
        seed: The same for every photo.
    """

    method: Method
    options: Any
    variant: Callable[[float, float], Variant]
    record: Mapping[str, Any]
    prompt: str
    seed: int

    def strengths(self) -> list[float]:
        """Those that are worth trying; raises as `possible_strengths` does."""
        fields = {field.name: field for field in option_fields(self.method.TransferOptions)}
        info = fields["strength"].info
        return possible_strengths(info.min, info.max, getattr(self.options, "steps", None))

    def paint(
        self, jobs: Sequence[Job], strength: float, factor: float, progress: Progress
    ) -> None:
        """Paint photos at one strength.

        Raises:
            StylecliError: One cannot be painted.
        """
        outcomes = repaint_files(
            jobs,
            [self.variant(strength, factor)],
            self.prompt,
            self.seed,
            batch_size=getattr(self.options, "batch_size", 1),
            overwrite=False,
            progress=progress,
        )
        for outcome in outcomes:
            if outcome.status == "failed":
                raise StylecliError(outcome.reason)


def sample_of(sources: Sequence[Path]) -> list[PictureFile]:
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


def sweep(
    painting: Painting,
    photos: Sequence[PictureFile],
    keep: float,
    reference: Sequence[Path],
    registry: Registry,
    folder: Path,
    progress: Progress,
) -> tuple[Found, dict[Trial, list[Path]]]:
    """Look for the highest strength that keeps enough; see `stylecli.evaluation.trade_off.search`.

    Args:
        painting: How photos are painted.
        photos: Which; different ones.
        keep: The content retention that is asked for.
        reference: Pictures in the style, by which its scale is chosen, too; ().
        registry: Where the metrics are.
        folder: An empty one, where the pictures go.
        progress: Hears of everything.

    Returns:
        What was found, and the pictures of every trial in the order of the photos.

    Raises:
        StylecliError: How much is kept cannot be measured, or a photo cannot be painted.
    """
    strengths = painting.strengths()
    most = most_trials(len(strengths), bool(reference))
    meter = KeptContent(
        [photo.path for photo in photos],
        _others(photos, folder / "others"),
        reference,
        registry.metric(CONTENT),
        registry.metric(STYLE),
        FeatureCache(Places.default().cache / "features"),
        painting.seed,
        progress,
    )
    outputs: dict[Trial, list[Path]] = {}

    def hear(event: Event) -> None:
        # Of the photos of one trial nothing is shown.
        progress(replace(event, total=None) if event.stage == PHOTOS else event)

    def measured(strength: float, factor: float) -> Trial:
        place = folder / str(len(outputs))
        made = [place / f"{number}.png" for number in range(len(photos))]
        jobs = [Job(photo.path, (path,)) for photo, path in zip(photos, made, strict=True)]
        painting.paint(jobs, strength, factor, hear)
        kept = meter(made)
        if kept.unsaid and reference and not outputs:
            words = f"--reference: {kept.unsaid}; the scale stays as it is"
            progress(Event(STAGE, message=words, level="warning"))
        trial = Trial(strength, factor, kept.content, kept.style, kept.photos)
        outputs[trial] = made
        progress(Event(STAGE, len(outputs), most, {"strength": strength, "CR": kept.content}))
        return trial

    found = search(strengths, keep, measured, bool(reference))
    progress(Event(STAGE, len(outputs), len(outputs)))
    return found, outputs


def _others(photos: Sequence[PictureFile], folder: Path) -> list[Path]:
    """Photographs to tell a lone photo from: content retention asks how alike unrelated ones are."""
    if len(photos) > 1:
        return []
    from stylecli.demo.materials import write_photos

    own = {photo.digest for photo in photos}
    return [file.path for file in picture_files(write_photos(folder)) if file.digest not in own]
