"""Training runs that were stopped."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stylecli.doctor.finding import Finding
from stylecli.doctor.folders import known_places
from stylecli.training.run_folder import DESCRIPTION, has_checkpoint, read_description

TOPIC = "runs"


def check_runs() -> Iterable[Finding]:
    """Each run that did not finish, with the command that goes on with it."""
    places = known_places()
    if places is None:
        return
    runs = places.runs
    folders = [path.parent for path in sorted(runs.glob(f"*/{DESCRIPTION}"))]
    described = {folder: read_description(folder) for folder in folders}
    stopped = {
        folder: content for folder, content in described.items() if not content.get("finished")
    }
    values = {"runs": len(folders), "unfinished": len(stopped)}
    text = f"{len(folders)}, of which {len(stopped)} did not finish" if folders else "none yet"
    yield Finding(TOPIC, "runs", text, values=values)
    for folder, content in stopped.items():
        yield _stopped(folder, content)


def _stopped(folder: Path, content: Mapping[str, Any]) -> Finding:
    values = {"folder": str(folder), "name": content.get("name")}
    remove = f"rm -r {shlex.quote(str(folder))}"
    if not content:
        text = f"{folder}: {DESCRIPTION} cannot be read"
        return Finding(TOPIC, folder.name, text, "note", remove, values)
    if not has_checkpoint(folder):
        text = f"{folder}: is running, or ended before anything was kept"
        return Finding(TOPIC, folder.name, text, "note", remove + " if it does not run", values)
    words = ["--method", str(content.get("method")), "--name", str(content.get("name"))]
    fix = f"stylecli train FOLDER {shlex.join(words)} --resume (or {remove})"
    return Finding(TOPIC, folder.name, f"{folder}: is running, or was stopped", "note", fix, values)
