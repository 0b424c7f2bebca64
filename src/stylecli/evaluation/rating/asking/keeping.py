"""The file of answers, to which lines are added and from which none is ever taken."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from stylecli.errors import StylecliError, UsageError
from stylecli.evaluation.rating.answers import SCHEMA, Answer
from stylecli.evaluation.rating.reading import Answers, read_answers

# Without O_BINARY, where there is such a thing, line ends would be changed.
_ADDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


class AnswerFile:
    """Adds answers to a file, each on the disk before it counts; one program at a time.

    Args:
        path: The file; it is made with the first answer where it is missing.

    Raises:
        UsageError: It cannot be written, is no file of answers, or another program adds to it.
    """

    def __init__(self, path: Path) -> None:
        from filelock import FileLock, Timeout

        self.path = path
        self._adding = threading.Lock()
        self._closed = False
        # What a link points to is written, and taken away again; the link is the user's.
        self._place = place = Path(os.path.realpath(path))
        self._lock_file = place.with_name(f".{place.name}.lock")
        self._lock = FileLock(self._lock_file, timeout=0)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout as problem:
            raise UsageError(
                f"{path}: another `stylecli eval rate` adds to this file.",
                "Several people can rate on one page at once; or choose another file with --results.",
            ) from problem
        except OSError as problem:
            raise _unwritable(path, problem) from problem
        try:
            # Read under the lock: until then another program may have added to it.
            self._new = not place.exists()
            self._content = _content(path)
            self.before = _answers(path)
            # Opened now: that it cannot be written is said before anybody answers.
            os.close(os.open(place, _ADDING, 0o666))
        except OSError as problem:
            self._unlock()
            raise _unwritable(path, problem) from problem
        except UsageError:
            self._unlock()
            raise

    def add(self, line: Mapping[str, Any]) -> None:
        """Add a line; when this returns, it is on the disk.

        Raises:
            StylecliError: The disk is full, the file was closed, or it was changed and what was kept
                cannot be put back: the line does not count.
        """
        text = json.dumps({"schema": SCHEMA, **line}, ensure_ascii=False)
        content = (text + "\n").encode("utf-8")
        with self._adding:
            if self._closed:
                raise StylecliError(f"{self.path}: the answer came after the end.")
            self._put_back()
            try:
                self._append(content)
            except OSError as problem:
                raise StylecliError(
                    f"{self.path}: the answer could not be kept ({problem.strerror})."
                ) from problem

    def standing(self) -> tuple[Answer, ...]:
        """The answers that stand in the file now.

        Raises:
            UsageError: It cannot be read any more.
        """
        return _answers(self._place).standing

    def put_back(self) -> None:
        """Where lines are gone from the file meanwhile, put them into the one that is there.

        Raises:
            StylecliError: What is there now is no file of answers, or cannot be written.
        """
        with self._adding:
            self._put_back()

    def close(self) -> None:
        """Let others add to the file; one to which nothing was added is taken away again."""
        with self._adding:
            self._closed = True
            with suppress(OSError):
                if self._new and self._place.stat().st_size == 0:
                    self._place.unlink()
        self._unlock()

    def _unlock(self) -> None:
        # Windows does not let go of a file that is open; there it stays, and is taken again.
        with suppress(OSError):
            self._lock_file.unlink(missing_ok=True)
        self._lock.release()

    def _put_back(self) -> None:
        """Compares all of it: an editor and ``cp`` change a file in place, or put another there."""
        try:
            there = _content(self._place)
            if there == self._content:
                return
            _answers(self._place)
            gone = _gone(self._content, there)
            before, self._content = self._content, there
            try:
                if gone:
                    self._append(gone)
            except OSError:
                self._content = before
                raise
        except (OSError, UsageError) as problem:
            why = problem.message if isinstance(problem, UsageError) else problem.strerror
            raise StylecliError(
                f"{self.path}: was deleted or changed meanwhile; what was kept cannot be put back ({why})."
            ) from problem

    def _append(self, lines: bytes) -> None:
        # A half-written line, of a crash or of a full disk, stays as it is: a new one begins.
        begun = self._content and not self._content.endswith(b"\n")
        content = b"\n" + lines if begun else lines
        self._place.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._place, _ADDING, 0o666)
        try:
            _write(file, content)
            os.fsync(file)
        finally:
            os.close(file)
        if not self._content:
            _keep_name(self._place)
        self._content += content


def _unwritable(path: Path, problem: OSError) -> UsageError:
    return UsageError(
        f"{path}: cannot be written ({problem.strerror}).",
        "Choose another file with --results FILE.",
    )


def _content(path: Path) -> bytes:
    if not path.exists():
        return b""
    if not path.is_file():
        raise UsageError(f"{path}: not a file.", "Choose one with --results FILE.")
    return path.read_bytes()


def _answers(path: Path) -> Answers:
    return read_answers(path) if path.exists() else Answers(())


def _gone(kept: bytes, there: bytes) -> bytes:
    """The lines from the first one on that is not there any more.

    Those behind it come along, though some may be there: which of two answers to one question was
    the later one is told by their order, and what is there twice counts once.
    """
    found = Counter(there.splitlines())
    lines = [line for line in kept.splitlines() if line]
    for place, line in enumerate(lines):
        found[line] -= 1
        if found[line] < 0:
            return b"".join(each + b"\n" for each in lines[place:])
    return b""


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _keep_name(path: Path) -> None:
    """Put the name of a new file on the disk, which its content alone does not."""
    # Windows cannot open a folder, and some network drives do not do this.
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
