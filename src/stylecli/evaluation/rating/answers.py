"""What people answered, line by line: written by ``stylecli eval rate``, read by ``stylecli eval ratings``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA = "stylecli-rating/1"
LEAST, MOST = 1, 10
RESULTS = "ratings.jsonl"
"""The file of answers in a report's folder."""

Side = Literal["left", "right"]
Chosen = Literal["left", "right", "tie"]
Said = Literal["real", "fake"]


@dataclass(frozen=True)
class Output:
    """A picture of an entry.

    Attributes:
        entry: The entry's name.
        output: The file's name.
        digest: SHA-256 of the file, in hex.
    """

    entry: str
    output: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What every answer says.

    Attributes:
        rater: Who answered, by the name that was given.
        question: The question's id: the same id, the same pictures.
        at: ISO 8601 time; "" where it is not known.
        target: The reference that the pictures aim at; "" where they have none in common.
        content: Name of the content picture; "" where there is none.
        repeat_of: Id of the question that this one asks again, or None.
        seconds: How long the pictures were looked at, or None.
    """

    rater: str
    question: str
    at: str = ""
    target: str = ""
    content: str = ""
    repeat_of: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Choice(Answer):
    """Which of two outputs of one photo is the better."""

    left: Output
    right: Output
    chosen: Chosen


@dataclass(frozen=True, kw_only=True)
class Score(Answer):
    """How good an output is: `score` is 1 to 10, `step` the checkpoint's or None."""

    entry: str
    step: int | None = None
    output: str
    digest: str
    score: int

    def __post_init__(self) -> None:
        if not LEAST <= self.score <= MOST:
            raise ValueError(f"score {self.score} is not {LEAST} to {MOST}")


@dataclass(frozen=True, kw_only=True)
class Verdict(Answer):
    """Whether a picture was taken for a real one: `entry` is None where it was one of the reference."""

    entry: str | None
    output: str
    digest: str
    said: Said


@dataclass(frozen=True)
class Withdrawal:
    """A rater took an answer back; `at` is when, as of an answer."""

    rater: str
    question: str
    at: str = ""


@dataclass(frozen=True)
class Start:
    """A rater began: `report` is the SHA-256 of the ``eval.json`` of the pictures, or ""."""

    rater: str
    report: str = ""


Line = Choice | Score | Verdict | Withdrawal | Start
KINDS: Mapping[str, type[Any]] = {
    "choice": Choice,
    "score": Score,
    "real": Verdict,
    "withdraw": Withdrawal,
    "start": Start,
}
"""What a line is, by its ``kind``."""


def digests_of(answer: Answer) -> tuple[str, ...]:
    """The hashes of the pictures that an answer is about."""
    if isinstance(answer, Choice):
        return (answer.left.digest, answer.right.digest)
    return (answer.digest,) if isinstance(answer, (Score, Verdict)) else ()
