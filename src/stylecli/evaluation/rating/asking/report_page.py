"""The small copies of photos and references that a report's page holds."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from stylecli.evaluation.rating.asking.material import SHOWN

_BEGINNING = "data:image/"


@dataclass(frozen=True)
class SmallCopies:
    """JPEGs from a page.

    Attributes:
        photos: By name.
        references: Some of each reference, by its name.
    """

    photos: Mapping[str, bytes] = field(default_factory=dict)
    references: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)


def small_copies(page: Path) -> SmallCopies:
    """Read them from a ``report.html``; none where it is gone or no page of ours."""
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return SmallCopies()
    reader = _Reader()
    reader.feed(text)
    shown = {
        name: tuple(files[:: max(1, len(files) // SHOWN)][:SHOWN])
        for name, files in reader.references.items()
    }
    return SmallCopies(reader.photos, shown)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.photos: dict[str, bytes] = {}
        self.references: dict[str, list[bytes]] = {}
        self._section = ""
        self._naming = False
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "section":
            self._section = given.get("id", "")
        elif tag == "figcaption":
            self._name = ""
        elif tag == "bdi":
            self._naming = True
        elif tag == "img" and given.get("src", "").startswith(_BEGINNING):
            content = base64.b64decode(given["src"].partition(",")[2])
            if "data-photo" in given:
                self.photos.setdefault(given["data-photo"], content)
            elif self._section == "references" and self._name:
                self.references.setdefault(self._name, []).append(content)

    def handle_endtag(self, tag: str) -> None:
        if tag == "bdi":
            self._naming = False

    def handle_data(self, data: str) -> None:
        if self._naming and self._section == "references":
            self._name += data
