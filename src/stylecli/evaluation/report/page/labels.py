"""Labels of points that do not cover one another."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_DISTANCES = (11.0, 18.0, 28.0, 40.0, 56.0, 76.0, 100.0, 130.0)
# Across and down: -1, 0 or 1. Beside the cross of a point's intervals is better than on it.
_SIDES = ((1, -1), (1, 1), (-1, -1), (-1, 1), (1, 0), (-1, 0), (0, -1), (0, 1))
_LONGEST = 26
_FAR = 20.0


@dataclass(frozen=True)
class Box:
    """A rectangle: its left, top, width and height."""

    x: float
    y: float
    width: float
    height: float

    def shared_with(self, other: Box) -> float:
        """The area that both cover."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(0.0, across) * max(0.0, down)


@dataclass(frozen=True)
class Point:
    """A point that wants a label."""

    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Placed:
    """Where a label stands.

    Attributes:
        words: What it says, shortened where it was too long.
        x: Of its anchor.
        y: Of its baseline.
        anchor: "start", "middle" or "end".
        box: What it covers.
        leader: End of the line that leads to it, where it stands far from its point.
        distance: About how far it stands from its point.
    """

    words: str
    x: float
    y: float
    anchor: str
    box: Box
    leader: tuple[float, float] | None
    distance: float


def place(
    points: Sequence[Point], obstacles: Sequence[Box], frame: Box, size: float
) -> list[Placed]:
    """Find a place for each label, in the points' order.

    Greedy: the points with the nearest neighbours choose first, each the nearest place that covers
    least of labels, points and obstacles.

    Args:
        points: The points.
        obstacles: What labels should not cover.
        frame: What they must not leave.
        size: Size of the letters.
    """
    dots = [Box(point.x - 7, point.y - 7, 14, 14) for point in points]
    order = sorted(range(len(points)), key=lambda index: _crowding(points, index))
    placed: dict[int, Placed] = {}
    for index in order:
        # Labels are worse covered than a line is.
        taken = [(found.box, 10.0) for found in placed.values()]
        taken += [(dot, 6.0) for dot in dots] + [(box, 1.0) for box in obstacles]
        candidates = _candidates(points[index], size)
        costs = [_cost(candidate, taken, frame) for candidate in candidates]
        placed[index] = candidates[costs.index(min(costs))]
    return [placed[index] for index in range(len(points))]


def width_of(words: str, size: float) -> float:
    """About how wide words are, on the generous side."""
    letters = sum(
        1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.6
        for letter in words
        if not unicodedata.combining(letter)
    )
    return letters * size


def shortened(words: str, longest: int = _LONGEST) -> str:
    """Words on one line, cut in the middle where they are too long: names differ at either end."""
    words = " ".join(words.split())
    if len(words) <= longest:
        return words
    head = (longest - 1) // 2
    return f"{words[:head]}…{words[head + 1 - longest :]}"


def _crowding(points: Sequence[Point], index: int) -> float:
    here = points[index]
    return min(
        (
            math.hypot(here.x - other.x, here.y - other.y)
            for at, other in enumerate(points)
            if at != index
        ),
        default=0.0,
    )


def _candidates(point: Point, size: float) -> list[Placed]:
    words = shortened(point.words)
    width = width_of(words, size)
    found = []
    for distance in _DISTANCES:
        for across, down in _SIDES:
            slant = 0.7 if across and down else 1.0
            x = point.x + slant * distance * across
            middle = point.y + (slant * distance + 0.4 * size) * down
            anchor = {1: "start", 0: "middle", -1: "end"}[across]
            left = x - {1: 0.0, 0: width / 2, -1: width}[across]
            box = Box(left, middle - size * 0.62, width, size * 1.24)
            leader = (x - 3 * across, middle - 0.4 * size * down) if distance > _FAR else None
            found.append(Placed(words, x, middle + size * 0.35, anchor, box, leader, distance))
    return found


def _cost(candidate: Placed, taken: Sequence[tuple[Box, float]], frame: Box) -> float:
    box = candidate.box
    outside = box.width * box.height - box.shared_with(frame)
    covered = sum(weight * box.shared_with(other) for other, weight in taken)
    return covered + 20.0 * outside + candidate.distance
