"""Each entry's colour and shape: a colour for each style, a shape for each entry."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

from stylecli.evaluation.report.page.markup import Markup, element
from stylecli.evaluation.result import Entry, Evaluation

COLOURS = 7
"""How many colours the style sheet has."""

_SHAPES = ("circle", "square", "triangle", "diamond", "cross", "down", "pentagon", "star")


@dataclass(frozen=True)
class Mark:
    """How an entry is drawn.

    Attributes:
        colour: Index of a colour of the style sheet.
        shape: Name of a shape.
        hollow: Whether only its outline is drawn; tells apart entries when the shapes run out.
    """

    colour: int
    shape: str
    hollow: bool = False

    def drawn(self, x: float, y: float, size: float = 5.5) -> Markup:
        """The mark as SVG around a point; `size` is about its radius."""
        kind = f"mark c{self.colour}" + (" hollow" if self.hollow else "")
        if self.shape == "circle":
            return element("circle", class_=kind, cx=_short(x), cy=_short(y), r=_short(size))
        points = " ".join(
            f"{_short(x + size * across)},{_short(y + size * down)}"
            for across, down in _OUTLINES[self.shape]
        )
        return element("polygon", class_=kind, points=points)

    def glyph(self) -> Markup:
        """The mark alone, to stand beside a name."""
        return element(
            "svg",
            self.drawn(8, 8),
            class_="glyph",
            viewBox="0 0 16 16",
            width=14,
            height=14,
            aria_hidden="true",
        )


def series_of(entry: Entry) -> Hashable:
    """What entries share that differ in settings or steps alone."""
    if not entry.style:
        return (entry.name,)
    return (entry.style, entry.method, entry.base, entry.target)


def marks_of(evaluation: Evaluation) -> dict[str, Mark]:
    """A mark for each entry by its name; the first 16 have each a shape of their own."""
    colours: dict[Hashable, int] = {}
    marks = {}
    for index, entry in enumerate(evaluation.entries):
        colour = colours.setdefault(series_of(entry), len(colours)) % COLOURS
        # Colours alone are not for everyone's eyes: shapes differ between all neighbours.
        turn, shape = divmod(index, len(_SHAPES))
        marks[entry.name] = Mark(colour, _SHAPES[shape], hollow=turn % 2 == 1)
    return marks


def _ring(corners: int, turn: float = 0.0, inner: float = 1.0, size: float = 1.15) -> _Outline:
    count = corners if inner == 1.0 else 2 * corners
    return tuple(
        (
            size * (inner if step % 2 and inner != 1.0 else 1.0) * math.sin(angle),
            -size * (inner if step % 2 and inner != 1.0 else 1.0) * math.cos(angle),
        )
        for step in range(count)
        for angle in [2 * math.pi * (step / count + turn)]
    )


_Outline = tuple[tuple[float, float], ...]
_ARM = 0.36
_OUTLINES: dict[str, _Outline] = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": _ring(3, size=1.25),
    "down": _ring(3, turn=0.5, size=1.25),
    "diamond": _ring(4, size=1.25),
    "pentagon": _ring(5),
    "star": _ring(5, inner=0.45, size=1.35),
    "cross": (
        (-_ARM, -1.1),
        (_ARM, -1.1),
        (_ARM, -_ARM),
        (1.1, -_ARM),
        (1.1, _ARM),
        (_ARM, _ARM),
        (_ARM, 1.1),
        (-_ARM, 1.1),
        (-_ARM, _ARM),
        (-1.1, _ARM),
        (-1.1, -_ARM),
        (-_ARM, -_ARM),
    ),
}


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
