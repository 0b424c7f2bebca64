"""The pictures of a report that is there: small ones out of its page, others from its folder.

A report names no place on this machine, so that photos and references are found nowhere else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.report.page.markup import text
from stylecli.evaluation.report.page.thumbnails import Thumbnail, Thumbnails
from stylecli.evaluation.result import Entry, Evaluation, PictureRow
from stylecli.files import sha256_of

_SOURCE = re.compile(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+")


@dataclass(frozen=True)
class KeptPictures:
    """What is left of a report's pictures.

    Attributes:
        gallery: Where they are; those in the page by places that are none.
        thumbnails: Those of the page.
    """

    gallery: Gallery
    thumbnails: Thumbnails


def kept_pictures(folder: Path, evaluation: Evaluation) -> KeptPictures:
    """Find a report's pictures again.

    Args:
        folder: The report's.
        evaluation: Its ``eval.json``.
    """
    page = _Page()
    with suppress(OSError, ValueError):
        page.feed((folder / "report.html").read_text(encoding="utf-8"))
    made: dict[Path, Thumbnail | None] = {}
    files = _by_digest(folder, evaluation)

    def kept(place: Path, thumbnail: Thumbnail | None) -> Path:
        made[place] = thumbnail
        return place

    def output(entry: Entry, row: PictureRow) -> Path:
        shown = page.outputs.get(_shown(f"{entry.name}: {row.output}"))
        if shown is None and row.digest in files:
            return files[row.digest]
        return kept(Path(entry.name, row.output), shown)

    def photo(name: str) -> Path:
        return kept(Path("content", name), page.photos.get(_shown(name)))

    gallery = Gallery(
        {
            entry.name: tuple(output(entry, row) for row in entry.pictures)
            for entry in evaluation.entries
        },
        {
            entry.name: tuple(
                photo(row.content) for row in entry.pictures if row.content is not None
            )
            for entry in evaluation.entries
        },
        _references(evaluation, page, kept),
    )
    return KeptPictures(gallery, Thumbnails(made))


def _references(
    evaluation: Evaluation, page: _Page, kept: Callable[[Path, Thumbnail | None], Path]
) -> dict[str, tuple[Path, ...]]:
    found = {}
    for known in evaluation.references:
        strip = page.references.get(_shown(known.name), {})
        found[known.name] = tuple(
            kept(Path("references", known.name, name), thumbnail)
            for name, thumbnail in strip.items()
        )
    return found


def _by_digest(folder: Path, evaluation: Evaluation) -> dict[str, Path]:
    """The report's own pictures that are still what was measured."""
    wanted = {row.digest for entry in evaluation.entries for row in entry.pictures}
    names = {row.output for entry in evaluation.entries for row in entry.pictures}
    found: dict[str, Path] = {}
    for path in sorted((folder / "outputs").glob("*/*")):
        if path.name not in names:
            continue
        try:
            digest = sha256_of(path)
        except OSError:
            continue
        if digest in wanted:
            found.setdefault(digest, path)
    return found


def _shown(value: str) -> str:
    """A name as it reads in the page: what HTML cannot hold is another sign there."""
    return html.unescape(text(value))


@dataclass
class _Strip:
    name: str = ""
    pictures: dict[str, Thumbnail] = field(default_factory=dict)


class _Page(HTMLParser):
    """Reads the pictures of a page: outputs by "entry: output", photos and references by name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.outputs: dict[str, Thumbnail] = {}
        self.photos: dict[str, Thumbnail] = {}
        self._strips: list[_Strip] = []
        self._within = ""
        self._naming = False

    @property
    def references(self) -> dict[str, dict[str, Thumbnail]]:
        """The pictures of each reference by name."""
        return {strip.name: strip.pictures for strip in self._strips}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a picture, or notice where its strip begins."""
        found = {name: value or "" for name, value in attrs}
        if tag == "section":
            self._within = found.get("id", "")
        elif self._within == "references" and tag == "figure":
            self._strips.append(_Strip())
        elif self._within == "references" and tag == "bdi" and self._strips:
            self._naming = True
        elif tag == "img":
            self._take(found)

    def handle_endtag(self, tag: str) -> None:
        """Notice where a name ends."""
        if tag == "bdi":
            self._naming = False

    def handle_data(self, data: str) -> None:
        """Take a strip's name."""
        if self._naming:
            self._strips[-1].name += data

    def _take(self, found: dict[str, str]) -> None:
        try:
            width, height = int(found["width"]), int(found["height"])
            source, name = found["src"], found["alt"]
        except (KeyError, ValueError):
            return
        # Nothing but a picture that is in the page already comes into the new one.
        if not _SOURCE.fullmatch(source):
            return
        thumbnail = Thumbnail(source, width, height)
        if "data-photo" in found:
            self.photos[found["data-photo"]] = thumbnail
        elif self._within == "references" and self._strips:
            self._strips[-1].pictures[name] = thumbnail
        else:
            self.outputs[name] = thumbnail
