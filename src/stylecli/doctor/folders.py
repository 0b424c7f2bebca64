"""The folders that stylecli writes to: can it, and is there room."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from stylecli.doctor.finding import Finding, first_line
from stylecli.doctor.sizes import said_size
from stylecli.errors import UsageError
from stylecli.places import Places

TOPIC = "folders"
LEAST = 3 * 10**8
"""With less room, a training cannot keep its checkpoints."""
FOR_A_BASE = 8 * 10**9
"""What the largest of the known bases takes when it is fetched."""
ELSEWHERE = "export STYLECLI_HOME=/another/place"


def check_folders() -> Iterable[Finding]:
    """Styles, runs, cache, metrics' networks, temporary files and the hub's cache."""
    try:
        places = Places.default()
    except UsageError as problem:
        yield Finding(TOPIC, "STYLECLI_HOME", first_line(problem), "problem", ELSEWHERE)
    else:
        yield _writable("styles", places.styles, ELSEWHERE)
        yield _writable("runs", places.runs, ELSEWHERE)
        yield _writable("cache", places.cache, ELSEWHERE)
        yield _writable("weights", places.weights, ELSEWHERE)
    yield _writable("temporary files", _temporary(), "export TMPDIR=/another/place")
    yield _hub_cache()


def known_places() -> Places | None:
    """Where stylecli keeps things; None where that cannot be known, which is told among the folders."""
    try:
        return Places.default()
    except UsageError:
        return None


def _writable(name: str, folder: Path, elsewhere: str) -> Finding:
    there = folder
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    values = {"path": str(folder), "exists": folder.exists()}
    if not there.is_dir():
        text = f"{folder}: {there} is in the way; it is no folder"
        return Finding(TOPIC, name, text, "problem", elsewhere, values)
    if (why := _why_not(there)) is not None:
        text = f"{folder}: cannot be written to ({why})"
        return Finding(TOPIC, name, text, "problem", elsewhere, {**values, "writable": False})
    free = shutil.disk_usage(there).free
    values |= {"writable": True, "free": free}
    text = f"{folder}, {said_size(free)} free"
    if free < LEAST:
        return Finding(TOPIC, name, f"{text}: the disk is full", "problem", elsewhere, values)
    return Finding(TOPIC, name, text, values=values)


def _why_not(folder: Path) -> str | None:
    """Why nothing can be written into a folder, or None; it is tried, for rights do not tell all."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as problem:
        return problem.strerror or str(problem)


def _temporary() -> Path:
    try:
        return Path(tempfile.gettempdir())
    # None of its candidates can be written to.
    except OSError:
        return Path(os.environ.get("TMPDIR", "/tmp"))


def _hub_cache() -> Finding:
    from huggingface_hub.constants import HF_HUB_CACHE

    found = _writable("hub cache", Path(HF_HUB_CACHE), "export HF_HOME=/another/place")
    # The embedded bases need nothing from it.
    if found.state == "problem":
        text = f"{found.text}; nothing can be fetched"
        return Finding(TOPIC, found.name, text, "note", found.fix, found.values)
    if found.values["free"] < FOR_A_BASE:
        text = f"{found.text}: sdxl would take {said_size(FOR_A_BASE)}"
        return Finding(TOPIC, found.name, text, "note", found.fix, found.values)
    return found
