"""What the words of an English caption are: nouns, prepositions, and all that can go.

Lists hold the closed classes and the common adjectives and verbs; endings and a word's neighbours
decide the rest; a word that nothing speaks against is a noun.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from stylecli_sdxl_lora.word_lists import phrases, singulars, third_persons, words


class Kind(Enum):
    """What a word is."""

    NOUN = auto()
    NUMBER = auto()
    PREPOSITION = auto()
    AND = auto()
    DETERMINER = auto()
    MODIFIER = auto()
    ADVERB = auto()
    PRONOUN = auto()
    VERB = auto()
    AUXILIARY = auto()
    NEGATION = auto()
    MEDIUM = auto()
    BREAK = auto()
    STOP = auto()


K = Kind
_CLOSED = {
    "determiner": K.DETERMINER,
    "number": K.NUMBER,
    "pronoun": K.PRONOUN,
    "preposition": K.PREPOSITION,
    "conjunction": K.AND,
    "negation": K.NEGATION,
    "auxiliary": K.AUXILIARY,
    "adverb": K.ADVERB,
}
_PHRASES = {
    "preposition": K.PREPOSITION,
    "noun": K.NOUN,
    "pronoun": K.PRONOUN,
    "dropped": K.ADVERB,
    "medium": K.MEDIUM,
}
_LONGEST = 3
_ENDS = (K.BREAK, K.STOP)
_DIGITS = re.compile(r"\d+(?:st|nd|rd|th)?", re.IGNORECASE)


def kinds(tokens: Sequence[str]) -> list[Kind]:
    """What each word is; tokens that are no words end a part (``,``) or a sentence (``.``)."""
    return _Reading(tokens).kinds


def is_word(token: str) -> bool:
    """Whether a token is a word and no mark."""
    return any(sign.isalnum() for sign in token)


class _Reading:
    """A caption while its words are told apart, from the first to the last."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.low = [token.lower().replace("’", "'") for token in tokens]
        self.names = self._has_names()
        self.fixed = self._phrases()
        self.kinds: list[Kind] = []
        for place in range(len(tokens)):
            self.kinds.append(self._kind(place))

    def _has_names(self) -> bool:
        """Whether capitals tell names: not where most words have one, as in a title."""
        rest = [token for token in self.tokens[1:] if is_word(token) and len(token) > 3]
        return 2 * sum(token[0].isupper() for token in rest) <= len(rest)

    def _phrases(self) -> dict[int, Kind]:
        found: dict[int, Kind] = {}
        place = 0
        while place < len(self.low):
            for length in range(_LONGEST, 0, -1):
                *first, last = self.low[place : place + length]
                heads = [
                    heading for one in singulars(last) if (heading := phrases().get((*first, one)))
                ]
                if heads:
                    found |= dict.fromkeys(range(place, place + length), _PHRASES[heads[0]])
                    place += length - 1
                    break
            place += 1
        return found

    def _before(self, place: int) -> Kind:
        """What stands before a word, adverbs aside; at the beginning a break."""
        for at in range(place - 1, -1, -1):
            if self.kinds[at] is not K.ADVERB:
                return K.DETERMINER if self.low[at].endswith(("'s", "s'")) else self.kinds[at]
        return K.BREAK

    def _after(self, place: int, steps: int = 1) -> Kind:
        """What seems to stand after a word, by itself; at the end a break."""
        place += steps
        if place >= len(self.low):
            return K.BREAK
        return self.fixed.get(place) or self._alone(place)

    def _closed(self, place: int) -> Kind | None:
        low = self.low[place]
        if not is_word(self.tokens[place]):
            return K.AND if low == "&" else K.STOP if low == "." else K.BREAK
        for heading, kind in _CLOSED.items():
            if low in words("closed", heading):
                return kind
        return None

    def _alone(self, place: int) -> Kind:
        """What a word is without its neighbours."""
        low = self.low[place]
        if (closed := self._closed(place)) is not None:
            return closed
        if low in words("dropped"):
            return K.ADVERB
        if any(one in words("nouns") for one in singulars(low)) or "'" in low:
            return K.NOUN
        last = low.rpartition("-")[2]
        participle = (last.endswith("ing") and len(last) > 4) or (
            last.endswith("ed") and len(last) > 3
        )
        if participle or low in words("verbs", "participle"):
            return K.VERB
        if low in _adjectives() or ("-" in low and last in _adjectives()):
            return K.MODIFIER
        if low.endswith("ly"):
            return K.ADVERB
        if len(low) > 5 and low.endswith(tuple(words("adjectives", "suffix"))):
            return K.MODIFIER
        return K.NOUN

    def _kind(self, place: int) -> Kind:
        low, before, after = self.low[place], self._before(place), self._after(place)
        if (fixed := self.fixed.get(place)) is not None:
            verb = fixed is K.MEDIUM and self._is_finite(place, before, after)
            return K.VERB if verb else fixed
        kind = self._alone(place)
        if (closed := self._closed(place)) is not None:
            return self._closed_kind(place, closed, after)
        if kind is K.ADVERB:
            return kind
        first = place == 0 or self.kinds[-1] is K.STOP
        name = self.names and not first and self.tokens[place][0].isupper()
        if name and low not in words("adjectives", "nationality"):
            return K.NOUN
        if _DIGITS.fullmatch(low):
            return K.NOUN
        if kind is K.VERB:
            return self._participle(place, before, after)
        if kind is K.MODIFIER:
            return self._adjective(place, before, after)
        return K.VERB if self._is_finite(place, before, after) else K.NOUN

    def _closed_kind(self, place: int, closed: Kind, after: Kind) -> Kind:
        """What a word of a closed class is here; a few of them are more than one thing."""
        low, before = self.low[place], self._before(place)
        if low in words("closed", "particle") and after is K.PREPOSITION:
            return K.ADVERB
        if low in ("look", "looks", "back") and before in _OPEN:
            return K.NOUN
        return K.PRONOUN if low == "that" and before is K.NOUN else closed

    def _participle(self, place: int, before: Kind, after: Kind) -> Kind:
        """``glowing`` in ``with glowing eyes`` tells of a noun; in ``man holding hands`` it has one."""
        low = self.low[place]
        if low.endswith("ing") and "-" not in low:
            if self.low[place + 1 : place + 2] == ["of"] and before in _OPEN:
                return K.NOUN
            if before is K.PREPOSITION and after in (K.PREPOSITION, *_ENDS):
                return K.NOUN
            attributive = before in _OPEN
        else:
            attributive = before in (*_OPEN, K.NOUN, K.AND, *_ENDS)
        return K.MODIFIER if attributive and after in _NOUNISH else K.VERB

    def _adjective(self, place: int, before: Kind, after: Kind) -> Kind:
        low, previous = self.low[place], self.low[place - 1] if place else ""
        if after in _NOUNISH or before is K.AUXILIARY:
            return K.MODIFIER
        if low in words("adjectives", "colour") and previous == "in":
            return K.NOUN
        if low not in words("adjectives", "either") or before is K.VERB:
            return K.MODIFIER
        pair = after is K.AND or (after is K.BREAK and before in (K.DETERMINER, K.PREPOSITION))
        return K.MODIFIER if pair and self._after(place, 2) is K.MODIFIER else K.NOUN

    def _is_finite(self, place: int, before: Kind, after: Kind) -> bool:
        """Whether a word that is no participle is a verb here."""
        low = self.low[place]
        if any(one in words("nouns") for one in singulars(low)):
            return low.endswith("ing") and before is K.NOUN and after in _OBJECT
        base = low in words("verbs", "verb")
        if before is K.AUXILIARY or (base and place and self.low[place - 1] == "to"):
            return base or low in words("verbs", "past")
        if before not in (K.NOUN, K.PRONOUN, K.VERB) or not place:
            return False
        subject = self._subject(place)
        plural = subject.endswith(_PLURALS) and not subject.endswith("ss")
        if low in third_persons():
            vague = any(one in words("verbs", "noun-like") for one in singulars(low))
            return not vague or (not plural and after not in (K.NOUN, K.MODIFIER, K.VERB))
        if low in words("verbs", "past") or (base and (plural or before is K.PRONOUN)):
            return True
        return after in _OBJECT and (low.endswith("s") != plural)

    def _subject(self, place: int) -> str:
        """The nearest noun before a word."""
        found = (self.low[at] for at in range(place - 1, -1, -1) if self.kinds[at] is K.NOUN)
        return next(found, "")


def _adjectives() -> frozenset[str]:
    return words("adjectives") - words("adjectives", "suffix")


_OPEN = (K.DETERMINER, K.MODIFIER, K.PREPOSITION, K.NUMBER)
"""What stands before a noun that is still to come."""
_NOUNISH = (K.NOUN, K.MODIFIER, K.MEDIUM)
_OBJECT = (K.DETERMINER, K.PRONOUN)
_PLURALS = ("s", "men", "people", "children", "police", "cattle")
