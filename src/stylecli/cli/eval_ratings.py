"""``stylecli eval ratings``: what people say of outputs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from stylecli.cli.console import note, out, print_text
from stylecli.cli.parameters import JsonOption
from stylecli.cli.run_places import place_with
from stylecli.errors import UsageError
from stylecli.evaluation.rating.answers import RESULTS

if TYPE_CHECKING:
    from stylecli.evaluation.rating.doubts import LeftOut
    from stylecli.evaluation.rating.ratings import Ratings
    from stylecli.evaluation.result import Evaluation

HELP = (
    "Say what people's answers come to, beside the figures.\n\n"
    "Preferences become strengths (Bradley-Terry) and shares, scores means and a best step, real-or-fake the share of "
    "outputs that deceived; each with its interval, with how far raters agree, and with how far SC, CR and the other "
    "figures say what people say. With a report, ratings.json is written into it, and report.md and report.html are "
    "written anew with a section of it.\n\n"
    "stylecli eval ratings out/"
)
RECORD = "eval.json"
_ASK = "Ask people first: stylecli eval rate REPORT."


def ratings(
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="REPORT|RUN|FILE…",
            help="A report's folder or a training run, and files of answers: of stylecli eval rate, or saved by "
            "its static page. Without a report the answers are taken by themselves. A folder with a report "
            "or answers comes before a run of its name.",
        ),
    ],
    names: Annotated[
        bool, typer.Option("--names", help="Show the raters by name, a row for each.")
    ] = False,
    keep_report: Annotated[
        bool, typer.Option("--keep-report", help="Only show; leave the report's files as they are.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what people's answers come to; see `stylecli.evaluation.rating.ratings`."""
    from stylecli.evaluation.rating.joined import joined
    from stylecli.evaluation.rating.ratings import ratings_of
    from stylecli.evaluation.rating.reading import read_answers
    from stylecli.evaluation.report.record import read_evaluation
    from stylecli.evaluation.report.with_ratings import ratings_json, write_with_ratings

    given = _sorted_out(places)
    evaluation = read_evaluation(given.report / RECORD) if given.report else None
    answers = read_answers(*given.files)
    found = joined(answers, evaluation)
    result = ratings_of(found.observed, found.left_out, evaluation, names)
    # Real pictures alone, of whatever reference, say nothing of outputs.
    if not result.pictures:
        raise _nothing(given, len(answers.standing), found.left_out)
    written = None
    if given.report is not None and evaluation is not None and not keep_report:
        written = write_with_ratings(given.report, evaluation, result)
    if as_json:
        print_text(ratings_json(result))
        return
    _show(result, evaluation)
    if written is None:
        return
    if written.missing:
        note(
            f"{written.missing} pictures of the report are gone: their names stand in their places."
        )
    out().print(f"Report: {written.files[-1]}", markup=False)


class _Given(NamedTuple):
    """What was typed: a report's folder, or None, and files of answers."""

    report: Path | None
    files: list[Path]


def _sorted_out(places: list[str]) -> _Given:
    reports: list[Path] = []
    files: list[Path] = []
    for each in places:
        place = _found(each)
        if place.name == RECORD or (place / RECORD).is_file():
            reports.append(place if place.is_dir() else place.parent)
        else:
            files.append(place / RESULTS if place.is_dir() else place)
    # One report by two names is one.
    reports = list({each.resolve(): each for each in reversed(reports)}.values())[::-1]
    if len(reports) > 1:
        raise UsageError(
            "Two reports are given; answers are joined to the pictures of one.",
            "Give one report, and any number of files of answers.",
        )
    report = reports[0] if reports else None
    own = report / RESULTS if report else None
    if own and own.is_file() and own.resolve() not in [file.resolve() for file in files]:
        files = [own, *files]
    if not files:
        raise UsageError(f"{report}: no answers in it yet ({RESULTS}), and no file is given.", _ASK)
    return _Given(report, files)


def _found(place: str) -> Path:
    """A file of answers, or the folder of a report or a training run, by its name too.

    Raises:
        UsageError: A folder without answers or a report, or no such run.
    """
    path = Path(place).expanduser()
    if (path.suffix and not os.path.isdir(path)) or os.path.isfile(path):
        return path
    return place_with(
        place,
        lambda each: (each / RECORD).is_file() or (each / RESULTS).is_file(),
        f"neither a report ({RECORD}) nor answers ({RESULTS})",
        "Give the folder that stylecli eval --report wrote, or a file of answers.",
    )


def _nothing(given: _Given, answers: int, left_out: LeftOut) -> UsageError:
    read = ", ".join(str(file) for file in given.files)
    if answers > 0 == left_out.strangers:
        return UsageError(
            f"{read}: only real pictures were judged so far; nobody said anything of an output.",
            "Go on with stylecli eval rate.",
        )
    if answers and given.report:
        return UsageError(
            f"None of the {answers} answers is about an output of {given.report}.",
            "Give the report that was rated; if its pictures were painted anew, ask again.",
        )
    if left_out.unreadable:
        lines = f"{left_out.unreadable} line{'' if left_out.unreadable == 1 else 's'}"
        return UsageError(
            f"{read}: no answers that stand; {lines} cannot be read.",
            "They are cut off, or hold values that stylecli does not write; docs/ratings.md shows a line.",
        )
    return UsageError(f"{read}: no answers that stand.", _ASK)


def _show(result: Ratings, evaluation: Evaluation | None) -> None:
    from stylecli.cli.ratings_table import print_ratings

    print_ratings(result, evaluation)
