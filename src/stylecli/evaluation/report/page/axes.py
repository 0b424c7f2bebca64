"""Scales with round ticks, and the frame of a plot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stylecli.evaluation.report.page.markup import Markup, element, joined
from stylecli.evaluation.report.wording import number

_ROOM = 0.05


@dataclass(frozen=True)
class Scale:
    """A straight axis.

    Attributes:
        low: Value at its start.
        high: Value at its end.
        start: Place of `low` in the plot's units.
        end: Place of `high`.
        ticks: Round values on it.
        digits: Decimals of the ticks.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    digits: int

    def __call__(self, value: float) -> float:
        """The place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def scale_over(values: Iterable[float], start: float, end: float, about: int = 5) -> Scale:
    """A scale on which all the values lie, with a little room at both ends.

    Args:
        values: What must lie on it; none gives 0 to 1.
        start: Place of its low end.
        end: Place of its high end.
        about: About how many steps it has.
    """
    found = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(found), max(found)
    if high - low < 1e-9 * max(1.0, abs(low), abs(high)):
        margin = 0.1 * abs(low) or 0.5
        low, high = low - margin, high + margin
    step = _round_step((high - low) / about)
    room = _ROOM * (high - low)
    low, high = low - room, high + room
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = tuple(index * step for index in range(first, last + 1))
    return Scale(low, high, start, end, ticks, digits)


def frame(x: Scale, y: Scale, x_title: str, y_title: str, x_ticks: Sequence[float]) -> Markup:
    """Grid lines, tick labels and the axes' titles; `x_ticks` stand in place of the scale's own."""
    parts = []
    left, right = sorted((x.start, x.end))
    top, bottom = sorted((y.start, y.end))
    for tick in y.ticks:
        at = y(tick)
        parts.append(line(left, at, right, at, "grid"))
        parts.append(label(left - 8, at + 4, number(tick, y.digits), "tick", "end"))
    for tick in x_ticks:
        at = x(tick)
        parts.append(line(at, bottom, at, bottom + 4, "axis"))
        parts.append(label(at, bottom + 18, number(tick, x.digits), "tick", "middle"))
    parts.append(line(left, bottom, right, bottom, "axis"))
    parts.append(label(right, bottom + 38, x_title, "axis-title", "end"))
    parts.append(label(0, top - 14, y_title, "axis-title", "start"))
    return element("g", joined(parts))


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line."""
    places = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return element("line", class_=kind, **{name: f"{at:.1f}" for name, at in places.items()})


def label(x: float, y: float, words: str, kind: str, anchor: str) -> Markup:
    """Words at a place; `anchor` is "start", "middle" or "end"."""
    return element("text", words, class_=kind, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def path_of(points: Iterable[tuple[float, float]]) -> str:
    """The points of a polyline or polygon."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
