"""The questions of a rater: the same for one seed and one name, balanced over entries and photos."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from stylecli.errors import UsageError
from stylecli.evaluation.rating.asking.material import Material, Picture
from stylecli.evaluation.rating.asking.orders import (
    Drawn,
    choices_in_order,
    real_and_fake_in_order,
    same_pictures,
)
from stylecli.evaluation.rating.asking.score_order import scores_in_order
from stylecli.evaluation.rating.names import name_key
from stylecli.evaluation.report.wording import counted

Kind = Literal["choice", "score", "real"]
# Real-or-fake comes first: beside the other questions stand pictures of the reference.
ORDER: tuple[Kind, ...] = ("real", "choice", "score")

_DIGITS = 6


@dataclass(frozen=True)
class Question:
    """A question.

    Attributes:
        id: The same for the same pictures in the same place; another for any other.
        kind: What is asked.
        pictures: The left and the right one of a choice, else one.
        repeat_of: Id of the question that this one asks again, or None.
    """

    id: str
    kind: Kind
    pictures: tuple[Picture, ...]
    repeat_of: str | None = None

    @property
    def target(self) -> str:
        """The reference that all of its pictures aim at, or ""."""
        targets = {each.target for each in self.pictures}
        return targets.pop() if len(targets) == 1 else ""

    @property
    def content(self) -> str:
        """Name of its content picture, or ""."""
        return self.pictures[0].content

    @property
    def prompt(self) -> str:
        """What its pictures were to show, where that is known and the same for all; else ""."""
        prompts = {each.prompt for each in self.pictures}
        return prompts.pop() if len(prompts) == 1 else ""

    def known(self) -> dict[str, Any]:
        """What an answer to it says beside what the rater did; see `stylecli.evaluation.rating.answers`."""
        told: dict[str, Any] = {"target": self.target, "repeat_of": self.repeat_of}
        if self.kind == "choice":
            left, right = (
                {"entry": each.entry, "output": each.output, "digest": each.digest}
                for each in self.pictures
            )
            return {**told, "content": self.content, "left": left, "right": right}
        (picture,) = self.pictures
        told |= {"entry": picture.entry, "output": picture.output, "digest": picture.digest}
        told |= {"content": picture.content}
        return {**told, "step": picture.step} if self.kind == "score" else told


def read_kinds(text: str | None, material: Material) -> tuple[Kind, ...]:
    """Read ``choice,score``; without it what suits: scores of checkpoints, else choices, else scores.

    Raises:
        UsageError: An unknown kind, or one that the material is not enough for.
    """
    if text is None:
        return ("score",) if _checkpoints(material) or why_no_choices(material) else ("choice",)
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in get_args(Kind)]
    if unknown or not names:
        raise UsageError(
            f"--ask {text}: no such question. There are: {', '.join(get_args(Kind))}.",
            "Several at once: --ask choice,score.",
        )
    if "choice" in names and (why := why_no_choices(material)):
        raise UsageError(why[0], f"{why[1]}, or ask for scores: --ask score.")
    if "real" in names and not material.references:
        raise UsageError(
            "Real-or-fake needs pictures of the style itself.", "Give them with --reference FOLDER."
        )
    return tuple(kind for kind in ORDER if kind in names)


def why_no_choices(material: Material) -> tuple[str, str] | None:
    """Why nobody can be asked to choose between two pictures, and what would help; None where they can."""
    if len(material.entries) < 2:
        return (
            f"A choice is between two entries; there is one, {material.entries[0]!r}.",
            "Give another",
        )
    if choices_in_order(material, 1, random.Random(0)):
        return None
    if same_pictures(material):
        return (
            "A choice is between two pictures; those that entries have of the same photo are the same to the byte.",
            "Give entries that differ",
        )
    return (
        "A choice is between two pictures of one photo; no two entries have a photo in common.",
        "Give the photos with --content FOLDER",
    )


def remarks(text: str | None, kinds: Sequence[Kind], material: Material) -> list[str]:
    """What whoever asks may not expect of the kinds that were read: scores in place of choices, pairs left out."""
    if "choice" in kinds:
        same = Counter(same_pictures(material))
        return [
            f"{counted(number, 'picture')} of {one} and {other} are the same to the byte: nobody is asked to choose "
            "between them."
            for (one, other), number in same.items()
        ]
    why = why_no_choices(material)
    if text is None and why and len(material.entries) > 1 and not _checkpoints(material):
        return [f"Scores are asked. {why[0]} {why[1]}."]
    return []


def questions_for(
    material: Material, kinds: Sequence[Kind], count: int, seed: int, rater: str
) -> tuple[Question, ...]:
    """The questions of a rater; with a greater `count` the same ones of each kind, and more.

    Args:
        material: What can be asked about.
        kinds: Of questions, in the order in which they are asked.
        count: How many at most, all kinds together.
        seed: Of everything random.
        rater: The name.
    """
    every = {}
    for kind in kinds:
        drawn = _DRAWING[kind](material, count, _source(seed, rater, kind))
        every[kind] = _numbered(kind, drawn)
    shares = _shares({kind: len(found) for kind, found in every.items()}, count)
    return tuple(question for kind in kinds for question in every[kind][: shares[kind]])


_DRAWING = {
    "choice": choices_in_order,
    "score": scores_in_order,
    "real": real_and_fake_in_order,
}


def _checkpoints(material: Material) -> bool:
    return all(each.step is not None for each in material.pictures)


def _source(seed: int, rater: str, kind: Kind) -> random.Random:
    text = f"{seed}\n{name_key(rater)}\n{kind}"
    return random.Random(hashlib.sha256(text.encode("utf-8", "backslashreplace")).digest())


def _numbered(kind: Kind, drawn: Sequence[Drawn]) -> list[Question]:
    found: list[Question] = []
    for number, each in enumerate(drawn, 1):
        # Of other pictures, or of another order, a question of this number has another id.
        told = "\n".join(f"{picture.entry}\n{picture.digest}" for picture in each.pictures)
        digest = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()
        again = None if each.repeats is None else found[each.repeats].id
        found.append(
            Question(f"{kind[0]}-{number:04d}-{digest[:_DIGITS]}", kind, each.pictures, again)
        )
    return found


def _shares(there: Mapping[Kind, int], count: int) -> dict[Kind, int]:
    """How many of each kind: as equal as what is there allows."""
    shares = dict.fromkeys(there, 0)
    while sum(shares.values()) < count:
        open_kinds = [kind for kind in there if shares[kind] < there[kind]]
        if not open_kinds:
            break
        shares[min(open_kinds, key=lambda kind: shares[kind])] += 1
    return shares
