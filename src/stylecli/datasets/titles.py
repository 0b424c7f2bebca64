"""A caption from a file name."""

from __future__ import annotations

import re

_COPY_MARK = re.compile(r"(\s*\(\d+\)|[-_ ]copy(\s?\d+)?)$", re.IGNORECASE)
_CAMERA_WORDS = frozenset(
    {"img", "dsc", "dscn", "dscf", "pxl", "mvimg", "mg", "wa", "p", "gopr", "dji", "vid", "file"}
    | {"image", "photo", "picture", "pic", "scan", "screenshot", "untitled"}
)
_HASH = re.compile(r"^[0-9a-f-]{16,}$", re.IGNORECASE)


def title_of(stem: str) -> str:
    """Read the title of a picture out of its file name (without extension).

    WikiArt's convention ``artist_title-in-words-1914(1)`` gives "title in words 1914": copy marks
    go, dashes and underscores become spaces. Names that a camera or program made up say nothing
    about the picture and give "".
    """
    name = _COPY_MARK.sub("", stem)
    artist, separator, title = name.partition("_")
    if separator and re.search(r"[^\W\d]{2}", title) and re.fullmatch(r"[^\W\d][\w.'’-]*", artist):
        name = title
    if all(word.lower() in _CAMERA_WORDS for word in re.findall(r"[^\W\d_]+", name)) or _HASH.match(
        name
    ):
        return ""
    return " ".join(re.sub(r"[-_\s]+", " ", name).split())
