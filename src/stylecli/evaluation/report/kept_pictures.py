"""The pictures of a report that is there: small ones out of its page, others from its folder.

A report names no place on this machine, so that photos and references are found nowhere else.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.report.page.markup import text
from stylecli.evaluation.report.page.reading import ReportPage, read_page
from stylecli.evaluation.report.page.thumbnails import Thumbnail, Thumbnails
from stylecli.evaluation.result import Entry, Evaluation, PictureRow
from stylecli.files import sha256_of


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
    page = read_page(folder / "report.html")
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
    evaluation: Evaluation, page: ReportPage, kept: Callable[[Path, Thumbnail | None], Path]
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
