"""Reads files of answers, half-written lines and all."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.errors import UsageError
from stylecli.evaluation.rating.answers import KINDS, SCHEMA, Answer, Line, Start, Withdrawal
from stylecli.evaluation.rating.merging import Merged, merged
from stylecli.evaluation.rating.names import name_key

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_FAMILY = SCHEMA.partition("/")[0]
_BEGINNING = f'{{"schema":"{_FAMILY}/'
# A sealed part is a few hundred bytes; what unpacks to more is none of ours.
_MOST_SEALED = 1 << 16


@dataclass(frozen=True)
class Answers:
    """What stands of files of answers.

    Attributes:
        standing: The answers that were not withdrawn, of several to one question the last; in the
            order in which they were given.
        withdrawn: How many were taken back.
        replaced: How many were answered again.
        twice: How many are there more than once, because files or parts of them are copies.
        unreadable: How many lines are damaged: half-written by a crash, or none of ours.
    """

    standing: tuple[Answer, ...]
    withdrawn: int = 0
    replaced: int = 0
    twice: int = 0
    unreadable: int = 0


def read_answers(*paths: Path) -> Answers:
    """Read files of answers, JSON lines or what a static page exported.

    The order in which they are named means nothing: the times of the answers do. Names of raters
    that differ in capitals alone are one rater, under the name that was given first.

    Raises:
        UsageError: One is no file, cannot be read, is of something else, or of a newer stylecli.
    """
    files: list[list[Line]] = []
    unreadable = 0
    for path in paths:
        found, damaged = _lines_of(path)
        files.append(found)
        unreadable += damaged
    return _standing(merged(files), unreadable)


def sealed(known: Mapping[str, Any]) -> str:
    """Pack what an answer says beside what the rater did, so that no name can be read in a page.

    It is packed, not encrypted: who sets out to open it can.
    """
    text = json.dumps(known, ensure_ascii=False, sort_keys=True)
    return base64.b64encode(zlib.compress(text.encode("utf-8", "backslashreplace"))).decode("ascii")


def _standing(files: Merged, unreadable: int) -> Answers:
    standing: dict[tuple[str, str], Answer] = {}
    names: dict[str, str] = {}
    withdrawn = replaced = 0
    twice = files.copies
    for line in files.lines:
        if isinstance(line, Start):
            continue
        key = name_key(line.rater), line.question
        before = standing.pop(key, None)
        if isinstance(line, Withdrawal):
            withdrawn += before is not None
        else:
            named = replace(line, rater=names.setdefault(key[0], line.rater))
            twice += before == named
            replaced += before is not None and before != named
            standing[key] = named
    return Answers(tuple(standing.values()), withdrawn, replaced, twice, unreadable)


def _lines_of(path: Path) -> tuple[list[Line], int]:
    try:
        # A pipe would be waited for without an end.
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: cannot be read (not a file).")
        content = path.read_bytes()
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read ({problem.strerror}).") from problem
    found: list[Line] = []
    damaged = 0
    text = content.decode("utf-8-sig", "replace")
    for item in _items(text):
        line = _line(path, item)
        if line is None:
            damaged += 1
        else:
            found.append(line)
    if damaged and not found and not _half_written(text):
        raise UsageError(
            f"{path}: no ratings in this file; none of its {damaged} lines is an answer.",
            "Give a file that `stylecli eval rate` wrote, or that its static page exported.",
        )
    return found, damaged


def _half_written(text: str) -> bool:
    """Whether every line begins as ours do, or is the nothing that a crash left in its place."""
    lines = [line.strip().strip("\0").replace(" ", "") for line in text.split("\n")]
    return all(line.startswith(_BEGINNING) or _BEGINNING.startswith(line) for line in lines)


def _items(text: str) -> Iterable[Any]:
    """The JSON values of an exported list, and of the lines; None for a line that is no JSON."""
    listed: list[Any] = []
    rest = text.lstrip()
    if rest.startswith("["):
        try:
            # Answers that were added to an exported list stand behind it, on lines.
            listed, end = json.JSONDecoder().raw_decode(rest)
        except (ValueError, RecursionError):
            # An exported list that was cut off still has a line for each answer.
            end = 1
        rest = rest[end:]
    lines = (line.strip().removesuffix(",") for line in rest.split("\n"))
    return [*listed, *(_value(line) for line in lines if line not in ("", "]"))]


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _line(path: Path, item: Any) -> Line | None:
    from pydantic import ValidationError

    if not isinstance(item, dict):
        return None
    schema = item.get("schema")
    if isinstance(schema, str) and schema != SCHEMA and schema.partition("/")[0] == _FAMILY:
        raise UsageError(
            f"{path}: has answers of the schema {schema[:40]!r}; this stylecli reads {SCHEMA!r}.",
            "Read it with the stylecli that wrote it.",
        )
    kind = str(item.get("kind"))
    if schema != SCHEMA or kind not in KINDS:
        return None
    try:
        # As JSON: in its strict mode a whole number is a number of seconds, and a text is not.
        text = json.dumps({**item, **_unsealed(item)})
        line: Line = _adapter(kind).validate_json(text, strict=True)
    except (ValidationError, ValueError):
        return None
    return line


def _unsealed(item: Mapping[str, Any]) -> dict[str, Any]:
    packed = item.get("sealed")
    if not isinstance(packed, str):
        return {}
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(base64.b64decode(packed, validate=True), _MOST_SEALED)
        known = json.loads(text)
    except (ValueError, zlib.error) as problem:
        raise ValueError("damaged") from problem
    if not isinstance(known, dict):
        raise ValueError("damaged")
    return known


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(KINDS[kind])
