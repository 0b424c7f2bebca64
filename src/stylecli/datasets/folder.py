"""A folder of style pictures becomes a data set."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stylecli.datasets.hub_set import HubSet
from stylecli.datasets.metadata import FILE_NAME, bad_line, plain, read_lines
from stylecli.datasets.titles import title_of
from stylecli.errors import UsageError
from stylecli.images.reading import PictureError, list_pictures, picture_size

MAX_TAGS = 200
MAX_DIGESTS = 2000
DIGITS = 8

CaptionSource = Literal["text file", "metadata.jsonl", "file name"]


@dataclass(frozen=True)
class Item:
    """One picture and its caption.

    Attributes:
        path: The picture file.
        caption: Its caption without any prefix; may be empty.
        source: Where the caption comes from.
        digest: SHA-256 of the file, in hex.
        size: Width and height of the upright picture, in pixels.
    """

    path: Path
    caption: str
    source: CaptionSource
    digest: str
    size: tuple[int, int]


@dataclass(frozen=True)
class Dataset:
    """The pictures of a folder.

    Attributes:
        folder: Where they are.
        items: The pictures, in order of their names.
        problems: One sentence for every file that was left out or looks wrong.
        hub: The data set of the hub that they were taken from, or None.
    """

    folder: Path
    items: tuple[Item, ...]
    problems: tuple[str, ...]
    hub: HubSet | None = None

    @property
    def place(self) -> str:
        """Where the user has it: the folder, or ``org/name@commit``."""
        return str(self.folder) if self.hub is None else self.hub.pinned

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the pictures' hashes and captions, in hex: the same data, the same value."""
        lines = sorted(f"{item.digest} {item.caption}" for item in self.items)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def digests(self) -> str:
        """The first 8 digits of every picture's hash, one after the other, sorted.

        Enough to notice a picture that was trained on; "" for more than `MAX_DIGESTS` pictures.
        """
        short = sorted(item.digest[:DIGITS] for item in self.items)
        return "".join(short) if len(short) <= MAX_DIGESTS else ""

    @property
    def caption_sources(self) -> Mapping[str, int]:
        """How many captions came from where."""
        return Counter(item.source for item in self.items)

    def tags(self) -> dict[str, int]:
        """How often each caption, or part of one between commas, stands beside the pictures.

        Only the most frequent `MAX_TAGS` of them, as other programs show them of a style file.
        """
        parts = (part.strip() for item in self.items for part in item.caption.split(","))
        counted = Counter(part for part in parts if part)
        return dict(sorted(counted.most_common(), key=lambda pair: (-pair[1], pair[0]))[:MAX_TAGS])


def read_dataset(folder: Path) -> Dataset:
    """Read a folder of pictures.

    A caption comes from ``NAME.txt`` beside ``NAME.jpg``, else from ``metadata.jsonl`` (one object
    a line with ``file_name`` and ``text``), else from the title in the file name. Pictures and
    captions are paired by name, never by order.

    Raises:
        UsageError: No such folder, no readable picture in it, or a broken ``metadata.jsonl``.
    """
    paths = list_pictures(folder)
    listed = _read_metadata(folder / FILE_NAME)
    items: list[Item] = []
    problems: list[str] = []
    for path in paths:
        try:
            size = picture_size(path)
        except PictureError as problem:
            problems.append(problem.message)
            continue
        caption, source = _caption_of(path, listed, problems)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        items.append(Item(path, caption, source, digest, size))
    if not items:
        raise UsageError(
            f"{folder}: none of its {len(paths)} picture files can be read.", problems[0]
        )
    missing = sorted(set(listed) - {path.name for path in paths})
    if missing:
        problems.append(
            f"{folder / 'metadata.jsonl'}: names {len(missing)} files that are not there, such as {missing[0]!r}."
        )
    return Dataset(folder, tuple(items), tuple(problems))


def _caption_of(
    path: Path, listed: Mapping[str, str], problems: list[str]
) -> tuple[str, CaptionSource]:
    beside = path.with_suffix(".txt")
    source: CaptionSource
    if beside.is_file():
        try:
            text = beside.read_text(encoding="utf-8-sig", errors="replace")
        except OSError as problem:
            raise UsageError(f"{beside}: cannot be read ({problem.strerror}).") from problem
        caption, source = plain(text), "text file"
        if not caption:
            problems.append(f"{beside}: the caption is empty; only the prefix is used.")
    elif path.name in listed:
        caption, source = listed[path.name], "metadata.jsonl"
        if not caption:
            problems.append(
                f"{path.name}: its caption in metadata.jsonl is empty; only the prefix is used."
            )
    else:
        caption, source = plain(title_of(path.stem)), "file name"
    return caption, source


def _read_metadata(path: Path) -> dict[str, str]:
    captions: dict[str, str] = {}
    for line in read_lines(path):
        if line.raw.strip():
            try:
                captions[str(line.entry["file_name"])] = plain(str(line.entry["text"] or ""))
            except KeyError as problem:
                raise bad_line(path, line.number) from problem
    return captions
