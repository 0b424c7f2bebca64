"""The checks of a captioner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stylecli.captioner import Captioner, Captions, Subject
from stylecli.errors import StylecliError
from stylecli.options import Layer, resolve
from stylecli.progress import silent
from stylecli.testing.checks import Check, Nonconformance, NotApplicable, demand
from stylecli.testing.describing import check_name_and_summary
from stylecli.testing.method_declared import declared, survive
from stylecli.testing.pictures import smooth_picture
from stylecli.testing.session import package_folders
from stylecli.testing.watching import captured, watched
from stylecli.testing.written import OURS

_NAMES = ("claude-monet_water-lilies-1906", "IMG_0042", "paul-cezanne_the-bathers-1899", "étude")
_SIZES = ((96, 64), (64, 90), (96, 64), (40, 40))


def check_captioner(captioner: Captioner, options: Mapping[str, Any] | None = None) -> None:
    """Run all checks of a captioner; see `captioner_checks`.

    Raises:
        Nonconformance: With everything that is wrong.
    """
    demand(captioner_checks(captioner, options), f"Captioner {captioner.name!r}")


def captioner_checks(captioner: Captioner, options: Mapping[str, Any] | None = None) -> list[Check]:
    """The checks of a captioner; nothing is loaded before the first is run.

    Args:
        captioner: The captioner. Where it cannot be loaded here (its model must be fetched), what is
            said of pictures is not checked.
        options: Options that it needs, by name: a model's folder say.
    """
    table = _Table(captioner, options or {})
    return [Check(name, says, partial(run, table)) for name, says, run in _CHECKS]


class _Table:
    """A captioner and pictures, and what it said of them."""

    def __init__(self, captioner: Captioner, options: Mapping[str, Any]) -> None:
        self.captioner = captioner
        self.given = options

    @cached_property
    def folder(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(prefix=OURS)

    @cached_property
    def subjects(self) -> list[Subject]:
        """Four pictures, or their names alone."""
        place = Path(self.folder.name) / "pictures"
        place.mkdir()
        found = []
        for number, (name, size) in enumerate(zip(_NAMES, _SIZES, strict=True)):
            path, image = place / f"{name}.png", smooth_picture(number, size)
            image.save(path)
            found.append(Subject(path, image if self.captioner.reads_pictures else None))
        return found

    def load(self) -> Captions:
        """Make it ready."""
        kind = self.captioner.Options
        options = resolve(kind, [Layer("options=", self.given)]).options if kind else None
        try:
            return self.captioner.load(options, silent)
        except StylecliError as problem:
            raise NotApplicable(f"It cannot be loaded here: {problem.message}") from problem

    @cached_property
    def captions(self) -> Captions:
        """It, ready."""
        return self.load()

    @cached_property
    def said(self) -> list[str]:
        """Its captions of all pictures at once."""
        return self.of(self.subjects)

    def of(self, subjects: Sequence[Subject]) -> list[str]:
        """Its captions, one of each."""
        made = self.captions(subjects)
        if not isinstance(made, list | tuple) or len(made) != len(subjects):
            raise Nonconformance(
                f"It gave {made!r} for {len(subjects)} pictures.", "One caption for each picture."
            )
        return list(made)


def _described(table: _Table) -> None:
    check_name_and_summary(table.captioner)
    if table.captioner.Options is not None:
        declared(table.captioner.Options, "caption")
        survive(table.captioner.Options)


def _texts(table: _Table) -> None:
    for caption in table.said:
        if not isinstance(caption, str) or any(ord(letter) < 32 for letter in caption):
            raise Nonconformance(
                f"It gave {caption!r}.",
                "A caption is plain text on one line; '' where it has nothing to say.",
            )


def _order(table: _Table) -> None:
    backwards = table.of(list(reversed(table.subjects)))
    if list(reversed(backwards)) != table.said:
        raise Nonconformance(
            f"In another order it says {backwards}, not {table.said} from behind.",
            "The same picture gets the same caption, in the pictures' order.",
        )


def _batches(table: _Table) -> None:
    alone = [table.of([subject])[0] for subject in table.subjects]
    if alone != table.said:
        raise Nonconformance(
            f"One by one it says {alone}, together {table.said}.",
            "The same picture gets the same caption, whatever its neighbours in the batch.",
        )


def _repeatable(table: _Table) -> None:
    said = table.said
    table.captions = table.load()
    again = table.of(table.subjects)
    if again != said:
        raise Nonconformance(
            f"Loaded anew it says {again}, not {said}.", "The same picture gets the same caption."
        )


def _leaves_alone(table: _Table) -> None:
    before = [subject.image.tobytes() if subject.image else b"" for subject in table.subjects]
    root = Path(table.folder.name) / "around"
    precious = {"the pictures": Path(table.folder.name) / "pictures"}
    precious |= package_folders(type(table.captioner))
    with watched(root, precious) as strays, captured() as output:
        table.captions = table.load()
        table.of(table.subjects)
    if output.text.strip():
        raise Nonconformance(
            f"It printed {output.text.strip().splitlines()[0][:120]!r}.",
            "Print nothing: progress(Event(…)) says it.",
        )
    if strays.files:
        raise Nonconformance(
            f"It wrote {', '.join(strays.files[:3])}.", "What is written is stylecli's."
        )
    if before != [subject.image.tobytes() if subject.image else b"" for subject in table.subjects]:
        raise Nonconformance("It changed a picture.", "A picture may be used again: copy it first.")


_CHECKS = (
    ("described", "name, summary and options are usable", _described),
    ("captions", "one line of text for each picture", _texts),
    ("order", "captions follow the pictures' order", _order),
    ("batches", "a caption does not depend on the neighbours", _batches),
    ("repeatable", "the same picture gets the same caption", _repeatable),
    ("quiet", "it prints nothing, writes nothing, changes no picture", _leaves_alone),
)
