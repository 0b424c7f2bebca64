"""Answers joined to the pictures of an evaluation, by the pictures' hashes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from stylecli.evaluation.rating import answers as said
from stylecli.evaluation.rating.doubts import LeftOut
from stylecli.evaluation.rating.observed import (
    Choice,
    Kind,
    Observed,
    Repeat,
    Score,
    Shown,
    Verdict,
)
from stylecli.evaluation.rating.reading import Answers
from stylecli.evaluation.result import Evaluation

_WON = {"left": 1.0, "tie": 0.5, "right": 0.0}


@dataclass(frozen=True)
class Joined:
    """What counts, and how much does not."""

    observed: Observed
    left_out: LeftOut


def joined(answers: Answers, evaluation: Evaluation | None) -> Joined:
    """Find the pictures that answers are about.

    Answers about pictures that the evaluation does not hold are left out and counted: the file was
    made for another report, or the picture was painted anew. Questions that repeat another are kept
    apart, for how steady the raters are.

    Args:
        answers: As they stand.
        evaluation: What the pictures were measured in; None takes every answer at its word.
    """
    album = _Album(evaluation) if evaluation is not None else None
    choices: list[Choice] = []
    scores: list[Score] = []
    verdicts: list[Verdict] = []
    first: dict[tuple[str, str], _Judged] = {}
    again: list[tuple[str, str, _Judged]] = []
    strangers = 0
    for answer in answers.standing:
        judged = _judged(answer, album)
        if judged is None:
            strangers += 1
            continue
        if answer.repeat_of is not None:
            again.append((answer.rater, answer.repeat_of, judged))
            continue
        first[answer.rater, answer.question] = judged
        if isinstance(judged, Choice):
            choices.append(judged)
        elif isinstance(judged, Score):
            scores.append(judged)
        else:
            verdicts.append(judged)
    repeats = [
        repeat
        for rater, question, judged in again
        if (before := first.get((rater, question))) is not None
        and (repeat := _repeat(before, judged)) is not None
    ]
    observed = Observed(tuple(choices), tuple(scores), tuple(verdicts), tuple(repeats))
    withdrawn = answers.withdrawn + answers.replaced
    return Joined(observed, LeftOut(strangers, answers.unreadable, answers.twice, withdrawn))


_Judged = Choice | Score | Verdict


class _Album:
    """The pictures of an evaluation by their hashes."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.references = {known.name for known in evaluation.references}
        self.steps = {entry.name: entry.step for entry in evaluation.entries}
        self._pictures: dict[str, dict[str, Shown]] = {}
        for entry in evaluation.entries:
            for row in entry.pictures:
                shown = Shown(entry.name, entry.target, row.digest, row.content or row.digest)
                self._pictures.setdefault(row.digest, {})[entry.name] = shown

    def find(self, digest: str, entry: str) -> Shown | None:
        """A picture by its hash; the entry's name decides where several have the same picture."""
        found: Mapping[str, Shown] = self._pictures.get(digest, {})
        if entry in found:
            return found[entry]
        return next(iter(found.values())) if len(found) == 1 else None


def _judged(answer: said.Answer, album: _Album | None) -> _Judged | None:
    if isinstance(answer, said.Choice):
        left = _shown(answer, answer.left.entry, answer.left.digest, album)
        right = _shown(answer, answer.right.entry, answer.right.digest, album)
        if left is None or right is None or left.entry == right.entry:
            return None
        return Choice(answer.rater, left, right, _WON[answer.chosen])
    if isinstance(answer, said.Score):
        picture = _shown(answer, answer.entry, answer.digest, album)
        if picture is None:
            return None
        step = album.steps[picture.entry] if album else answer.step
        return Score(answer.rater, picture, step, float(answer.score))
    if not isinstance(answer, said.Verdict):
        return None
    if answer.entry is None:
        if album and answer.target not in album.references:
            return None
        real: Shown | None = Shown("", answer.target, answer.digest, answer.digest)
    else:
        real = _shown(answer, answer.entry, answer.digest, album)
    return Verdict(answer.rater, real, answer.said == "real") if real else None


def _shown(answer: said.Answer, entry: str, digest: str, album: _Album | None) -> Shown | None:
    if album is not None:
        return album.find(digest, entry)
    return Shown(entry, answer.target, digest, answer.content or digest)


def _repeat(before: _Judged, again: _Judged) -> Repeat | None:
    """How far apart two answers to one question are; None where the pictures are not the same."""
    one, other = _said_of(before), _said_of(again)
    if type(before) is not type(again) or one.keys() != other.keys():
        return None
    kind: Kind = "real"
    if isinstance(before, (Choice, Score)):
        kind = "choice" if isinstance(before, Choice) else "score"
    return Repeat(kind, before.rater, max(abs(one[each] - other[each]) for each in one))


def _said_of(judged: _Judged) -> dict[Hashable, float]:
    """What was said of each picture: the sides may be changed."""
    if isinstance(judged, Choice):
        return {judged.left.key: judged.won, judged.right.key: 1 - judged.won}
    said_of = judged.score if isinstance(judged, Score) else float(judged.real)
    return {judged.picture.key: said_of}
