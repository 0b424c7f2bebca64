"""``stylecli eval rate``: a local page on which people judge pictures."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from stylecli.cli.console import warn
from stylecli.cli.offers import offering
from stylecli.cli.parameters import JsonOption, OverwriteOption, SeedOption
from stylecli.errors import UsageError

if TYPE_CHECKING:
    from stylecli.cli.rating_material import Asked

HELP = (
    "Let people judge pictures on a local page: choices between two, scores, real or fake.\n\n"
    "Names of styles, methods and steps are hidden, order and sides are random, one choice in ten is asked again. "
    "Every answer is on the disk at once; who closes the page goes on where they were, under the same name. What "
    "answers come to: stylecli eval ratings.\n\n"
    "stylecli eval rate out/"
)
PAGE = "Page"


def rate(
    folder: Annotated[
        Optional[str],  # noqa: UP045 - Typer reads it at run time
        typer.Argument(
            metavar="REPORT|RUN",
            help="A report of stylecli eval --report, or a training run with previews (train --save-every). A "
            "folder with a report or previews comes before a run of its name.",
            autocompletion=offering("runs"),
        ),
    ] = None,
    outputs: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--outputs",
            metavar="[NAME=]FOLDER",
            help="Pictures that anything else made of the photos, named after them. Repeatable. With a report: "
            "where those of its entries are that it did not paint.",
        ),
    ] = None,
    content: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--content", help="The folder of photos, which are shown above the outputs."),
    ] = None,
    reference: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--reference",
            metavar="[NAME=]FOLDER",
            help="Pictures in the style: three stand beside a question, and real-or-fake mixes them in. Repeatable.",
        ),
    ] = None,
    skip_unpaired: Annotated[
        bool, typer.Option("--skip-unpaired", help="Leave outputs out whose photo cannot be told.")
    ] = False,
    pair_by_order: Annotated[
        bool,
        typer.Option(
            "--pair-by-order",
            help="Where no name fits, pair outputs and photos in the order of their names.",
        ),
    ] = False,
    ask: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--ask",
            metavar="KIND[,KIND…]",
            help="choice: which of two outputs of one photo; score: 1 to 10; real: by the artist or a machine. "
            "Default: score for checkpoints and for one entry, else choice.",
        ),
    ] = None,
    questions: Annotated[
        int, typer.Option("--questions", min=1, max=10_000, help="For each rater, at most.")
    ] = 60,
    rater: Annotated[
        str,
        typer.Option("--rater", metavar="NAME", help="Who rates; else the page asks for a name."),
    ] = "",
    results: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--results",
            metavar="FILE",
            help="Where answers are added, one a line. Default: ratings.jsonl in the report or run, else here.",
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=0, max=65535, help="Of the address; 0 = any free.", rich_help_panel=PAGE
        ),
    ] = 0,
    no_open: Annotated[
        bool,
        typer.Option(
            "--no-open", help="Do not open the page in the browser.", rich_help_panel=PAGE
        ),
    ] = False,
    static: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--static",
            metavar="FILE.html",
            help="Write one page with the pictures inside, to be sent to raters; it exports their answers.",
            rich_help_panel=PAGE,
        ),
    ] = None,
    seed: SeedOption = 0,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let people judge pictures on a local page; see `stylecli.evaluation.rating`."""
    from stylecli.cli.rating_material import Asked, Given
    from stylecli.cli.rating_static import check_page, write_page
    from stylecli.evaluation.rating.answers import RESULTS
    from stylecli.evaluation.rating.asking.questions import read_kinds, remarks
    from stylecli.evaluation.rating.names import rater_name

    if static is not None and (results is not None or port or no_open):
        raise UsageError(
            "--static writes a page that needs no server and keeps answers in the browser.",
            "Leave out --results, --port and --no-open.",
        )
    if static is not None:
        check_page(static, overwrite)
    elif overwrite:
        raise UsageError(
            "--overwrite is for --static: answers are only ever added.",
            "To begin anew, choose another file with --results.",
        )
    if rater:
        try:
            rater = rater_name(rater)
        except ValueError as problem:
            raise UsageError(f"--rater: {problem}") from problem
    given = Given(
        folder,
        tuple(outputs or ()),
        content,
        tuple(reference or ()),
        skip_unpaired,
        pair_by_order,
    )
    place = given.place()
    material = given.material()
    kinds = read_kinds(ask, material)
    side = 0
    if "real" in kinds:
        from stylecli.evaluation.rating.asking.squares import comparable

        material, side = comparable(material)
    for text in (*material.notes, *remarks(ask, kinds, material)):
        warn(text)
    asked = Asked(material, kinds, side, questions, seed, rater)
    if static is not None:
        write_page(static, asked, as_json)
        return
    _serve(asked, results or (place or Path()) / RESULTS, place, port, not no_open, as_json)


def _serve(
    asked: Asked, results: Path, place: Path | None, port: int, opening: bool, as_json: bool
) -> None:
    from stylecli.cli.rating_session import hear, serve
    from stylecli.evaluation.rating.asking.desk import Desk
    from stylecli.evaluation.rating.asking.keeping import AnswerFile
    from stylecli.evaluation.rating.asking.page.document import rating_page
    from stylecli.evaluation.rating.asking.picture_book import PictureBook
    from stylecli.evaluation.rating.asking.questions import questions_for
    from stylecli.evaluation.rating.asking.server import RatingServer
    from stylecli.evaluation.report.wording import counted

    material, kinds, count, seed = asked.material, asked.kinds, asked.count, asked.seed
    with closing(AnswerFile(results)) as file:
        book = PictureBook(material, asked.side)
        desk = Desk(material, kinds, count, seed, file, book, hear)
        name = desk.known(asked.rater) if asked.rater else ""
        if unreadable := file.before.unreadable:
            warn(
                f"{results}: {counted(unreadable, 'line')} cannot be read, perhaps half-written in a crash; the other "
                "answers count, and new ones begin on a line of their own."
            )
        if strange := desk.strange():
            warn(
                f"{results}: {counted(strange, 'answer')} about other pictures, of another report or painted anew, "
                "in this file. For a file of its own: --results FILE."
            )
        total = len(questions_for(material, kinds, count, seed, name))
        page = rating_page({"rater": name, "total": total}, served=True)
        server = RatingServer(desk, book, page, port, hear)
        measured = bool(material.report)
        serve(server, desk, results, place, measured, name, opening=opening, as_json=as_json)
