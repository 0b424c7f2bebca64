"""Pieces of Markdown: escaped text, tables that line up, lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#&])")


def escaped(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    shown = "".join(
        letter if unicodedata.category(letter) not in ("Cc", "Cf") else "�"
        for letter in " ".join(text.split())
    )
    return _SPECIAL.sub(r"\\\1", shown)


def table(heading: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int = 1) -> str:
    """A table whose columns line up as plain text.

    Args:
        heading: Markdown.
        rows: Markdown, a cell for each of the heading.
        numbers_from: Columns from this one on are set to the right.
    """
    every = [list(heading), *(list(row) for row in rows)]
    widths = [max(3, *(_width(row[at]) for row in every)) for at in range(len(heading))]
    rule = [
        "-" * (width - 1) + ":" if at >= numbers_from else "-" * width
        for at, width in enumerate(widths)
    ]
    lines = [every[0], rule, *every[1:]]
    return "\n".join(
        "| "
        + " | ".join(
            _padded(cell, width, at >= numbers_from)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in lines
    )


def bullets(items: Sequence[str]) -> str:
    """A list."""
    return "\n".join(f"- {item}" for item in items)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
