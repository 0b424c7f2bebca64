"""Which artist of a classifier a reference is named after: files say ``van-gogh``, labels Vincent van Gogh."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def artist_named(name: str, artists: Sequence[str]) -> int | None:
    """The place of the one artist that a name can mean.

    The first of these that some artists meet decides: all words the same; all words of one in the
    other; the artist's last word among the name's.

    Args:
        name: As a reference is called.
        artists: As a classifier calls them.

    Returns:
        None where no artist is meant, or several are.
    """
    wanted = words_of(name)
    known = [words_of(artist) for artist in artists]
    for means in (_same, _within, _surname):
        found = [place for place, words in enumerate(known) if means(wanted, words)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def words_of(name: str) -> tuple[str, ...]:
    """Small letters without accents, in words: ``Paul_Cézanne`` is paul, cezanne."""
    plain = unicodedata.normalize("NFKD", name)
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()
    return tuple(re.findall(r"[^\W_]+", bare))


def _same(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return bool(words) and sorted(wanted) == sorted(words)


def _within(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    one, other = set(wanted), set(words)
    return bool(one and other) and (one <= other or other <= one)


def _surname(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return bool(words) and words[-1] in wanted
