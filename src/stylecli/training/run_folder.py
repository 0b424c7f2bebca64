"""The folder of a training run: finding one, what it was started with, whether it can go on."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stylecli.errors import StylecliError, UsageError
from stylecli.files import write_text_whole
from stylecli.training.checkpoint import FILE_NAME
from stylecli.training.record import METRICS

DESCRIPTION = "run.json"


def new_run_folder(runs: Path, name: str) -> Path:
    """A folder for a run of this name that no earlier run has used: ``monet``, ``monet-2``, …

    Raises:
        StylecliError: It cannot be made.
    """
    number = 1
    while True:
        folder = runs / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
            continue
        except OSError as problem:
            raise StylecliError(
                f"{folder}: cannot be made ({problem.strerror}).",
                "Choose another place with STYLECLI_HOME.",
            ) from problem
        return folder


def unfinished_run(runs: Path, name: str) -> Path:
    """The newest run of this name that did not finish.

    Raises:
        UsageError: There is none.
    """
    described = {folder: read_description(folder) for folder in runs.glob(f"{name}*")}
    candidates = [
        folder
        for folder, description in described.items()
        if description.get("name") == name and not description.get("finished")
    ]
    if not candidates:
        raise UsageError(
            f"No unfinished run named {name!r} to resume.",
            "Start it without --resume, or give its --name.",
        )
    return max(candidates, key=lambda folder: (folder / DESCRIPTION).stat().st_mtime)


def drop_empty_run(folder: Path) -> None:
    """Delete a run's folder if it failed before anything was learnt."""
    if not has_checkpoint(folder) and not any(folder.rglob(METRICS)):
        shutil.rmtree(folder, ignore_errors=True)


def has_checkpoint(folder: Path) -> bool:
    """Whether a run's folder, or that of one of its phases, holds a state to go on from."""
    return any(folder.rglob(FILE_NAME))


def describe_run(folder: Path, description: Mapping[str, Any]) -> None:
    """Keep what a run was started with in its folder."""
    write_text_whole(
        folder / DESCRIPTION,
        json.dumps(description, indent=2, ensure_ascii=False, sort_keys=True) + "\n",
    )


def finish_run(folder: Path) -> None:
    """Keep that a run came to its end; the states to go on from, which may be large, go."""
    describe_run(folder, {**read_description(folder), "finished": True})
    for path in folder.rglob(FILE_NAME):
        path.unlink(missing_ok=True)


def read_description(folder: Path) -> dict[str, Any]:
    """What a run was started with; empty where that is not known."""
    path = folder / DESCRIPTION
    # Whoever opens a pipe waits for somebody to write.
    if not path.is_file():
        return {}
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return {}
