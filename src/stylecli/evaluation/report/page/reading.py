"""Reads the small pictures of a report's page."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from stylecli.evaluation.report.page.thumbnails import Thumbnail

# Nothing but pictures that are in the page already comes out of it.
_SOURCE = re.compile(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+")


def read_page(page: Path) -> ReportPage:
    """Read a ``report.html``; it has no pictures where it is gone or no page of ours."""
    reader = ReportPage()
    # HTMLParser asserts where "<![" begins something that HTML does not know.
    with suppress(OSError, ValueError, AssertionError):
        reader.feed(page.read_text(encoding="utf-8"))
    return reader


@dataclass
class _Strip:
    name: str = ""
    pictures: dict[str, Thumbnail] = field(default_factory=dict)


class ReportPage(HTMLParser):
    """The pictures of a page.

    Attributes:
        outputs: By "entry: output".
        photos: By name.
    """

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
        if not _SOURCE.fullmatch(source):
            return
        thumbnail = Thumbnail(source, width, height)
        if "data-photo" in found:
            self.photos[found["data-photo"]] = thumbnail
        elif self._within == "references" and self._strips:
            self._strips[-1].pictures[name] = thumbnail
        else:
            self.outputs[name] = thumbnail
