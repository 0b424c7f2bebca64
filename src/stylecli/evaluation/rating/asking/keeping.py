"""The file of answers, to which lines are added and from which none is ever taken."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from stylecli.errors import StylecliError, UsageError
from stylecli.evaluation.rating.answers import SCHEMA
from stylecli.evaluation.rating.reading import Answers, read_answers

# Without O_BINARY, where there is such a thing, line ends would be changed.
_ADDING = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


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
        self.before = _read(path)
        self._adding = threading.Lock()
        self._closed = False
        # What a link points to is written, and taken away again; the link is the user's.
        self._place = place = Path(os.path.realpath(path))
        self._lock_file = place.with_name(f".{place.name}.lock")
        self._lock = FileLock(self._lock_file, timeout=0)
        self._new = not place.exists()
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            # Opened now: that it cannot be written is said before anybody answers.
            self._file = os.open(place, _ADDING, 0o666)
        except Timeout as problem:
            raise UsageError(
                f"{path}: another `stylecli eval rate` adds to this file.",
                "Several people can rate on one page at once; or choose another file with --results.",
            ) from problem
        except OSError as problem:
            self._lock.release()
            raise UsageError(
                f"{path}: cannot be written ({problem.strerror}).",
                "Choose another file with --results FILE.",
            ) from problem
        self._torn = _is_torn(self._file)

    def add(self, line: Mapping[str, Any]) -> None:
        """Add a line; when this returns, it is on the disk.

        Raises:
            StylecliError: The disk is full, the file was closed, or it was replaced and what was kept
                cannot be put back: the line does not count.
        """
        text = json.dumps({"schema": SCHEMA, **line}, ensure_ascii=False)
        content = (text + "\n").encode("utf-8", "backslashreplace")
        with self._adding:
            if self._closed:
                raise StylecliError(f"{self.path}: the answer came after the end.")
            self._put_back()
            self._append(content)

    def put_back(self) -> None:
        """Where the file was deleted or replaced meanwhile, put what was kept into the one that is there.

        Raises:
            StylecliError: What is there now is no file of answers, or cannot be written.
        """
        with self._adding:
            self._put_back()

    def close(self) -> None:
        """Let others add to the file; one to which nothing was added is taken away again."""
        with self._adding:
            self._closed = True
            empty = self._new and self._in_place() and os.fstat(self._file).st_size == 0
            os.close(self._file)
        if empty:
            self._place.unlink(missing_ok=True)
        # Windows does not let go of a file that is open; there it stays, and is taken again.
        with suppress(OSError):
            self._lock_file.unlink(missing_ok=True)
        self._lock.release()

    def _append(self, content: bytes) -> None:
        try:
            # A half-written line, of a crash or of a full disk, stays as it is: a new one begins.
            _write(self._file, b"\n" + content if self._torn else content)
            self._torn = False
            os.fsync(self._file)
        except OSError as problem:
            self._torn = True
            raise StylecliError(
                f"{self.path}: the answer could not be kept ({problem.strerror})."
            ) from problem

    def _in_place(self) -> bool:
        try:
            return os.path.samestat(os.stat(self._place), os.fstat(self._file))
        except OSError:
            return False

    def _put_back(self) -> None:
        try:
            if self._in_place():
                return
            _read(self._place)
            there = self._place.read_bytes() if self._place.exists() else b""
            known = set(there.split(b"\n"))
            own = _content(self._file).split(b"\n")
            lines = [line for line in own if line and line not in known]
            self._place.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._place, _ADDING, 0o666)
        except (OSError, UsageError) as problem:
            why = problem.message if isinstance(problem, UsageError) else problem.strerror
            raise StylecliError(
                f"{self.path}: was deleted or replaced meanwhile; what was kept cannot be put back ({why})."
            ) from problem
        before, self._file = self._file, file
        self._torn = _is_torn(file)
        try:
            if lines:
                self._append(b"\n".join([*lines, b""]))
        except StylecliError:
            # What is still to be put back is in the one before.
            self._file = before
            os.close(file)
            raise
        os.close(before)


def _read(path: Path) -> Answers:
    if not path.exists():
        return Answers(())
    if not path.is_file():
        raise UsageError(f"{path}: not a file.", "Choose one with --results FILE.")
    return read_answers(path)


def _content(file: int) -> bytes:
    os.lseek(file, 0, os.SEEK_SET)
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _is_torn(file: int) -> bool:
    size = os.fstat(file).st_size
    if not size:
        return False
    os.lseek(file, size - 1, os.SEEK_SET)
    return os.read(file, 1) != b"\n"


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]
