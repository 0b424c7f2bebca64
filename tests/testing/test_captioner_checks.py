"""Every check of a captioner can fail."""

from __future__ import annotations

import itertools
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer

import stylecli
from stylecli.testing import Nonconformance, captioner_checks, check_captioner, run_checks

# No folder that is looked through.
ELSEWHERE = tempfile.TemporaryDirectory(prefix="captioner-checks-")
NOTES = Path(ELSEWHERE.name) / "notes.txt"


@dataclass(frozen=True)
class Options:
    least: Annotated[int, typer.Option(min=0, max=255, help="Darker ones are gloomy.")] = 110


class Weather(stylecli.Captioner):
    """Keeps its contract."""

    name = "weather"
    summary = "bright or gloomy"
    Options = Options

    def load(self, options, progress):
        return lambda subjects: [self.one(subject, options) for subject in subjects]

    def one(self, subject, options):
        value = subject.image.convert("L").resize((1, 1)).getpixel((0, 0))
        return f"{'gloomy' if value < options.least else 'bright'} {value}"


class OddOptions(Weather):
    @dataclass(frozen=True)
    class Options:
        least: Annotated[int, typer.Option(min=200, help="x")] = 110


class TwoLines(Weather):
    def one(self, subject, options):
        return "bright\nand large"


class OneForAll(Weather):
    def load(self, options, progress):
        return lambda subjects: ["bright"]


class Numbered(Weather):
    def load(self, options, progress):
        return lambda subjects: [f"picture {number}" for number in range(len(subjects))]


class Crowded(Weather):
    def load(self, options, progress):
        return lambda subjects: [f"one of {len(subjects)}"] * len(subjects)


class Counting(Weather):
    loads = itertools.count()

    def load(self, options, progress):
        count = next(self.loads)
        return lambda subjects: [f"{count}"] * len(subjects)


class Chatty(Weather):
    def one(self, subject, options):
        sys.stdout.write("looking\n")
        return "bright"


class Noting(Weather):
    def one(self, subject, options):
        Path("notes.txt").write_text("bright")
        return "bright"


class NotingElsewhere(Weather):
    def one(self, subject, options):
        NOTES.write_text("bright")
        return "bright"


class Scribbling(Weather):
    def one(self, subject, options):
        subject.image.putpixel((0, 0), (1, 2, 3))
        return "bright"


CASES = [
    ("described", "its own default is refused", OddOptions),
    ("captions", "It gave 'bright\\nand large'", TwoLines),
    ("captions", "It gave ['bright'] for 4 pictures", OneForAll),
    ("order", "In another order it says", Numbered),
    ("batches", "One by one it says ['one of 1'", Crowded),
    ("repeatable", "Loaded anew it says", Counting),
    ("quiet", "It printed 'looking'", Chatty),
    ("quiet", "It wrote the working folder/notes.txt", Noting),
    ("quiet", f"It wrote {NOTES}.", NotingElsewhere),
    ("quiet", "It changed a picture", Scribbling),
]


def test_a_captioner_that_keeps_its_contract_passes():
    check_captioner(Weather())
    check_captioner(Weather(), {"least": 20})


@pytest.mark.parametrize(("name", "words", "kind"), CASES, ids=[each[2].__name__ for each in CASES])
def test_one_that_does_not_is_told_what_is_wrong(name, words, kind):
    (check,) = [each for each in captioner_checks(kind()) if each.name == name]
    with pytest.raises(Nonconformance) as caught:
        check()
    assert words in str(caught.value)


def test_every_check_has_been_seen_to_fail():
    assert {check.name for check in captioner_checks(Weather())} == {name for name, _, _ in CASES}


def test_one_whose_model_is_not_here_is_checked_as_far_as_it_goes():
    class Distant(Weather):
        def load(self, options, progress):
            raise stylecli.StylecliError("the hub cannot be reached")

    verdicts = list(run_checks(captioner_checks(Distant())))
    assert [each.check for each in verdicts if each.state == "passed"] == ["described"]
    assert {each.state for each in verdicts} == {"passed", "skipped"}
    assert verdicts[-1].reason == "It cannot be loaded here: the hub cannot be reached"


def test_one_that_reads_names_is_given_no_picture():
    class Namer(Weather):
        reads_pictures = False

        def one(self, subject, options):
            assert subject.image is None
            return subject.path.stem

    check_captioner(Namer())
