"""Captions for the pictures of a folder, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stylecli.captioner import Captioner, Captions, Subject
from stylecli.captioning.store import CaptionStore
from stylecli.errors import Cancelled, StylecliError, told
from stylecli.images.reading import picture_size, read_picture
from stylecli.progress import Event, Progress
from stylecli.registry import with_package

if TYPE_CHECKING:
    from PIL.Image import Image

STAGE = "captioning"
BATCH_SIZE = 8
"""Pictures at once for a captioner that has no option ``batch_size``."""

State = Literal["written", "replaced", "would be written", "kept", "nothing to say", "failed"]

WRITTEN = ("written", "replaced")
"""The states of pictures whose caption is new."""


@dataclass(frozen=True)
class Captioned:
    """What became of one picture.

    Attributes:
        picture: The file.
        state: What was done: "replaced" and "kept" where it had a caption; "would be written" in a
            dry run.
        caption: The caption, new or kept; "" where there is none.
        reason: Why it failed or was kept although it had none, or "".
    """

    picture: Path
    state: State
    caption: str = ""
    reason: str = ""


def caption_pictures(
    pictures: Sequence[Path],
    captioner: Captioner,
    options: Any,
    wording: Callable[[Sequence[str]], Sequence[str]],
    store: CaptionStore,
    *,
    overwrite: bool,
    dry_run: bool,
    progress: Progress,
) -> list[Captioned]:
    """Caption pictures; the captions of each batch are written before the next begins.

    The captioner is loaded only if there is something to do. A picture that cannot be read fails
    alone.

    Args:
        pictures: The files.
        captioner: Says what is on them.
        options: An instance of its `Options`, or None; its ``batch_size`` is how many go at once.
        wording: Makes captions of what it says.
        store: Where captions are, and are written.
        overwrite: Whether pictures that have a caption get a new one.
        dry_run: Whether nothing is written.
        progress: Hears of it.

    Returns:
        What became of each, in the order of `pictures`.

    Raises:
        Cancelled: Stopped between two batches; what was captioned is written.
        StylecliError: The captioner cannot be loaded or breaks its contract, or captions cannot be
            written.
    """
    found: dict[Path, Captioned] = {}
    for picture in pictures:
        owner, caption = store.shared_with(picture), store.caption_of(picture)
        if owner is not None:
            reason = f"{picture.name}: shares {picture.stem}.txt with {owner.name}."
            found[picture] = Captioned(picture, "kept", caption, reason)
        elif caption and not overwrite:
            found[picture] = Captioned(picture, "kept", caption)
    waiting = [picture for picture in pictures if picture not in found]
    if waiting:
        captions = captioner.load(options, progress)
        size = getattr(options, "batch_size", BATCH_SIZE)
        try:
            progress(Event(STAGE, 0, len(waiting)))
            for start in range(0, len(waiting), size):
                batch = waiting[start : start + size]
                for item in _captioned(batch, captioner, captions, wording, store, dry_run):
                    found[item.picture] = item
                written = [found[picture] for picture in batch]
                store.write(
                    {item.picture: item.caption for item in written if item.state in WRITTEN}
                )
                progress(Event(STAGE, start + len(batch), len(waiting)))
        except Cancelled as stopped:
            raise _explained(found, len(waiting), overwrite, dry_run) from stopped
        finally:
            store.save()
    return [found[picture] for picture in pictures]


def _captioned(
    batch: Sequence[Path],
    captioner: Captioner,
    captions: Captions,
    wording: Callable[[Sequence[str]], Sequence[str]],
    store: CaptionStore,
    dry_run: bool,
) -> list[Captioned]:
    subjects, results = [], []
    for picture in batch:
        try:
            image = _looked_at(picture, captioner.reads_pictures)
        except StylecliError as problem:
            results.append(Captioned(picture, "failed", reason=problem.message))
            continue
        subjects.append(Subject(picture, image))
    said = _said(captioner, captions, subjects)
    for subject, caption in zip(subjects, wording(said), strict=True):
        done: State = "replaced" if store.caption_of(subject.path) else "written"
        state: State = "would be written" if dry_run else done
        results.append(Captioned(subject.path, state if caption else "nothing to say", caption))
    return results


def _said(captioner: Captioner, captions: Captions, subjects: Sequence[Subject]) -> list[str]:
    """What a captioner says; its failures are told with its name.

    Raises:
        StylecliError: It raises, or does not give as many texts as there are pictures.
    """
    if not subjects:
        return []
    try:
        said = captions(subjects)
        texts = [] if said is None or isinstance(said, str) else list(said)
    except (StylecliError, KeyboardInterrupt):
        raise
    # A captioner is anybody's code and may raise anything.
    except BaseException as problem:
        raise StylecliError(
            f"The {with_package('captioner', captioner.name)} failed on {subjects[0].path.name} or the "
            f"next {len(subjects) - 1} ({told(problem)})."
        ) from problem
    if len(texts) != len(subjects) or not all(isinstance(text, str) for text in texts):
        raise StylecliError(
            f"The {with_package('captioner', captioner.name)} did not give one text for each of "
            f"{len(subjects)} pictures."
        )
    return texts


def _looked_at(picture: Path, whole: bool) -> Image | None:
    if whole:
        return read_picture(picture)
    # What training leaves out wants no caption either.
    picture_size(picture)
    return None


def _explained(
    found: dict[Path, Captioned], waiting: int, overwrite: bool, dry_run: bool
) -> Cancelled:
    if dry_run:
        return Cancelled("Stopped as you asked; nothing was written.")
    written = sum(item.state in WRITTEN for item in found.values())
    return Cancelled(
        f"Stopped as you asked; {written} of {waiting} captions are written.",
        "With --overwrite the next run begins anew; without, it keeps what is there."
        if overwrite
        else "Run the same command again to go on with the rest.",
    )
