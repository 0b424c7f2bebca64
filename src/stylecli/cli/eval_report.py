"""Where the report of ``stylecli eval`` goes, and what is said of it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.cli.console import note, out, print_text
from stylecli.errors import Cancelled, UsageError
from stylecli.styles.style import suggested_name

if TYPE_CHECKING:
    from stylecli.evaluation.evaluate import Evaluated
    from stylecli.evaluation.result import Evaluation


def check_report(report: Path, overwrite: bool) -> None:
    """Refuse a place for the report before anything is painted.

    Raises:
        UsageError: It is no folder that can be written, or holds a report and `overwrite` is not set.
    """
    from stylecli.evaluation.report.with_ratings import RATINGS
    from stylecli.evaluation.report.writing import FILES

    place = next(each for each in (report, *report.absolute().parents) if each.exists())
    if not place.is_dir():
        what = "is a file, not a folder" if place == report else f"{place} is a file"
        raise UsageError(f"--report {report}: {what}.")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(f"--report {report}: {place} is read-only for you.")
    for name in (*FILES, RATINGS):
        if (report / name).is_dir():
            raise UsageError(f"--report {report}: {name} in it is a folder.")
    there = [name for name in (*FILES, RATINGS) if (report / name).exists()]
    if there and not overwrite:
        raise UsageError(
            f"--report {report}: already holds {', '.join(there)}.",
            "Replace the report with --overwrite (pictures made in the same way are kept), or choose another folder.",
        )


@contextmanager
def told_when_stopped(report: Path | None) -> Iterator[None]:
    """Say what is kept of an evaluation that is stopped inside."""
    try:
        yield
    except Cancelled as stopped:
        hint = "What was measured is kept; pictures that were painted are only with --report."
        if report is not None:
            hint = "Run the same command again to go on: what was painted and measured is kept."
        raise Cancelled("The evaluation was stopped.", hint) from stopped


def report_on(
    found: Evaluated, report: Path | None, as_json: bool, checkpoints: str | None
) -> None:
    """Write the report where one was asked for, and show the figures.

    What people say of a report that was there before goes with it; their answers stay.

    Raises:
        StylecliError: The folder cannot be written.
    """
    from stylecli.cli.eval_table import print_evaluation
    from stylecli.evaluation.rating.answers import RESULTS
    from stylecli.evaluation.report.record import json_of
    from stylecli.evaluation.report.with_ratings import RATINGS
    from stylecli.evaluation.report.writing import write_report

    files = write_report(report, found.evaluation, found.gallery) if report is not None else []
    rated = report is not None and (report / RATINGS).is_file()
    if report is not None and rated:
        # It is about the report that was there before; the answers that it came of are kept.
        (report / RATINGS).unlink(missing_ok=True)
    if as_json:
        print_text(json_of(found.evaluation))
    else:
        print_evaluation(found.evaluation)
        if checkpoints:
            _tell_step(found.evaluation, checkpoints)
        for path in files:
            if path.suffix == ".html":
                out().print(f"Report: {path}", markup=False)
    if report is None:
        return
    again = f"stylecli eval ratings {shlex.quote(str(report))}"
    if (report / RESULTS).is_file():
        note(
            f"People's answers are in {report / RESULTS}. Put what they say into this report: {again}"
        )
    elif rated:
        note(
            f"What people say was in the former report. Put it into this one: {again} FILE…, with their answers"
        )


def _tell_step(evaluation: Evaluation, run: str) -> None:
    """How to use the best checkpoint."""
    from stylecli.cli.eval_checkpoints import checkpoint_files
    from stylecli.evaluation.report.wording import prompts_of

    best = evaluation.best_step
    if best is None:
        return
    path = checkpoint_files(run)[best.step]
    quoted = shlex.quote(str(path))
    use = 'generate "a boat"' if prompts_of(evaluation) else "transfer photo.jpg"
    out().print(f"Use it: stylecli {use} --style {quoted}", markup=False)
    name = suggested_name(path.stem)
    out().print(f"Keep it: stylecli styles import {quoted} --name {name}", markup=False)
