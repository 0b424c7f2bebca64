"""A caption from a file name."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

_COPY_MARK = re.compile(r"(\s*\(\d+\)|[-_ ]+copy(\s?\d+)?)$", re.IGNORECASE)
_CAMERA_WORDS = frozenset(
    {"img", "dsc", "dscn", "dscf", "pxl", "mvimg", "mg", "wa", "p", "gopr", "dji", "vid", "file"}
    | {"image", "photo", "picture", "pic", "scan", "screenshot", "untitled"}
)
_HASH = re.compile(r"^[0-9a-f-]{16,}$", re.IGNORECASE)
# WikiArt's name for a picture whose title it does not know.
_NO_TITLE = re.compile(r"not (detected|identified)( \d+)*")
_YEAR = re.compile(r"1[3-9]\d\d|20\d\d")
_MEDIUM = re.compile(
    r" (oil|tempera|gouache|watercolou?r|pastel|acrylic) on (canvas|panel|board|paper|wood|cardboard)$"
)
# After these a number at the end is part of the title: "on the beach no 3", "plate 35".
_COUNTED = frozenset(
    {"no", "nr", "number", "op", "opus", "plate", "page", "part", "stage", "act"}
    | {"chapter", "fig", "figure", "vol", "volume", "hell", "purgatory", "paradise"}
)
# After these a year is: "the champs elysees during the paris fair of 1867", "27 september 1877".
_DATED = frozenset(
    {"of", "in", "from", "since", "until", "before", "after", "during", "anno", "d", "year"}
    | {"january", "february", "march", "april", "may", "june", "july", "august", "september"}
    | {"october", "november", "december"}
)
_CIRCA = frozenset({"c", "ca", "circa"})


def title_of(stem: str, year: bool = False) -> str:
    """Read the title of a picture out of its file name (without extension).

    WikiArt's convention ``artist_title-in-words-1914-2(1)`` gives "title in words": the artist, the
    year, the number among several of the same title and marks of copies go, dashes and underscores
    become spaces. A number that belongs to the title stays ("on the beach no 3"). Names that a camera
    or program made up say nothing about the picture and give "", as does a year alone.

    Args:
        stem: The name; escapes of web addresses (``%C3%A9``) are read.
        year: Whether the year stays.
    """
    try:
        name = unicodedata.normalize("NFC", unquote(stem, errors="strict"))
    except UnicodeDecodeError:
        name = stem
    while (shorter := _COPY_MARK.sub("", name)) != name:
        name = shorter
    artist, separator, title = name.partition("_")
    if separator and re.search(r"[^\W\d]{2}", title) and re.fullmatch(r"[^\W\d][\w.'’-]*", artist):
        name = title
    if all(word.lower() in _CAMERA_WORDS for word in re.findall(r"[^\W\d_]+", name)) or _HASH.match(
        name
    ):
        return ""
    plain = " ".join(re.sub(r"[-_\s]+", " ", name).split())
    if _NO_TITLE.fullmatch(plain.lower()):
        return ""
    words, years = _without_numbers(_MEDIUM.sub("", plain).split())
    return " ".join(_with_apostrophes([*words, *years] if year and words else words))


def _without_numbers(words: list[str]) -> tuple[list[str], list[str]]:
    """Take years and numbers of order from both ends; gives the words and the years."""
    years: list[str] = []
    while len(words) > 1 and words[-1].isdecimal():
        number, before = words[-1], words[-2].lower()
        if _YEAR.fullmatch(number):
            if before in _DATED:
                break
            years.insert(0, number)
        elif before in _COUNTED or (len(number) == 4 and before in _DATED):
            break
        words = words[:-1]
        if years and words[-1].lower() in _CIRCA and len(words) > 1:
            words = words[:-1]
    start = 0
    while start < len(words) - 1 and re.fullmatch(rf"0\d*|{_YEAR.pattern}", words[start]):
        if _YEAR.fullmatch(words[start]):
            years.append(words[start])
        start += 1
    return words[start:], list(dict.fromkeys(years))


def _with_apostrophes(words: list[str]) -> list[str]:
    """WikiArt writes "daubigny's garden" as ``daubigny-s-garden``, "l'estaque" as ``l-estaque``."""
    joined: list[str] = []
    for word in words:
        before = joined[-1] if joined else ""
        # Short words before an "s" are more often prepositions before initials: "of s a sobolevsky".
        if word == "s" and len(before) > 2 and before.isalpha():
            joined[-1] += "'s"
        elif before in ("l", "d") and re.match(r"[aeiouhàâéèêîô]\w", word):
            joined[-1] += f"'{word}"
        else:
            joined.append(word)
    return joined
