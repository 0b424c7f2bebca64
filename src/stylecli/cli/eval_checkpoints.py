"""The checkpoints of a training run, as styles to be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from stylecli.cli.selection import read_place
from stylecli.errors import UsageError
from stylecli.places import Places
from stylecli.registry import Registry
from stylecli.styles.header import SUFFIX
from stylecli.styles.style import ScaledStyle
from stylecli.training.copies import STEPS
from stylecli.training.run_folder import DESCRIPTION, read_description

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
    folder = run_folder(run)
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
    if len(files) < 2:
        there = "one" if files else "none"
        raise UsageError(
            f"{folder}: at least two checkpoints are needed to compare; {there} is there.",
            "Keep some while training: stylecli train FOLDER --save-every 50.",
        )
    return files


def run_folder(run: str) -> Path:
    """The folder of a run by its name, or the folder itself.

    Raises:
        UsageError: No such run.
    """
    folder = Path(run).expanduser()
    if folder.is_dir():
        return folder
    runs = Places.default().runs
    named = [path for path in runs.glob("*") if read_description(path).get("name") == run]
    named += (
        [runs / run] if (runs / run / DESCRIPTION).is_file() and runs / run not in named else []
    )
    if not named:
        known = sorted({str(read_description(path).get("name")) for path in runs.glob("*")})
        raise UsageError(
            f"No run named {run!r} and no such folder.",
            f"There are: {', '.join(known)}." if known else "There are no runs yet.",
        )
    return max(named, key=lambda path: (path / DESCRIPTION).stat().st_mtime)
