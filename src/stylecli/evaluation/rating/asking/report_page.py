"""The small copies of photos and references that a report's page holds."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
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
    """Read them from a ``report.html`` but for damaged ones; none where it is gone or no page of ours."""
    found = read_page(page)
    references = {
        name: list(files.values())
        for name, pictures in found.references.items()
        if (files := _contents(pictures))
    }
    shown = {
        name: tuple(files[:: max(1, len(files) // SHOWN)][:SHOWN])
        for name, files in references.items()
    }
    return SmallCopies(_contents(found.photos), shown)


def _contents(pictures: Mapping[str, Thumbnail]) -> dict[str, bytes]:
    found = {}
    for name, picture in pictures.items():
        with suppress(binascii.Error):
            found[name] = base64.b64decode(picture.source.partition(",")[2])
    return found
