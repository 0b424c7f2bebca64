"""Who is preferred: strengths of entries, and each two of them against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import wilson_interval
from stylecli.evaluation.rating.observed import Choice, numbered
from stylecli.evaluation.rating.resampling import Resampled, enough, resampled
from stylecli.evaluation.rating.strengths import (
    bradley_terry,
    covariance,
    fixed_by,
    groups_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stylecli.evaluation.rating.resampling import Weights


@dataclass(frozen=True)
class Tally:
    """What became of choices; a tie is half a win in the share.

    Attributes:
        wins: How often it was preferred.
        ties: How often neither was.
        losses: How often the other was.
        share: (wins + ties / 2) / all.
        interval: Wilson's, each choice taken for independent.
    """

    wins: int
    ties: int
    losses: int
    share: float
    interval: Interval | None

    @property
    def count(self) -> int:
        """All choices."""
        return self.wins + self.ties + self.losses


@dataclass(frozen=True)
class Strength:
    """An entry among those that it was compared with.

    Attributes:
        entry: Its name.
        strength: Bradley–Terry, natural logarithm; the mean over the group is 0.
        interval: Of the strength, from raters or photos drawn anew; None where its choices are not `enough`.
        chance: To be preferred to an entry of mean strength, 0 to 1.
        chance_interval: Of the chance.
        tally: Of all its choices.
    """

    entry: str
    strength: float
    interval: Interval | None
    chance: float
    chance_interval: Interval | None
    tally: Tally


@dataclass(frozen=True)
class Pair:
    """Two entries that met.

    Attributes:
        first: The stronger one's name.
        second: The other's.
        difference: First strength less second.
        interval: Of the difference, from raters or photos drawn anew; None where the choices of one of
            them are not `enough`.
        tally: The first one's, of the choices between the two.
    """

    first: str
    second: str
    difference: float
    interval: Interval | None
    tally: Tally

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval leaves out zero.

        Not the share's: raters whose tastes differ shift it further than its own interval knows.
        """
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


@dataclass(frozen=True)
class Group:
    """Entries that choices join, the strongest first.

    Attributes:
        target: The style that all aim at, or "".
        entries: The entries.
        pairs: Those that met, the stronger one first.
        weak: Whether the choices fix no finite strengths, so that half a win was added on each side
            of every pair: somebody won or lost all.
    """

    target: str
    entries: tuple[Strength, ...]
    pairs: tuple[Pair, ...]
    weak: bool


def preferences(choices: Sequence[Choice]) -> tuple[Group, ...]:
    """The groups of entries that can be compared, by target and name."""
    names = sorted({shown.entry for one in choices for shown in (one.left, one.right)})
    places = {name: place for place, name in enumerate(names)}
    met = _met(_wins(choices, [""] * len(choices), places)[0]) if choices else None
    found = []
    for indices in groups_of(met) if met is not None else []:
        members = {names[index] for index in indices}
        found.append(_group([choice for choice in choices if choice.left.entry in members]))
    return tuple(sorted(found, key=lambda group: (group.target, group.entries[0].entry)))


def _group(choices: Sequence[Choice]) -> Group:
    import numpy as np

    shown = [each for choice in choices for each in (choice.left, choice.right)]
    targets = {each.target for each in shown}
    names = sorted({each.entry for each in shown})
    places = {name: place for place, name in enumerate(names)}
    wins = _wins(choices, [""] * len(choices), places)[0]
    met = _met(wins)
    strengths = bradley_terry(wins, met)
    draws, spread = _draws(choices, places, met), covariance(wins, met)
    rows = []
    for name, place in places.items():
        value = float(strengths[place])
        own = [choice for choice in choices if name in (choice.left.entry, choice.right.entry)]
        interval = None
        if enough([choice.left.photo for choice in own]):
            least = math.sqrt(spread[place, place])
            drawn = draws.of(lambda each, at=place: each[:, at])  # type: ignore[misc]
            interval = drawn.interval(value, least)
        rows.append(
            Strength(name, value, interval, _chance(value), _chances(interval), _tally(own, name))
        )
    rows.sort(key=lambda row: (-round(row.strength, 9), row.entry))
    pairs = [
        _pair(first, second, own, draws, spread, places)
        for index, first in enumerate(rows)
        for second in rows[index + 1 :]
        if (own := _between(choices, first.entry, second.entry))
    ]
    target = targets.pop() if len(targets) == 1 else ""
    return Group(target, tuple(rows), tuple(pairs), weak=not np.all(fixed_by(wins)))


def _between(choices: Sequence[Choice], first: str, second: str) -> list[Choice]:
    return [one for one in choices if {one.left.entry, one.right.entry} == {first, second}]


def _pair(
    first: Strength,
    second: Strength,
    choices: Sequence[Choice],
    draws: Resampled,
    spread: NDArray[np.float64],
    places: dict[str, int],
) -> Pair:
    one, other = places[first.entry], places[second.entry]
    gap = first.strength - second.strength
    interval = None
    if first.interval and second.interval:
        least = math.sqrt(spread[one, one] + spread[other, other] - 2 * spread[one, other])
        interval = draws.of(lambda each: each[:, one] - each[:, other]).interval(gap, least)
    return Pair(first.entry, second.entry, gap, interval, _tally(choices, first.entry))


def _draws(choices: Sequence[Choice], places: dict[str, int], met: NDArray[np.bool_]) -> Resampled:
    """The strengths, (draws, entries), with raters and with photos drawn anew."""
    import numpy as np

    kept = {
        "raters": _wins(choices, [choice.rater for choice in choices], places),
        "photos": _wins(choices, [choice.left.photo for choice in choices], places),
    }

    def figures(weights: Weights, which: str) -> NDArray[np.float64]:
        return bradley_terry(np.tensordot(weights, kept[which], 1), met)

    return resampled(figures, len(kept["raters"]), len(kept["photos"]))


def _wins(
    choices: Sequence[Choice], keys: Sequence[str], places: dict[str, int]
) -> NDArray[np.float64]:
    """The wins of each key, (n, entries, entries), in an order that no key decides."""
    import numpy as np

    owners = numbered(keys)
    wins = np.zeros((len(owners), len(places), len(places)))
    for choice, key in zip(choices, keys, strict=True):
        left, right = places[choice.left.entry], places[choice.right.entry]
        wins[owners[key], left, right] += choice.won
        wins[owners[key], right, left] += 1 - choice.won
    return wins[sorted(range(len(wins)), key=lambda at: wins[at].tobytes())]


def _met(wins: NDArray[np.float64]) -> NDArray[np.bool_]:
    met: NDArray[np.bool_] = wins + wins.T > 0
    return met


def _chance(strength: float) -> float:
    return 1 / (1 + math.exp(-strength))


def _chances(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return Interval(_chance(interval.low), _chance(interval.high), interval.how, interval.level)


def _tally(choices: Sequence[Choice], name: str) -> Tally:
    points = [choice.won if choice.left.entry == name else 1 - choice.won for choice in choices]
    wins, ties = points.count(1.0), points.count(0.5)
    share = sum(points) / len(points)
    losses = len(points) - wins - ties
    return Tally(wins, ties, losses, share, wilson_interval(share, len(points)))
