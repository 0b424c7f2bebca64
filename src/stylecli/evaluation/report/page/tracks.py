"""The lines of the scatter plot: one style at several settings, in their order."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from stylecli.evaluation.figures import Figure
from stylecli.evaluation.report.page.axes import path_of
from stylecli.evaluation.report.page.labels import Box
from stylecli.evaluation.report.page.marks import Mark, series_of
from stylecli.evaluation.report.page.markup import Markup, element
from stylecli.evaluation.result import Entry


@dataclass(frozen=True)
class Spot:
    """An entry in the plot: its figures and place."""

    entry: Entry
    content: Figure
    style: Figure
    x: float
    y: float


def tracks_of(spots: Sequence[Spot]) -> list[list[Spot]]:
    """The spots of each style that was tried at several settings, in the settings' order."""
    series: dict[Hashable, list[Spot]] = {}
    for spot in spots:
        if _order(spot.entry) is not None:
            series.setdefault(series_of(spot.entry), []).append(spot)
    return [sorted(joint, key=_place_in_track) for joint in series.values() if len(joint) > 1]


def drawn(track: Sequence[Spot], marks: dict[str, Mark]) -> Markup:
    """A track as a line."""
    points = path_of((spot.x, spot.y) for spot in track)
    colour = marks[track[0].entry.name].colour
    return element("polyline", class_=f"track c{colour}", points=points)


def boxes_along(track: Sequence[Spot]) -> list[Box]:
    """What a track covers, for the labels: a small box every few units."""
    boxes = []
    for one, other in pairwise(track):
        count = max(1, round(math.hypot(other.x - one.x, other.y - one.y) / 8))
        for at in range(1, count):
            x = one.x + (other.x - one.x) * at / count
            y = one.y + (other.y - one.y) * at / count
            boxes.append(Box(x - 3, y - 3, 6, 6))
    return boxes


def _order(entry: Entry) -> float | None:
    """What orders the entries of one style: the training step, else the strength."""
    if entry.step is not None:
        return float(entry.step)
    strength = entry.settings.get("strength")
    return float(strength) if isinstance(strength, (int, float)) else None


def _place_in_track(spot: Spot) -> float:
    return _order(spot.entry) or 0.0
