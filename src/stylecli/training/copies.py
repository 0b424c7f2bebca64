"""Copies of the style that a run keeps on its way: one file every so many steps."""

from __future__ import annotations

import re
from pathlib import Path

from stylecli.errors import StylecliError

STEPS = "checkpoints"
"""The folder in a run's own that holds the style as it was every so many steps."""


def copy_path(folder: Path, name: str, step: int) -> Path:
    """Where a run's folder has the copy of a step.

    Args:
        folder: The run's.
        name: The style's.
        step: From 1.
    """
    return folder / STEPS / f"{name}-{step:06d}.safetensors"


def drop_older(folder: Path, name: str, step: int, limit: int) -> None:
    """Remove a run's copies up to a step, but for the newest; see `copy_path`.

    Files of other names are left alone, and so are copies of later steps: a run that goes on after
    a crash will come to them again.

    Args:
        folder: The run's.
        name: The style's.
        step: The newest copy's.
        limit: How many stay, at least 1.

    Raises:
        StylecliError: One cannot be removed.
    """
    pattern = re.compile(re.escape(name) + r"-(\d{6,})\.safetensors")
    found = [(pattern.fullmatch(path.name), path) for path in (folder / STEPS).iterdir()]
    steps = {int(match[1]): path for match, path in found if match}
    older = [number for number in sorted(steps) if number <= step][:-limit]
    for number in older:
        try:
            steps[number].unlink()
        except OSError as problem:
            raise StylecliError(
                f"{steps[number]}: an older copy cannot be removed ({problem.strerror})."
            ) from problem
