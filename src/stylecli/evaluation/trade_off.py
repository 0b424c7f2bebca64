"""The strength at which as much of the photos is left as was asked for: a short search, nothing painted here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stylecli.errors import UsageError
from stylecli.sampling.schedulers import steps_for

_LADDER = 5
_STEP = 0.05
_WEAKER = (0.75, 0.5)
_BESIDE = (0.75, 1.25)
# So far beside another scale's strength, in places of the list of strengths, is looked.
_NEAR = 4


@dataclass(frozen=True)
class Trial:
    """What was measured at one strength and style scale.

    Attributes:
        strength: The strength, above 0 and at most 1.
        factor: The styles' scales, in terms of those that were typed.
        content: Mean content retention; 1 = the photo's drawing, 0 = unrelated.
        style: Style closure, or None where it was not measured or is undefined.
        photos: Content retention of every photo.
    """

    strength: float
    factor: float
    content: float
    style: float | None = None
    photos: tuple[float, ...] = ()


@dataclass(frozen=True)
class Found:
    """What came of a search.

    Attributes:
        trials: Everything that was measured, the largest scale first, then by strength.
        chosen: The one to take.
        enough: Whether it keeps as much as was asked for.
        last: Whether it is the highest strength there is, so that less cannot be kept.
    """

    trials: tuple[Trial, ...]
    chosen: Trial
    enough: bool
    last: bool


def possible_strengths(low: float | None, high: float | None, steps: int | None) -> list[float]:
    """The strengths that are worth trying, ascending, a twentieth apart.

    Args:
        low: The least that is allowed, or None.
        high: The most, or None.
        steps: Steps of the whole noise schedule, or None where a method has none. A strength that
            leaves no step is left out; of those that run the same steps the first stands for all.

    Raises:
        UsageError: There is none.
    """
    found: dict[int, float] = {}
    for place in range(1, round(1 / _STEP) + 1):
        strength = round(place * _STEP, 2)
        if (low is not None and strength < low) or (high is not None and strength > high):
            continue
        try:
            count = place if steps is None else steps_for(strength, steps)
        except UsageError:
            continue
        found.setdefault(count, strength)
    if not found:
        raise UsageError("--strength auto: there is no strength to try.", "Type one.")
    return list(found.values())


def most_trials(count: int, by_style: bool) -> int:
    """How many trials a search among so many strengths takes at most."""
    spacing = math.ceil(count / _LADDER)
    trials = len(_ladder(count)) + math.ceil(math.log2(spacing))
    beside = len(_BESIDE) * (1 + math.ceil(math.log2(_NEAR)))
    return trials + max(len(_WEAKER), beside if by_style else 0)


def search(
    strengths: Sequence[float],
    keep: float,
    measure: Callable[[float, float], Trial],
    by_style: bool = False,
) -> Found:
    """Find the highest strength that keeps enough: a coarse ladder, then bisection between neighbours.

    Content retention falls as the strength rises, though not at every step: the choice is made among
    all that was measured. Where even the lowest strength does not keep enough, weaker scales are
    tried at it. With a reference the same is looked for a little below and above the typed scale,
    and the nearest to the style is taken of what the scales found.

    Args:
        strengths: Ascending; at least one.
        keep: The content retention that is asked for.
        measure: Paints and measures at a strength and a factor of the typed scale.
        by_style: Whether trials tell how near they come to the style.
    """
    scan = _Scan(strengths, keep, measure)
    best = scan.highest()
    if best is None:
        for factor in _WEAKER:
            if scan.keeps(0, factor):
                break
        best = scan.best_at(factor)
    elif by_style and best.style is not None:
        place = strengths.index(best.strength)
        beside = [scan.near(place, factor) for factor in _BESIDE]
        best = max(filter(None, [best, *beside]), key=_closeness)
    # Where nothing keeps enough, the lowest strength changes least, whatever noise says of higher ones.
    lowest = [trial for trial in scan.trials if trial.strength == strengths[0]]
    chosen = best or max(lowest, key=lambda trial: trial.content)
    ordered = sorted(scan.trials, key=lambda trial: (-trial.factor, trial.strength))
    return Found(tuple(ordered), chosen, best is not None, chosen.strength == strengths[-1])


class _Scan:
    """What was measured so far."""

    def __init__(
        self, strengths: Sequence[float], keep: float, measure: Callable[[float, float], Trial]
    ) -> None:
        self._strengths = strengths
        self._keep = keep
        self._measure = measure
        self._known: dict[tuple[int, float], Trial] = {}

    @property
    def trials(self) -> list[Trial]:
        """All of them."""
        return list(self._known.values())

    def keeps(self, place: int, factor: float) -> bool:
        """Whether the strength of a place keeps enough; measured once."""
        if (place, factor) not in self._known:
            self._known[place, factor] = self._measure(self._strengths[place], factor)
        return self._known[place, factor].content >= self._keep

    def highest(self) -> Trial | None:
        """The highest strength that keeps enough at the typed scale, or None."""
        ladder = _ladder(len(self._strengths))
        kept = [place for place in ladder if self.keeps(place, 1.0)]
        low = max(kept, default=-1)
        above = min((place for place in ladder if place > low), default=len(self._strengths))
        return self._between(low, above, 1.0)

    def near(self, place: int, factor: float) -> Trial | None:
        """The same for another scale, not far from a place."""
        if self.keeps(place, factor):
            return self._between(place, min(place + _NEAR, len(self._strengths)), factor)
        return self._between(max(place - _NEAR, -1), place, factor)

    def best_at(self, factor: float) -> Trial | None:
        """The highest strength measured at a scale that keeps enough, or None."""
        kept = [
            trial
            for (_, scale), trial in self._known.items()
            if scale == factor and trial.content >= self._keep
        ]
        return max(kept, key=lambda trial: trial.strength, default=None)

    def _between(self, low: int, high: int, factor: float) -> Trial | None:
        """Halve the places between one that is taken to keep enough and one that is taken not to."""
        while high - low > 1:
            middle = (low + high) // 2
            if self.keeps(middle, factor):
                low = middle
            else:
                high = middle
        return self.best_at(factor)


def _ladder(count: int) -> list[int]:
    """A few places of so many, evenly apart, the last among them."""
    return list(range(count - 1, -1, -math.ceil(count / _LADDER)))[::-1]


def _closeness(trial: Trial) -> float:
    return -math.inf if trial.style is None else trial.style
