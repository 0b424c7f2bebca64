"""A data set of the Hugging Face hub becomes a plain folder of pictures with captions."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stylecli.datasets.folder import Dataset, read_dataset
from stylecli.datasets.hub_rows import SPLIT, Row, Table, check_library, commit_of, open_table
from stylecli.datasets.hub_set import HubSet
from stylecli.datasets.metadata import FILE_NAME
from stylecli.errors import StylecliError, UsageError
from stylecli.files import new_folder_whole, write_text_whole
from stylecli.images.reading import PictureError, picture_format, read_picture
from stylecli.places import Places
from stylecli.progress import Event, Progress

STAGE = "writing the data set's pictures"
RECORD = "origin.json"

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif"}
_SUFFIXES |= {"BMP": ".bmp", "TIFF": ".tif", "PPM": ".ppm", "AVIF": ".avif", "JPEG2000": ".jp2"}


def fetch_dataset(wanted: HubSet, progress: Progress) -> Dataset:
    """Read a data set of the hub.

    Its pictures are written into stylecli's cache, as they are, with a ``metadata.jsonl``, whole or
    not at all. What is there already is taken without asking the network.

    Args:
        wanted: Which one, and what of it.
        progress: Hears of the download and of every row.

    Returns:
        The data set, which knows where it comes from (`Dataset.hub`). Among its problems are the
        rows without a picture that can be read.

    Raises:
        UsageError: There is no such data set, configuration, split or column, no picture in it, or
            the library that reads it is not installed.
        StylecliError: The hub cannot be reached, or the cache cannot be written.
    """
    repository = wanted.repository
    shelf = Places.default().cache / "datasets" / repository.replace("/", "--")
    hint = _hint(repository)
    commit = wanted.commit or _known_commit(shelf, wanted.revision)
    if commit is None or not _folder(shelf, wanted, commit).is_dir():
        check_library(wanted)
        asked = replace(wanted, revision=wanted.commit or wanted.revision)
        commit = commit_of(asked, hint)
        if not _folder(shelf, wanted, commit).is_dir():
            _write(replace(wanted, commit=commit), _folder(shelf, wanted, commit), hint, progress)
        if wanted.commit is None:
            write_text_whole(_reference(shelf, wanted.revision), commit)
    folder = _folder(shelf, wanted, commit)
    record = _record(folder)
    progress(Event(STAGE, message=f"{repository}@{commit[:7]}: {record['summary']}, in {folder}."))
    read = read_dataset(folder)
    problems = (*(f"{repository}: {text}" for text in record["problems"]), *read.problems)
    return replace(read, problems=problems, hub=replace(wanted, commit=commit))


def _hint(repository: str) -> str:
    return (
        "Check the connection and run the command again: files that have arrived are kept. "
        f"If a folder is meant: there is none of the name {repository} here."
    )


def _known_commit(shelf: Path, revision: str | None) -> str | None:
    """What a revision stood for when it was fetched."""
    if revision is not None and _COMMIT.fullmatch(revision):
        return revision
    try:
        commit = _reference(shelf, revision).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return commit if _COMMIT.fullmatch(commit) else None


def _reference(shelf: Path, revision: str | None) -> Path:
    return shelf / "refs" / quote(revision or "main", safe="")


def _folder(shelf: Path, wanted: HubSet, commit: str) -> Path:
    chosen = replace(wanted, revision=None, commit=commit, split=wanted.split or SPLIT)
    text = json.dumps(chosen.record(), sort_keys=True)
    return shelf / f"{commit[:12]}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _record(folder: Path) -> dict[str, Any]:
    place = folder / RECORD
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        return {"summary": str(record["summary"]), "problems": list(record["problems"])}
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise StylecliError(
            f"{place}: cannot be read ({problem}).", f"Delete {folder} to have it fetched again."
        ) from problem


def _write(wanted: HubSet, folder: Path, hint: str, progress: Progress) -> None:
    what = f"split {wanted.split or SPLIT}"
    if wanted.config is not None:
        what = f"configuration {wanted.config}, {what}"
    if wanted.most is not None:
        what += f", the first {wanted.most} pictures"
    name = f"{wanted.repository}@{str(wanted.commit)[:7]}"
    progress(Event(STAGE, message=f"Fetching the data set {name} from the hub ({what})."))
    with (
        new_folder_whole(folder) as made,
        tempfile.TemporaryDirectory(prefix=".reading-", dir=folder.parent) as aside,
    ):
        table = open_table(wanted, Path(aside), hint)
        captions, problems = _write_rows(made, table, wanted, progress)
        lines = [
            json.dumps({"file_name": name, "text": caption}, ensure_ascii=False) + "\n"
            for name, caption in captions.items()
            # One without is not listed: an empty caption would be warned of, each by itself.
            if caption
        ]
        if lines:
            write_text_whole(made / FILE_NAME, "".join(lines))
        record = {
            **wanted.record(),
            "summary": _summary(table, len(captions), len(lines)),
            "problems": problems,
        }
        write_text_whole(made / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def _write_rows(
    made: Path, table: Table, wanted: HubSet, progress: Progress
) -> tuple[dict[str, str], list[str]]:
    """Write the pictures; gives their captions by file name, and what was left out."""
    captions: dict[str, str] = {}
    problems: list[str] = []
    total = wanted.most or table.total
    for row in table.rows:
        try:
            captions[_write_picture(made, row)] = row.caption
        except PictureError as problem:
            problems.append(f"row {row.number} is left out: {problem.message}")
        progress(Event(STAGE, len(captions) if wanted.most else row.number, total))
        if len(captions) == wanted.most:
            break
    if not captions:
        raise UsageError(
            f"{wanted.repository}: there is no picture in it that can be read.",
            problems[0] if problems else "It has no rows.",
        )
    return captions, problems


def _write_picture(made: Path, row: Row) -> str:
    """Write a row's picture; gives the file's name.

    Raises:
        PictureError: There is none, or it cannot be read.
    """
    if row.content is None:
        raise PictureError("it has no picture.")
    # The name says nothing of the picture, so that none is taken for its title.
    path = made / f"picture-{row.number:07d}"
    path.write_bytes(row.content)
    try:
        suffix = _SUFFIXES.get(picture_format(path))
        if suffix is not None:
            return path.rename(path.with_suffix(suffix)).name
        read_picture(path).save(path.with_suffix(".png"))
    except PictureError as problem:
        path.unlink()
        raise PictureError(problem.message.removeprefix(f"{path}: ")) from problem
    path.unlink()
    return path.with_suffix(".png").name


def _summary(table: Table, pictures: int, captioned: int) -> str:
    text = f"{pictures} picture{'' if pictures == 1 else 's'} of the column {table.image_column!r}"
    if table.caption_column is None:
        return f"{text}, without captions"
    count = "all" if captioned == pictures else str(captioned)
    return f"{text}, {count} with a caption of the column {table.caption_column!r}"
