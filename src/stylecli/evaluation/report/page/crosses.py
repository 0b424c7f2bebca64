"""The crosses of the scatter plot: the intervals of an entry's two figures."""

from __future__ import annotations

import math

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.report.page.axes import Scale, line, path_of
from stylecli.evaluation.report.page.labels import Box
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, joined
from stylecli.evaluation.report.page.tracks import Spot

_ARROW = 4.0


def boxes_of(spot: Spot, x: Scale, y: Scale) -> list[Box]:
    """What a cross covers, for the labels."""
    boxes = []
    if spot.content.interval:
        left, right = sorted(_within(x, spot.content.interval))
        boxes.append(Box(left, spot.y - 1.5, right - left, 3))
    if spot.style.interval:
        top, bottom = sorted(_within(y, spot.style.interval))
        boxes.append(Box(spot.x - 1.5, top, 3, bottom - top))
    return boxes


def _within(scale: Scale, interval: Interval) -> tuple[float, float]:
    """The places of both ends, as far as the axis goes."""
    return scale(max(interval.low, scale.low)), scale(min(interval.high, scale.high))


def cross_of(spot: Spot, x: Scale, y: Scale, mark: Mark) -> Markup:
    """The cross; an arrow where an interval goes on beyond the plot."""
    kind = f"cross c{mark.colour}"
    parts = []
    if interval := spot.content.interval:
        low, high = _within(x, interval)
        parts.append(line(low, spot.y, high, spot.y, kind))
        parts += [_arrow(at, spot.y, at - spot.x, 0, kind) for at in _cut(x, interval)]
    if interval := spot.style.interval:
        low, high = _within(y, interval)
        parts.append(line(spot.x, low, spot.x, high, kind))
        parts += [_arrow(spot.x, at, 0, at - spot.y, kind) for at in _cut(y, interval)]
    return joined(parts)


def _cut(scale: Scale, interval: Interval) -> list[float]:
    """Where an interval leaves the plot."""
    low, high = _within(scale, interval)
    return [low] * (interval.low < scale.low) + [high] * (interval.high > scale.high)


def _arrow(x: float, y: float, right: float, down: float, kind: str) -> Markup:
    """The tip of an arrow at a place, for one that points that way along an axis."""
    back_x, back_y = (math.copysign(_ARROW, way) if way else 0.0 for way in (right, down))
    tips = [
        (x - back_x - back_y, y - back_y - back_x),
        (x, y),
        (x - back_x + back_y, y - back_y + back_x),
    ]
    return element("polyline", class_=f"{kind} cut", points=path_of(tips))
