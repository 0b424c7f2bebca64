"""The small copies of photos and references that a report's page holds."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stylecli.evaluation.rating.asking.material import SHOWN
from stylecli.evaluation.report.page.reading import read_page
from stylecli.evaluation.report.page.thumbnails import Thumbnail


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
    found = read_page(page)
    references = {
        name: [_content(each) for each in pictures.values()]
        for name, pictures in found.references.items()
        if pictures
    }
    shown = {
        name: tuple(files[:: max(1, len(files) // SHOWN)][:SHOWN])
        for name, files in references.items()
    }
    return SmallCopies({name: _content(each) for name, each in found.photos.items()}, shown)


def _content(picture: Thumbnail) -> bytes:
    return base64.b64decode(picture.source.partition(",")[2])
