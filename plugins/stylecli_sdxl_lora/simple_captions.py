"""Captions as simple prompts: nouns and the prepositions between them, "cat on chair near window"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from stylecli_sdxl_lora.word_kinds import Kind, is_word, kinds
from stylecli_sdxl_lora.word_lists import words

_NOISE = re.compile(r"<[^<>]*>|:\s*\d*\.\d+")
"""Names of LoRA files and weights, as some programs write them into prompts."""
_TOKEN = re.compile(
    r"\d+:\d\d|[^\W_]+(?:['’.\-][^\W_]+)*['’]?|&|[.!?;\n]+|[,:()\[\]{}\"“”|/—–]|\s-+\s"
)
_FOREIGN_SHARE = 6
"""A caption is strange if one word in so many is another language's, and its own are fewer."""


def simplified(caption: str) -> str:
    """Leave a caption its nouns and the prepositions and conjunctions between them.

    The words stay as they are written and in their order; commas stay between the parts of a list
    and come where a verb between two nouns has gone. A caption that does not seem English, or of
    which nothing would remain, comes back as it is.
    """
    simple, shorter = caption, _once(caption)
    # A shorter caption may read otherwise, so what would go from it goes now.
    while shorter != simple and any(letter.isalpha() for letter in shorter):
        simple, shorter = shorter, _once(shorter)
    return simple


def _once(caption: str) -> str:
    tokens = [_mark(token) for token in _TOKEN.findall(_NOISE.sub(" ", caption))]
    if not _is_english(tokens):
        return caption
    return _joined(tokens, _without_openings(tokens, kinds(tokens)))


def _mark(token: str) -> str:
    """A word as it is, other marks as a comma or, where a sentence ends, a full stop."""
    if is_word(token) or token == "&":
        return token
    return "." if token[0] in ".!?;\n" else ","


def _is_english(tokens: Sequence[str]) -> bool:
    """Whether most letters are Latin, and its small words are no more another language's than English.

    Small words that English shares with others, such as "in" and "a", count half.
    """
    letters = [letter for token in tokens for letter in token if letter.isalpha()]
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    low = [token.lower() for token in tokens if is_word(token)]
    foreign = sum(word in words("closed", "foreign") for word in low)
    own = words("closed") - words("closed", "foreign") | words("adjectives")
    english = sum(word in own or word.endswith("ing") for word in low)
    shared = sum(word in words("closed", "shared") for word in low)
    strange = foreign > english - shared / 2 and _FOREIGN_SHARE * foreign >= len(low)
    return 2 * latin >= len(letters) and not strange


def _without_openings(tokens: Sequence[str], found: list[Kind]) -> list[Kind]:
    """Have ``a painting of``, ``the image shows`` and their like dropped where sentences begin."""
    begins = True
    for place in range(len(found)):
        if begins and (end := _opening(tokens, found, place)):
            found[place:end] = [Kind.STOP] * (end - place)
        begins = found[place] is Kind.STOP
    return [
        kind if kind is not Kind.MEDIUM else Kind.ADVERB if token.lower() == "still" else Kind.NOUN
        for token, kind in zip(tokens, found, strict=True)
    ]


def _opening(tokens: Sequence[str], found: Sequence[Kind], start: int) -> int:
    """Where an opening that begins at a word ends; 0 if none does."""
    low = [token.lower() for token in tokens]
    inside = low[start] == "in"
    place = start + inside
    while place < len(low) and (
        found[place] in _EMPTY or low[place] in words("openings", "painted with")
    ):
        place += 1
    medium = place
    while place < len(low) and found[place] is Kind.MEDIUM:
        place += 1
    if place == medium or place == len(low):
        return 0
    if inside:
        return place if found[place] in (Kind.BREAK, Kind.PRONOUN) else 0
    if low[place] in words("openings", "showing"):
        return place + 1
    if low[place] == "is" and found[place + 1 : place + 2] == [Kind.DETERMINER]:
        return place + 1
    source = place + 1
    while source < len(low) and found[source] in (Kind.DETERMINER, Kind.MODIFIER):
        source += 1
    if low[place] == "from" and source < len(low) and low[source] in words("openings", "source"):
        return source + 1
    return 0


def _joined(tokens: Sequence[str], found: Sequence[Kind]) -> str:
    """Write the words that stay, with what stands between them."""
    text = waiting = count = conjunction = ""
    comma = gap = refused = False
    for place, (token, kind) in enumerate(zip(tokens, found, strict=True)):
        if kind in _ENDS and waiting and found[place - 1] is Kind.MODIFIER:
            continue
        if kind is Kind.NUMBER:
            count = token + " "
        elif kind is Kind.NOUN and not refused:
            comma |= gap and not waiting and not conjunction
            if text:
                text += (", " if comma else " ") + conjunction
            text += waiting + count + token
            waiting = count = conjunction = ""
            comma = gap = False
        elif kind is Kind.PREPOSITION:
            waiting, count, refused = waiting + token + " ", "", False
        elif kind is Kind.DETERMINER:
            gap |= not waiting
        elif kind in _CUTS:
            waiting = count = ""
            conjunction = token + " " if kind is Kind.AND else ""
            refused = kind is Kind.NEGATION
            comma |= kind in _ENDS
            gap |= kind in _CLAUSES
    return text


_ENDS = (Kind.BREAK, Kind.STOP)
_CLAUSES = (Kind.VERB, Kind.AUXILIARY, Kind.PRONOUN)
_CUTS = (*_ENDS, *_CLAUSES, Kind.AND, Kind.NEGATION)
"""What leaves a preposition before it without its noun."""
_EMPTY = (
    Kind.DETERMINER,
    Kind.MODIFIER,
    Kind.ADVERB,
    Kind.VERB,
    Kind.AUXILIARY,
    Kind.PRONOUN,
    Kind.BREAK,
)
