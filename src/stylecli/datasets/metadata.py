"""``metadata.jsonl``: one object a line with ``file_name`` and ``text``, as other programs read it, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylecli.errors import UsageError

FILE_NAME = "metadata.jsonl"


@dataclass(frozen=True)
class Line:
    """A line of the file.

    Attributes:
        raw: As it stands there.
        entry: The object in it; empty for a blank line.
        number: Counted from 1.
    """

    raw: str
    entry: Mapping[str, Any]
    number: int


def read_lines(path: Path) -> list[Line]:
    """Read the file's lines; a file that is not there has none.

    Raises:
        UsageError: It cannot be read, or a line is no JSON object; see `bad_line`.
    """
    if not path.is_file():
        return []
    try:
        # Not read_text, which would change the ends of the lines.
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: cannot be read as UTF-8 text ({problem}).") from problem
    lines = []
    # Not splitlines: JSON strings may hold U+2028 and its like as they are.
    for number, raw in enumerate(content.removesuffix("\n").split("\n"), 1):
        entry: Any = {}
        if raw.strip():
            try:
                entry = json.loads(raw)
            except (ValueError, RecursionError) as problem:
                raise bad_line(path, number) from problem
            if not isinstance(entry, dict):
                raise bad_line(path, number)
        lines.append(Line(raw, entry, number))
    return lines


def bad_line(path: Path, number: int) -> UsageError:
    """The error for a line that does not say which file it captions, and how."""
    return UsageError(
        f"{path}, line {number}: not an object with 'file_name' and 'text'.",
        'Each line should read {"file_name": "a.jpg", "text": "a caption"}.',
    )


def plain(text: str) -> str:
    """A caption on one line, in characters that every tokenizer and file takes."""
    # Bytes of a file name that are no UTF-8 arrive as lone surrogates.
    return " ".join(text.encode("utf-8", "ignore").decode().split())
