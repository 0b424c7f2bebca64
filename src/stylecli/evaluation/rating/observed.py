"""What counts of the answers: each told by the entry and the photo that its pictures are of."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

T = TypeVar("T", bound=Hashable)
Kind = Literal["choice", "score", "real"]


@dataclass(frozen=True)
class Shown:
    """A picture that was judged.

    Attributes:
        entry: Whose output it is; "" for a real picture of the reference.
        target: The style that it aims at, or "" where nobody said.
        digest: SHA-256 of its file.
        photo: What it is a picture of: its content picture's name, else its digest.
    """

    entry: str
    target: str
    digest: str
    photo: str

    @property
    def key(self) -> tuple[str, str]:
        """Which picture it is: two entries may have the same bytes."""
        return self.entry, self.digest


@dataclass(frozen=True)
class Choice:
    """Which of two was preferred; `won` is what the left one got of it: 1, 0, or 0.5 of a tie."""

    rater: str
    left: Shown
    right: Shown
    won: float


@dataclass(frozen=True)
class Score:
    """How good a picture is, 1 to 10."""

    rater: str
    picture: Shown
    step: int | None
    score: float


@dataclass(frozen=True)
class Verdict:
    """Whether a picture was said to be real."""

    rater: str
    picture: Shown
    real: bool


@dataclass(frozen=True)
class Repeat:
    """A question that one rater was asked twice: how far apart the answers are, 0 = the same."""

    kind: Kind
    rater: str
    gap: float


@dataclass(frozen=True)
class Observed:
    """All that counts.

    Attributes:
        choices: Without those that repeat a question.
        scores: Likewise.
        verdicts: Likewise.
        repeats: Of all three kinds.
    """

    choices: tuple[Choice, ...] = ()
    scores: tuple[Score, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    repeats: tuple[Repeat, ...] = ()

    @property
    def raters(self) -> tuple[str, ...]:
        """The names of all who said something that counts."""
        names = {choice.rater for choice in self.choices}
        names |= {score.rater for score in self.scores}
        return tuple(sorted(names | {verdict.rater for verdict in self.verdicts}))


def numbered(names: Sequence[T]) -> dict[T, int]:
    """An index for each different name, or thing, in the order in which they come."""
    return {name: index for index, name in enumerate(dict.fromkeys(names))}
