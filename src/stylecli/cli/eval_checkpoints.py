"""The checkpoints of a training run, as styles to be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from stylecli.cli.run_places import looked_at, places_named
from stylecli.cli.selection import read_place
from stylecli.errors import UsageError
from stylecli.registry import Registry
from stylecli.styles.header import SUFFIX
from stylecli.styles.style import ScaledStyle
from stylecli.training.copies import STEPS

# monet-000120, lora_step00001000, checkpoint-500; not final_v2.
_STEP = re.compile(r"(?:^|[-_. ]|steps?|epoch|ep|[-_. ]s)(\d+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Checkpoint:
    """A style as it was at a step.

    Attributes:
        step: The step.
        styled: The style.
    """

    step: int
    styled: ScaledStyle


def read_checkpoints(registry: Registry, run: str, base: str | None) -> list[Checkpoint]:
    """Read the styles that a run kept, in the order of their steps.

    Args:
        registry: What is there.
        run: A run's name, its folder, or any folder of LoRA files with the step in their names.
        base: The base that the user named, or None.

    Raises:
        UsageError: As `checkpoint_files`.
    """
    found = []
    for step, path in sorted(checkpoint_files(run).items()):
        style = read_place(registry, path, base)
        name = _STEP.sub("", path.stem).strip("-_. ") or style.name
        found.append(Checkpoint(step, ScaledStyle(replace(style, name=name))))
    return found


def checkpoint_files(run: str) -> dict[int, Path]:
    """The files that a run kept, by step; see `read_checkpoints`.

    Raises:
        UsageError: No such run, it kept fewer than two, or two are of one step.
    """
    places = places_named(run)
    found = [_by_step(place) for place in places]
    for files in found:
        if len(files) >= 2:
            return files
    there = "one" if any(found) else "none"
    raise UsageError(
        f"{looked_at(run, places)}: at least two checkpoints are needed to compare; {there} is there.",
        "Keep some while training: stylecli train FOLDER --save-every 50.",
    )


def _by_step(folder: Path) -> dict[int, Path]:
    place = folder / STEPS if (folder / STEPS).is_dir() else folder
    files: dict[int, Path] = {}
    for path in sorted(place.glob(f"*{SUFFIX}")):
        match = _STEP.search(path.stem)
        if match is None or path.name.startswith("."):
            continue
        step = int(match[1])
        if step in files:
            raise UsageError(
                f"{place}: {files[step].name} and {path.name} are both of step {step}.",
                "Give a folder with the checkpoints of one run.",
            )
        files[step] = path
    return files
