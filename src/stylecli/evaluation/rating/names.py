"""Raters' names: as they are given, and when two are one."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 60
_JOINERS = "\u200c\u200d"


def rater_name(text: str) -> str:
    """A name without the blanks around and within it that mean nothing.

    Raises:
        ValueError: No name, too long a one, or one with characters that change how others look.
    """
    plain = unicodedata.normalize("NFC", " ".join(text.split())).strip(f" {_JOINERS}")
    # Persian and Indic names, and pictures of people, are written with joiners within.
    seen = plain.translate(dict.fromkeys(map(ord, _JOINERS)))
    bad = any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in seen)
    if not seen or len(plain) > LONGEST_NAME or bad:
        raise ValueError(f"A name has 1 to {LONGEST_NAME} letters.")
    return plain


def name_key(name: str) -> str:
    """The same for names that are one rater's: in capitals, with blanks or joiners too many."""
    plain = " ".join(name.translate(dict.fromkeys(map(ord, _JOINERS))).split())
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", plain).casefold())
