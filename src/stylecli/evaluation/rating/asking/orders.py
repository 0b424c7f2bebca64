"""In which order choices, and real or fake, are asked: every beginning is as balanced as can be."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from stylecli.evaluation.rating.asking.material import Material, Picture

_Item = TypeVar("_Item")

REPEATS = 10
"""One of so many choices, rounded, asks again what was asked before."""

_APART = 5
_EACH = 4


@dataclass(frozen=True)
class Drawn:
    """The pictures of a question; `repeats` is the place of the question that it asks again, or None."""

    pictures: tuple[Picture, ...]
    repeats: int | None = None


@dataclass(frozen=True)
class _Pair:
    names: tuple[str, str]
    photo: tuple[str, int]
    pictures: tuple[Picture, Picture]
    tie: float

    @property
    def same(self) -> bool:
        return self.pictures[0].digest == self.pictures[1].digest


class _Rest:
    """The pairs that were not asked yet, and what was asked of the others."""

    def __init__(self, pairs: Iterable[_Pair]) -> None:
        self._rest: dict[tuple[str, str], list[_Pair]] = {}
        for pair in pairs:
            self._rest.setdefault(pair.names, []).append(pair)
        self._asked: Counter[tuple[str, str]] = Counter()
        self._entries: Counter[str] = Counter()
        self._photos: Counter[tuple[str, int]] = Counter()
        self._left: Counter[tuple[str, str]] = Counter()

    def __bool__(self) -> bool:
        return bool(self._rest)

    def take(self, source: random.Random, last: str | None) -> tuple[Picture, ...]:
        """The pictures of the pair that was asked least, about the photo that was, sides even.

        Of several such pairs one whose entries were. Not about the photo `last`, unless there is no other.
        """

        def alone(names: tuple[str, str]) -> bool:
            return all(each.photo[0] == last for each in self._rest[names])

        def seen(names: tuple[str, str]) -> int:
            return sum(self._entries[name] for name in names)

        names = min(
            self._rest,
            key=lambda each: (self._asked[each], seen(each), alone(each), source.random()),
        )
        pair = min(
            self._rest[names],
            key=lambda each: (each.photo[0] == last, self._photos[each.photo], each.tie),
        )
        self._rest[names].remove(pair)
        if not self._rest[names]:
            del self._rest[names]
        self._asked[names] += 1
        self._entries.update(names)
        self._photos[pair.photo] += 1
        lead = self._left[names]
        swapped = source.random() < 0.5 if lead == 0 else lead > 0
        self._left[names] += -1 if swapped else 1
        return pair.pictures[::-1] if swapped else pair.pictures


def choices_in_order(material: Material, count: int, source: random.Random) -> list[Drawn]:
    """Pairs of outputs of one photo, sides random, and in every ten one repeat with its sides swapped.

    Entries of one target are compared; where no target has two, all are. A picture is not compared with itself: two
    entries may have painted the same, to the byte.
    """
    rest = _Rest(pair for pair in _pairs(material, source) if not pair.same)
    drawn: list[Drawn] = []
    repeats: list[int] = []
    place = 0
    while len(drawn) < count:
        if len(drawn) % REPEATS == 0:
            # Where in the next ten questions the repeat stands: in their second half.
            place = REPEATS // 2 + int(source.random() * (REPEATS - REPEATS // 2))
        # Where the pairs run out before that place, it is made up for: from five of the ten on.
        short = (len(drawn) + REPEATS // 2) // REPEATS > len(repeats)
        due = len(drawn) % REPEATS == place if rest else short
        again = _again(drawn, repeats, source) if due else None
        if again is not None:
            repeats.append(again)
            drawn.append(Drawn(drawn[again].pictures[::-1], again))
        elif rest:
            drawn.append(Drawn(rest.take(source, last_photo(drawn))))
        else:
            break
    return drawn


def real_and_fake_in_order(material: Material, count: int, source: random.Random) -> list[Drawn]:
    """Outputs and as many pictures of their reference, mixed; each picture once."""
    fakes: list[list[Picture]] = []
    reals: list[list[Picture]] = []
    for target in dict.fromkeys(picture.target for picture in material.pictures):
        own = [picture for picture in material.pictures if picture.target == target]
        made = _by_turns(
            [
                mixed((picture for picture in own if picture.entry == entry), source)
                for entry in mixed(dict.fromkeys(picture.entry for picture in own), source)
            ]
        )
        real = mixed((each for each in material.references if each.target == target), source)
        enough = min(len(made), len(real))
        fakes.append(made[:enough])
        reals.append(real[:enough])
    pairs = list(zip(_by_turns(fakes), _by_turns(reals), strict=True))
    drawn: list[Drawn] = []
    for start in range(0, len(pairs), _EACH):
        if len(drawn) >= count:
            break
        some = [picture for pair in pairs[start : start + _EACH] for picture in pair]
        drawn += [Drawn((picture,)) for picture in mixed(some, source)]
    return drawn[:count]


def same_pictures(material: Material) -> list[tuple[str, str]]:
    """The names of two entries whose pictures of a photo are the same to the byte, once for each such photo."""
    return [pair.names for pair in _pairs(material, random.Random(0)) if pair.same]


def _pairs(material: Material, source: random.Random) -> list[_Pair]:
    by_target: dict[str, dict[str, dict[tuple[str, int], Picture]]] = {}
    for picture in material.pictures:
        entries = by_target.setdefault(picture.target, {})
        entries.setdefault(picture.entry or "", {})[picture.content, picture.nth] = picture
    groups = [entries for entries in by_target.values() if len(entries) > 1]
    if not groups:
        groups = [
            {name: found for entries in by_target.values() for name, found in entries.items()}
        ]
    return [
        _Pair((one, other), photo, (entries[one][photo], entries[other][photo]), source.random())
        for entries in groups
        for one, other in combinations(sorted(entries), 2)
        for photo in sorted(set(entries[one]) & set(entries[other]))
    ]


def _again(drawn: Sequence[Drawn], repeated: Sequence[int], source: random.Random) -> int | None:
    """The place of a question to be asked again; None where there is none.

    Not one of the last few, nor about the last one's photo unless there is no other.
    """
    free = [
        place
        for place in range(len(drawn) - _APART + 1)
        if drawn[place].repeats is None and place not in repeated
    ]
    last = last_photo(drawn)
    free = [place for place in free if drawn[place].pictures[0].content != last] or free
    return free[int(source.random() * len(free))] if free else None


def last_photo(drawn: Sequence[Drawn]) -> str | None:
    """The photo of the last question, or None."""
    return drawn[-1].pictures[0].content if drawn else None


def mixed(items: Iterable[_Item], source: random.Random) -> list[_Item]:
    """Items in an order by chance."""
    return sorted(items, key=lambda _: source.random())


def _by_turns(groups: Sequence[Sequence[Picture]]) -> list[Picture]:
    """The first of each group, then the second of each, until the longest is at its end."""
    longest = max(map(len, groups), default=0)
    return [group[place] for place in range(longest) for group in groups if place < len(group)]
