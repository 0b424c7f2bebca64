"""In which order scores are asked: every beginning has as many of each entry."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from stylecli.evaluation.rating.asking.material import Material, Picture
from stylecli.evaluation.rating.asking.orders import Drawn, last_photo, mixed

_TOGETHER = 12
_LEAST = 4


def scores_in_order(material: Material, count: int, source: random.Random) -> list[Drawn]:
    """Outputs one by one: all entries' of a few photos, mixed, then those of the next few.

    One of each entry, in any order, then another of each: after any number of questions an entry that has a picture
    of every photo was asked about as often as any other such entry, or once more or less.
    """
    by_photo: dict[tuple[str, int], list[Picture]] = {}
    for picture in mixed(material.pictures, source):
        by_photo.setdefault((picture.content, picture.nth), []).append(picture)
    photos = list(by_photo.values())
    together = max(_LEAST, -(-_TOGETHER // len(material.entries)))
    asked = Counter(dict.fromkeys(material.entries, 0))
    drawn: list[Drawn] = []
    while photos and len(drawn) < count:
        some = _next_photos(photos, together, asked)
        drawn += [Drawn((each,)) for each in _in_rounds(some, asked, last_photo(drawn), source)]
    return drawn[:count]


def _next_photos(
    photos: list[list[Picture]], count: int, asked: Mapping[str, int]
) -> list[list[Picture]]:
    """Take so many photos, each one that leaves the entries asked about as evenly as can be."""
    counts = Counter(asked)

    def uneven(photo: Sequence[Picture]) -> int:
        own = Counter(picture.entry for picture in photo)
        after = [number + own[entry] for entry, number in counts.items()]
        return max(after) - min(after)

    taken: list[list[Picture]] = []
    while photos and len(taken) < count:
        now = uneven(())
        best = next((photo for photo in photos if uneven(photo) <= now), None)
        best = best or min(photos, key=uneven)
        photos.remove(best)
        taken.append(best)
        counts.update(picture.entry or "" for picture in best)
    return taken


def _in_rounds(
    photos: Sequence[Sequence[Picture]],
    asked: Counter[str],
    last: str | None,
    source: random.Random,
) -> list[Picture]:
    """The pictures of some photos, always one of an entry that was asked about least; counts them in `asked`.

    Not about the photo of the one before, where that can be had.
    """
    # Each entry begins with another photo, so that within a round they differ.
    queues: dict[str, list[Picture]] = {}
    for start, entry in enumerate(mixed(asked, source)):
        turned = [photos[(start + place) % len(photos)] for place in range(len(photos))]
        queues[entry] = [each for photo in turned for each in photo if each.entry == entry]
    found: list[Picture] = []
    while any(queues.values()):
        least = min(asked[entry] for entry, queue in queues.items() if queue)
        open_ = [entry for entry, queue in queues.items() if queue and asked[entry] == least]
        heads = {
            entry: next((each for each in queues[entry] if each.content != last), queues[entry][0])
            for entry in open_
        }
        often = Counter(each.content for each in heads.values())
        # Those of which most are left, or they would come all together at the end.
        entry = max(
            mixed(heads, source),
            key=lambda each: (heads[each].content != last, often[heads[each].content]),
        )
        picture = heads[entry]
        queues[entry].remove(picture)
        asked[entry] += 1
        found.append(picture)
        last = picture.content
    return found
