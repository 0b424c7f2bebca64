"""Seeing what code prints, and where it writes."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stylecli.testing.written import State, changed, is_bytecode, state_of, written

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
    """Files and folders that were written where they do not belong.

    Attributes:
        files: Each with the folder that it was found in, "the working folder/notes.txt"; elsewhere its
            whole path.
    """

    files: list[str] = field(default_factory=list)


@contextlib.contextmanager
def watched(
    root: Path,
    precious: Mapping[str, Path],
    allowed: Collection[Path] = (),
    beside: Mapping[str, Path] | None = None,
) -> Iterator[Strays]:
    """Stand in an empty working folder, with an empty home and an empty place for temporary files.

    Args:
        root: An empty folder of ours.
        precious: Folders by name in which nothing may change.
        allowed: Folders in which anything may.
        beside: Folders by name in which nothing may appear or vanish; what is deeper is not looked at.

    Returns:
        What was written, changed or deleted there, and what Python code did so anywhere else; complete
        when the block is left.
    """
    strays = Strays()
    moved = {
        "the working folder": root / "work",
        "the home folder": root / "home",
        "the folder for temporary files": root / "tmp",
    }
    for folder in moved.values():
        folder.mkdir(parents=True, exist_ok=True)
    whole = {**moved, **precious}
    entries = dict(beside or {})
    before = _content(whole, entries)
    environment = {name: str(moved["the home folder"]) for name in _MOVED}
    environment |= dict.fromkeys(
        ("TMPDIR", "TEMP", "TMP"), str(moved["the folder for temporary files"])
    )
    with (
        _environment(environment),
        _temporary(environment["TMPDIR"]),
        _working_in(root / "work"),
        written() as heard,
    ):
        yield strays
    found: list[str] = []
    for name, after in _content(whole, entries).items():
        was = before[name]
        differing = sorted(path for path in was | after if was.get(path) != after.get(path))
        found += [f"{name}/{path}" for path in differing]
    known = [*allowed, *whole.values(), root]
    elsewhere = [path for path in changed(heard) if not any(_is_in(path, one) for one in known)]
    found += [_named(path, entries) for path in elsewhere]
    # Of a folder with something in it that is said already.
    strays.files = [
        name
        for name in dict.fromkeys(found)
        if not any(other.startswith(f"{name}/") for other in found)
    ]


def _content(whole: Mapping[str, Path], entries: Mapping[str, Path]) -> dict[str, dict[str, State]]:
    """What is in folders, in some of them at all depths, by the folder's name and the path in it."""
    return {
        name: {
            path.relative_to(folder).as_posix(): state_of(path)
            for path in folder.glob("**/*" if name in whole else "*")
            if not is_bytecode(path)
        }
        for name, folder in {**whole, **entries}.items()
    }


def _named(path: Path, folders: Mapping[str, Path]) -> str:
    for name, folder in folders.items():
        if _is_in(path, folder):
            return f"{name}/{path.resolve().relative_to(folder.resolve()).as_posix()}"
    return str(path)


def _is_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


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
