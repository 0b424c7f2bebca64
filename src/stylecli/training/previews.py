"""Pictures that a run paints on its way, kept with what made them: to look at, and to be rated."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base
from stylecli.errors import StylecliError
from stylecli.files import write_text_whole
from stylecli.images.writing import save_png
from stylecli.options import known_values
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.text2image import paint_prompts
from stylecli.styles.style import Prompt
from stylecli.training.options import TrainingOptions

if TYPE_CHECKING:
    from PIL.Image import Image

FOLDER = "previews"
INDEX = "previews.json"
SEEDS = 2**32
STEPS = 20
SUBJECTS = ("a landscape with trees and water", "a house by the sea", "a person", "a cat")
_VERSION = 1


@dataclass(frozen=True)
class Preview:
    """A picture that shows what was learnt so far.

    Attributes:
        image: The picture.
        prompt: What it was painted from.
        seed: Of its noise.
        hidden: Whether a safety checker blacked it out; it shows nothing, and is never rated.
    """

    image: Image
    prompt: str
    seed: int
    hidden: bool = False


def preview_options(transfer: Mapping[str, Any], count: int) -> SamplingOptions:
    """How so many previews are painted at once: with these settings for transfer, in few steps."""
    settings = known_values(SamplingOptions, transfer)
    return SamplingOptions(**{"steps": STEPS, **settings, "batch_size": count})


def preview_prompts(words: Prompt, count: int) -> list[str]:
    """So many prompts for previews: several subjects, over and over, with the words of the style."""
    return [words.with_subject(SUBJECTS[number % len(SUBJECTS)]) for number in range(count)]


def paint_previews(
    base: Base, prompts: Sequence[str], seed: int, options: SamplingOptions
) -> list[Preview]:
    """Paint with the base as it stands; the first picture's seed is the run's, the next one's one more."""
    seeds = [(seed + number) % SEEDS for number in range(len(prompts))]
    images = paint_prompts(base, prompts, seeds, options)
    return [
        Preview(image, prompt, own)
        for image, prompt, own in zip(images, prompts, seeds, strict=True)
    ]


def is_shown(step: int, options: TrainingOptions, batches: float) -> bool:
    """Whether previews are made after a step; a copy of the style is rated by those of its step.

    Args:
        step: From 1.
        options: How often previews and copies are made, and accumulation.
        batches: Of one pass over the pictures, those of this process.
    """
    often = [options.preview_every or 0, options.save_every]
    if options.preview_epochs:
        often.append(max(1, round(options.preview_epochs * batches / options.accumulation)))
    return options.previews and any(step % each == 0 for each in often if each)


@dataclass(frozen=True)
class KeptPreview:
    """A preview in a run's folder.

    Attributes:
        path: Its file.
        prompt: What it was painted from.
        seed: Of its noise.
        hidden: Whether it was blacked out, and is not to be rated.
    """

    path: Path
    prompt: str
    seed: int
    hidden: bool


@dataclass(frozen=True)
class _Entry:
    file: str
    prompt: str
    seed: int
    hidden: bool


class PreviewFolder:
    """The previews of a run: pictures in ``previews``, and ``previews.json``, which lists them.

    Args:
        folder: The run's.
        up_to: The step from which the run goes on; what is listed of later ones will come again.

    Raises:
        StylecliError: The list is damaged.
    """

    def __init__(self, folder: Path, up_to: int) -> None:
        self._folder = folder / FOLDER
        self._steps = {
            step: entries for step, entries in _read_index(folder).items() if step <= up_to
        }

    def add(self, step: int, previews: Sequence[Preview]) -> list[Path]:
        """Write the previews of a step, in place of those that it had, and list them.

        Args:
            step: After which they were painted, from 1.
            previews: In the order in which every step has them.

        Returns:
            Their files: ``step-000500-1.png`` and so on.

        Raises:
            StylecliError: They cannot be written.
        """
        entries = []
        for number, preview in enumerate(previews, 1):
            entry = _Entry(
                f"step-{step:06d}-{number}.png", preview.prompt, preview.seed, preview.hidden
            )
            record = {"command": "train", "step": step, **asdict(entry)}
            del record["file"]
            save_png(preview.image, self._folder / entry.file, record)
            entries.append(entry)
        self._steps[step] = entries
        steps = [
            {"step": number, "pictures": [asdict(entry) for entry in self._steps[number]]}
            for number in sorted(self._steps)
        ]
        text = json.dumps({"version": _VERSION, "steps": steps}, indent=2, ensure_ascii=False)
        # As in the pictures' own records: lone surrogates are escaped, which JSON can hold.
        text = text.encode("utf-8", "backslashreplace").decode()
        write_text_whole(self._folder / INDEX, text + "\n")
        return [self._folder / entry.file for entry in entries]


def read_previews(folder: Path) -> Mapping[int, Sequence[KeptPreview]]:
    """The previews of a run by step, earliest first; empty where there are none.

    Args:
        folder: The run's.

    Raises:
        StylecliError: Their list is damaged, or one of the pictures is gone.
    """
    found = {
        step: [
            KeptPreview(folder / FOLDER / entry.file, entry.prompt, entry.seed, entry.hidden)
            for entry in entries
        ]
        for step, entries in sorted(_read_index(folder).items())
    }
    for previews in found.values():
        for preview in previews:
            if not preview.path.is_file():
                raise StylecliError(
                    f"{preview.path}: a preview that {INDEX} lists is gone.",
                    "Put it back, or take its step out of the list.",
                )
    return found


def _read_index(folder: Path) -> dict[int, list[_Entry]]:
    path = folder / FOLDER / INDEX
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != _VERSION:
            raise StylecliError(
                f"{path}: version {content['version']!r} is not known here.", "Update stylecli."
            )
        found = {}
        for step in content["steps"]:
            if step["step"] in found:
                raise ValueError(f"step {step['step']} is there twice")
            found[step["step"]] = [_checked(_Entry(**entry)) for entry in step["pictures"]]
        if not all(type(step) is int and step > 0 for step in found):
            raise ValueError("a step that is no number from 1")
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise StylecliError(
            f"{path}: damaged ({problem}).", "Remove the file to go on without the previews so far."
        ) from problem
    return found


def _checked(entry: _Entry) -> _Entry:
    kinds = {"file": str, "prompt": str, "seed": int, "hidden": bool}
    for name, kind in kinds.items():
        if type(getattr(entry, name)) is not kind:
            raise ValueError(f"{name} is {getattr(entry, name)!r}")
    if Path(entry.file).name != entry.file:
        raise ValueError(f"{entry.file!r} is no file of the folder")
    return entry
