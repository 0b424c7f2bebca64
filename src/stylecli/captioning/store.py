"""Where the captions of a folder stand: a ``.txt`` beside each picture, or ``metadata.jsonl``."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from stylecli.datasets.metadata import FILE_NAME, bad_line, plain, read_lines
from stylecli.errors import StylecliError
from stylecli.files import write_text_whole

Format = Literal["txt", "metadata.jsonl"]

REWRITE_SECONDS = 2.0
"""Least time between two rewritings of ``metadata.jsonl``, which is written whole each time."""


class CaptionStore:
    """The captions of a folder as training reads them.

    A ``.txt`` beside a picture goes before ``metadata.jsonl``. So where one stands it is written too,
    else it would hide the new caption.
    """

    def __init__(self, folder: Path, pictures: Sequence[Path], form: Format) -> None:
        """Read what is there.

        Args:
            folder: The folder of the pictures.
            pictures: Those in it.
            form: Where captions are written to.

        Raises:
            UsageError: ``metadata.jsonl`` is there and is none.
        """
        self._form = form
        self._path = folder / FILE_NAME
        lines = read_lines(self._path)
        self._lines = [line.raw for line in lines]
        self._entries: dict[str, tuple[int, Mapping[str, Any]]] = {}
        for position, line in enumerate(lines):
            name = line.entry.get("file_name")
            if not isinstance(line.entry.get("text"), str | None):
                raise bad_line(self._path, line.number)
            if isinstance(name, str):
                self._entries[name] = position, line.entry
        self._owners: dict[Path, Path] = {}
        for picture in pictures:
            self._owners.setdefault(picture.with_suffix(".txt"), picture)
        self._unsaved = False
        self._saved = -REWRITE_SECONDS

    def caption_of(self, picture: Path) -> str:
        """The caption that a picture has, or ""; an empty file or entry counts as none.

        Raises:
            StylecliError: Its ``.txt`` cannot be read.
        """
        beside = picture.with_suffix(".txt")
        if beside.is_file():
            try:
                return plain(beside.read_text(encoding="utf-8-sig", errors="replace"))
            except OSError as problem:
                raise StylecliError(f"{beside}: cannot be read ({problem.strerror}).") from problem
        _, entry = self._entries.get(picture.name, (0, {}))
        return plain(entry.get("text") or "")

    def shared_with(self, picture: Path) -> Path | None:
        """The picture before this one whose ``.txt`` is or would be its own, too: a.jpg for a.png.

        A ``.txt`` that is there speaks for both, also where ``metadata.jsonl`` is written.
        """
        beside = picture.with_suffix(".txt")
        owner = self._owners[beside]
        shares = owner != picture and (self._form == "txt" or beside.is_file())
        return owner if shares else None

    def write(self, captions: Mapping[Path, str]) -> None:
        """Write captions by picture, each whole or not at all; call `save` after the last.

        Raises:
            StylecliError: The folder is read-only or the disk is full.
        """
        for picture, caption in captions.items():
            beside = picture.with_suffix(".txt")
            if self._form == "txt" or beside.is_file():
                write_text_whole(beside, caption + "\n")
            if self._form == "metadata.jsonl":
                self._enter(picture.name, caption)
        if time.monotonic() - self._saved >= REWRITE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write ``metadata.jsonl`` where it has changed; raises as `write` does."""
        if self._unsaved:
            write_text_whole(self._path, "".join(f"{line}\n" for line in self._lines))
            self._unsaved = False
            self._saved = time.monotonic()

    def _enter(self, name: str, caption: str) -> None:
        position, entry = self._entries.get(name, (len(self._lines), {"file_name": name}))
        entry = {**entry, "text": caption}
        line = _written(entry)
        if position == len(self._lines):
            self._lines.append(line)
        else:
            self._lines[position] = line
        self._entries[name] = position, entry
        self._unsaved = True


def _written(entry: Mapping[str, Any]) -> str:
    line = json.dumps(entry, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        # Bytes of a file name that are no UTF-8 can only be written as escapes.
        return json.dumps(entry)
    return line
