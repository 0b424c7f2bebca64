"""The previews of a training run, as people are asked about them: an entry for each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stylecli.errors import UsageError
from stylecli.evaluation.rating.asking.material import (
    Material,
    Picture,
    pictures_of,
    reference_pictures,
    some_of,
)
from stylecli.evaluation.report.wording import counted, encodable
from stylecli.training.previews import FOLDER, INDEX, read_previews
from stylecli.training.run_folder import read_description


def is_run(folder: Path) -> bool:
    """Whether a folder holds the previews of a training run."""
    return (folder / FOLDER / INDEX).is_file()


def material_of_run(folder: Path, references: Mapping[str, Sequence[Path]]) -> Material:
    """The previews of a run; what is of one prompt and one seed is compared between steps.

    Args:
        folder: The run's.
        references: Pictures of the style; at most one folder.

    Raises:
        UsageError: No previews, or several references.
        StylecliError: The list of previews is damaged, or a picture is gone.
    """
    if len(references) > 1:
        raise UsageError("A training run is of one style: give one --reference.")
    target = next(iter(references), str(read_description(folder).get("name") or folder.name))
    pictures: list[Picture] = []
    hidden = 0
    for step, previews in read_previews(folder).items():
        seen = [preview for preview in previews if not preview.hidden]
        hidden += len(previews) - len(seen)
        found = pictures_of(
            f"step {step}",
            target,
            [preview.path for preview in seen],
            [f"{preview.prompt} (seed {preview.seed})" for preview in seen],
            step,
        )
        pictures += [
            replace(picture, prompt=encodable(preview.prompt))
            for picture, preview in zip(found, seen, strict=True)
        ]
    if not pictures:
        raise UsageError(f"{folder / FOLDER}: no previews that can be shown.")
    note = f"{counted(hidden, 'preview')} blacked out by a safety checker left out."
    return Material(
        tuple(pictures),
        {},
        {encodable(name): some_of(paths) for name, paths in references.items()},
        tuple(
            each for name, paths in references.items() for each in reference_pictures(name, paths)
        ),
        notes=(note,) if hidden else (),
    )
