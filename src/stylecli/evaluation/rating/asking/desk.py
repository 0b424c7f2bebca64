"""Where raters sit down: who is asked what next, and what they answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stylecli.evaluation.rating.answers import Verdict, digests_of
from stylecli.evaluation.rating.asking.given import Refused, said, seconds_looked
from stylecli.evaluation.rating.asking.keeping import AnswerFile
from stylecli.evaluation.rating.asking.material import Material
from stylecli.evaluation.rating.asking.picture_book import PictureBook, Unreadable
from stylecli.evaluation.rating.asking.questions import Kind, Question, questions_for
from stylecli.evaluation.rating.asking.shown import shown
from stylecli.evaluation.rating.names import name_key, rater_name
from stylecli.progress import Event, Progress

_NOTHING_LEFT = "No picture is left that can be shown; the terminal of stylecli says why. What you answered is kept."


@dataclass(frozen=True)
class Kept:
    """What is kept.

    Attributes:
        given: How many answers each of those gave who answered since the start; without what they took back.
        in_file: How many stand in the file, of everybody and every day.
    """

    given: Mapping[str, int]
    in_file: int


class Desk:
    """Asks any number of raters at once; may be called by any thread.

    Args:
        material: What is asked about.
        kinds: Of questions.
        count: How many at most each rater is asked.
        seed: Of everything random.
        file: Where answers go, and where those of earlier days are.
        book: The pictures.
        progress: Hears of pictures that cannot be shown.
    """

    def __init__(
        self,
        material: Material,
        kinds: Sequence[Kind],
        count: int,
        seed: int,
        file: AnswerFile,
        book: PictureBook,
        progress: Progress,
    ) -> None:
        self._material = material
        self._report = material.report
        self._asking: Callable[[str], tuple[Question, ...]] = lambda rater: questions_for(
            material, kinds, count, seed, rater
        )
        self._file = file
        self._book = book
        self._progress = progress
        self._lock = threading.RLock()
        # In the order in which they were answered, so that the last one can be taken back.
        self._answered: dict[str, dict[str, None]] = {}
        for answer in file.before.standing:
            self._answered.setdefault(answer.rater, {})[answer.question] = None
        self._questions: dict[str, tuple[Question, ...]] = {}
        self._broken: set[Path] = set()
        # What was answered since the start, of everybody who was.
        self._given: dict[str, set[str]] = {}

    def known(self, name: str) -> str:
        """A rater's name as it stands in the file: one is the same in capitals.

        Raises:
            Refused: No name, or too long a one.
        """
        try:
            plain = rater_name(name)
        except ValueError as problem:
            raise Refused(str(problem)) from problem
        with self._lock:
            everyone = [*self._answered, *self._questions]
            return next((each for each in everyone if name_key(each) == name_key(plain)), plain)

    def state(self, name: str) -> dict[str, Any]:
        """Where a rater is: what is asked next, and how far that is.

        Raises:
            Refused: As `known`, or no picture is left that can be shown.
            OutOfReach: The pictures are gone for now.
        """
        rater = self.known(name)
        with self._lock:
            while True:
                try:
                    return self._state(rater)
                except Unreadable as problem:
                    self.leave_out(problem)

    def answer(self, name: str, question: str, value: Any, seconds: Any) -> dict[str, Any]:
        """Keep an answer; one to a question that is answered already changes nothing.

        Args:
            name: The rater's.
            question: The question's id, as `state` told it.
            value: "left", "right" or "tie"; 1 to 10; "real" or "fake".
            seconds: How long the pictures were looked at, or None.

        Returns:
            The `state` after it.

        Raises:
            Refused: No such question, or no answer to it.
            OutOfReach: It was kept, and the next pictures are gone for now.
            StylecliError: It could not be kept.
        """
        rater = self.known(name)
        with self._lock:
            asked = next(
                (each for each in self._asked(rater) if self._book.hidden(each.id) == question),
                None,
            )
            if asked is None:
                raise Refused("This question is not asked.")
            answer = said(asked.kind, value)
            answered = self._answered.setdefault(rater, {})
            # A page that did not hear back sends its answer again.
            if asked.id not in answered:
                self._start(rater)
                self._file.add(
                    {
                        "kind": asked.kind,
                        "rater": rater,
                        "at": _now(),
                        "question": asked.id,
                        **asked.known(),
                        **answer,
                        "seconds": seconds_looked(seconds),
                    }
                )
                answered[asked.id] = None
                self._given[rater].add(asked.id)
            return self.state(rater)

    def undo(self, name: str) -> dict[str, Any]:
        """Take the last answer back; gives the `state` after it.

        Raises:
            Refused: As `known`.
            OutOfReach: It was kept, and the pictures are gone for now.
            StylecliError: It could not be kept.
        """
        rater = self.known(name)
        with self._lock:
            answered = self._answered.get(rater, {})
            asked = {question.id for question in self._asked(rater)}
            last = next((each for each in reversed(answered) if each in asked), None)
            if last is not None:
                self._start(rater)
                self._file.add({"kind": "withdraw", "rater": rater, "at": _now(), "question": last})
                del answered[last]
                self._given[rater].discard(last)
            return self.state(rater)

    def leave_out(self, problem: Unreadable) -> None:
        """Ask no more about a picture that cannot be shown, and say so once."""
        with self._lock:
            if problem.picture.path in self._broken:
                return
            self._broken.add(problem.picture.path)
        text = f"{problem.message} Nobody is asked about it any more."
        self._progress(Event("rating", message=text, level="warning"))

    def kept(self) -> Kept:
        """What is in the file now; what is gone from it is put back first.

        Raises:
            StylecliError: The file was deleted or changed, and it cannot be put back.
        """
        with self._lock:
            if not self._given:
                return Kept({}, len(self._file.before.standing))
            self._file.put_back()
            given = {rater: len(self._given[rater]) for rater in sorted(self._given)}
            return Kept(given, len(self._file.standing()))

    def strange(self) -> int:
        """How many answers in the file are about pictures that are not asked about here.

        Real pictures belong to whatever aims at their reference, whether it is given this time or not.
        """
        here = {each.digest for each in self._material.pictures}
        targets = {each.target for each in self._material.pictures}
        return sum(
            not here.issuperset(digests_of(each))
            for each in self._file.before.standing
            if not (isinstance(each, Verdict) and each.entry is None and each.target in targets)
        )

    def _state(self, rater: str) -> dict[str, Any]:
        asked = self._asked(rater)
        if not asked:
            raise Refused(_NOTHING_LEFT)
        answered = self._answered.get(rater, {})
        rest = [question for question in asked if question.id not in answered]
        told = None
        if rest:
            # An id of a question is made of what is in eval.json, from which its sides could be told.
            told = {**shown(self._book, rest[0]), "id": self._book.hidden(rest[0].id)}
        return {
            "rater": rater,
            "done": len(asked) - len(rest),
            "total": len(asked),
            "question": told,
            "ahead": [leaf.id for each in rest[1:2] for leaf in self._book.judged(each)],
        }

    def _asked(self, rater: str) -> list[Question]:
        if rater not in self._questions:
            self._questions[rater] = self._asking(rater)
        return [
            question
            for question in self._questions[rater]
            if self._broken.isdisjoint(picture.path for picture in question.pictures)
        ]

    def _start(self, rater: str) -> None:
        if rater not in self._given:
            self._file.add({"kind": "start", "rater": rater, "at": _now(), "report": self._report})
            self._given[rater] = set()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
