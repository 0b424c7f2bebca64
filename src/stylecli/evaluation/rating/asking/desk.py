"""Where raters sit down: who is asked what next, and what they answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from stylecli.evaluation.rating.answers import LEAST, MOST, Verdict, digests_of
from stylecli.evaluation.rating.asking.keeping import AnswerFile
from stylecli.evaluation.rating.asking.material import Material, Picture
from stylecli.evaluation.rating.asking.picture_book import PictureBook, Unreadable
from stylecli.evaluation.rating.asking.questions import Kind, Question, questions_for
from stylecli.evaluation.rating.asking.shown import shown
from stylecli.evaluation.rating.names import name_key, rater_name
from stylecli.progress import Event, Progress

# Whoever went for lunch did not look at the pictures all the time.
_MOST_SECONDS = 3600.0


class Refused(Exception):
    """What a page sent is no answer to anything that was asked."""


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
        self._broken: set[Picture] = set()
        self._started: set[str] = set()

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
            Refused: As `known`.
        """
        rater = self.known(name)
        with self._lock:
            answered = self._answered.get(rater, {})
            asked = self._asked(rater)
            rest = [question for question in asked if question.id not in answered]
            ahead: list[str] = []
            try:
                told = shown(self._book, rest[0]) if rest else None
                if len(rest) > 1:
                    ahead = [leaf.id for leaf in self._book.judged(rest[1])]
            except Unreadable as problem:
                self.leave_out(problem)
                return self.state(rater)
            return {
                "rater": rater,
                "done": len(asked) - len(rest),
                "total": len(asked),
                "question": told,
                "ahead": ahead,
            }

    def answer(self, name: str, question: str, value: Any, seconds: Any) -> dict[str, Any]:
        """Keep an answer; one to a question that is answered already changes nothing.

        Args:
            name: The rater's.
            question: The question's id.
            value: "left", "right" or "tie"; 1 to 10; "real" or "fake".
            seconds: How long the pictures were looked at, or None.

        Returns:
            The `state` after it.

        Raises:
            Refused: No such question, or no answer to it.
            StylecliError: It could not be kept.
        """
        rater = self.known(name)
        with self._lock:
            asked = next((each for each in self._asked(rater) if each.id == question), None)
            if asked is None:
                raise Refused("This question is not asked.")
            said = _said(asked.kind, value)
            answered = self._answered.setdefault(rater, {})
            # A page that did not hear back sends its answer again.
            if question not in answered:
                self._start(rater)
                self._file.add(
                    {
                        "kind": asked.kind,
                        "rater": rater,
                        "at": _now(),
                        "question": question,
                        **asked.known(),
                        **said,
                        "seconds": _seconds(seconds),
                    }
                )
                answered[question] = None
            return self.state(rater)

    def undo(self, name: str) -> dict[str, Any]:
        """Take the last answer back; gives the `state` after it.

        Raises:
            Refused: As `known`.
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
            return self.state(rater)

    def leave_out(self, problem: Unreadable) -> None:
        """Ask no more about a picture that cannot be shown, and say so once."""
        with self._lock:
            if problem.picture in self._broken:
                return
            self._broken.add(problem.picture)
        text = f"{problem.message} Nobody is asked about it any more."
        self._progress(Event("rating", message=text, level="warning"))

    def kept(self) -> dict[str, int]:
        """How many answers are kept of each of those who answered since the start.

        Raises:
            StylecliError: The file was deleted or replaced, and they cannot be put back.
        """
        with self._lock:
            if self._started:
                self._file.put_back()
            return {rater: len(self._answered[rater]) for rater in sorted(self._started)}

    def strange(self) -> int:
        """How many answers in the file are about pictures that are not asked about here.

        Real pictures belong to whatever aims at their reference: without it they are not asked about.
        """
        here = {each.digest for each in (*self._material.pictures, *self._material.references)}
        targets = {each.target for each in self._material.pictures}
        return sum(
            not here.issuperset(digests_of(each))
            for each in self._file.before.standing
            if not (isinstance(each, Verdict) and each.entry is None and each.target in targets)
        )

    def _asked(self, rater: str) -> list[Question]:
        if rater not in self._questions:
            self._questions[rater] = self._asking(rater)
        return [
            question
            for question in self._questions[rater]
            if self._broken.isdisjoint(question.pictures)
        ]

    def _start(self, rater: str) -> None:
        if rater not in self._started:
            self._file.add({"kind": "start", "rater": rater, "at": _now(), "report": self._report})
            self._started.add(rater)


def _said(kind: Kind, value: Any) -> dict[str, Any]:
    if kind == "choice" and value in ("left", "right", "tie"):
        return {"chosen": value}
    if kind == "score" and type(value) is int and LEAST <= value <= MOST:
        return {"score": value}
    if kind == "real" and value in ("real", "fake"):
        return {"said": value}
    raise Refused("This is no answer to the question.")


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # NaN is not between them either.
    return round(float(value), 1) if 0 <= value <= _MOST_SECONDS else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
