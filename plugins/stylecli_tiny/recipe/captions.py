"""Captions of paintings and photographs, from a table beside the folder or from the file's name."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path

PAINTING = "a painting"
PHOTO = "a photo"

EXCLUDED_PAINTERS = ("monet", "gogh", "cezanne", "morisot")
"""A word of the name of each painter whom the base must not know, so that users can teach them."""

_CAPTION_LENGTH = 80


def names_excluded_painter(text: str) -> bool:
    """Whether a name or a title has one of the excluded painters in it, accents and case aside."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return any(word in EXCLUDED_PAINTERS for word in re.findall(r"[a-z]+", letters))


def artist_and_title(file_name: str) -> tuple[str, str]:
    """Artist and title from WikiArt's naming, ``first-last_some-title-1890(1).jpg``.

    A copy's number and a year at the end are dropped. A name without an underscore is all title.
    """
    artist, separator, title = Path(file_name).stem.partition("_")
    if not separator:
        artist, title = "", artist
    title = re.sub(r"\(\d+\)$", "", title)
    title = re.sub(r"-(1[4-9]|20)\d\d$", "", title)
    return artist.replace("-", " ").strip(), title.replace("-", " ").strip()


def painting_caption(artist: str, title: str) -> str:
    """``TITLE, a painting by ARTIST`` in lower case, without what is not known.

    A title that names an excluded painter (a portrait of him by a friend) is left out, so that the
    base does not learn the name.
    """
    by = f"{PAINTING} by {artist}" if artist else PAINTING
    parts = [by] if not title or names_excluded_painter(title) else [title, by]
    return ", ".join(parts).lower()


def photo_caption(description: str) -> str:
    """``a photo of DESCRIPTION``: the first sentence, 80 characters at most; or just `PHOTO`."""
    first = description.split(".")[0].strip()[:_CAPTION_LENGTH].strip()
    return f"{PHOTO} of {first}" if first else PHOTO


def read_table(folder: Path) -> dict[str, dict[str, str]]:
    """The rows of ``FOLDER.csv`` beside the folder by file name; empty where there is none."""
    table = folder.with_name(folder.name + ".csv")
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as file:
        return {Path(row["file"]).name: row for row in csv.DictReader(file)}
