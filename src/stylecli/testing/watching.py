"""Seeing what code prints, and where it writes."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stylecli.files import sha256_of

_MOVED = ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "STYLECLI_HOME")


@dataclass
class Output:
    """What was printed.

    Attributes:
        text: On standard output and standard error; complete when the block is left.
    """

    text: str = ""


@contextlib.contextmanager
def captured() -> Iterator[Output]:
    """Catch what is printed inside, by Python or below it."""
    output = Output()
    said = io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with tempfile.TemporaryFile() as file:
        saved = [os.dup(1), os.dup(2)]
        try:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                yield output
        finally:
            for number, kept in enumerate(saved, start=1):
                os.dup2(kept, number)
                os.close(kept)
            file.seek(0)
            output.text = said.getvalue() + file.read().decode(errors="replace")


@contextlib.contextmanager
def no_output() -> Iterator[None]:
    """Let nothing be printed inside."""
    with captured():
        yield


@dataclass
class Strays:
    """Files that were written where they do not belong.

    Attributes:
        files: Each with the folder that it was found in: "the working folder/notes.txt".
    """

    files: list[str] = field(default_factory=list)


@contextlib.contextmanager
def watched(root: Path, precious: Mapping[str, Path]) -> Iterator[Strays]:
    """Stand in an empty working folder, with an empty home and an empty place for temporary files.

    Args:
        root: An empty folder of ours.
        precious: Folders by name in which nothing may change.

    Returns:
        What was written, changed or deleted there; complete when the block is left.
    """
    strays = Strays()
    moved = {
        "the working folder": root / "work",
        "the home folder": root / "home",
        "the folder for temporary files": root / "tmp",
    }
    for folder in moved.values():
        folder.mkdir(parents=True, exist_ok=True)
    places = {**moved, **precious}
    before = {name: _content(folder) for name, folder in places.items()}
    environment = {name: str(moved["the home folder"]) for name in _MOVED}
    environment |= dict.fromkeys(
        ("TMPDIR", "TEMP", "TMP"), str(moved["the folder for temporary files"])
    )
    with _environment(environment), _temporary(environment["TMPDIR"]), _working_in(root / "work"):
        yield strays
    for name, folder in places.items():
        after = _content(folder)
        changed = {
            file
            for file in before[name].keys() | after.keys()
            if _differs(before[name], after, file)
        }
        strays.files += [f"{name}/{file}" for file in sorted(changed)]


def _differs(before: Mapping[str, str], after: Mapping[str, str], file: str) -> bool:
    return before.get(file) != after.get(file)


def _content(folder: Path) -> dict[str, str]:
    """Every file below a folder, with the hash of its content."""
    return {
        path.relative_to(folder).as_posix(): sha256_of(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _temporary(folder: str) -> Iterator[None]:
    before, tempfile.tempdir = tempfile.tempdir, folder
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
