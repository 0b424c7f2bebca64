"""``stylecli eval rate --static``: the page as a file."""

from __future__ import annotations

import os
from pathlib import Path

from stylecli.cli.console import Reporter, human_size, note, out, print_json
from stylecli.cli.rating_material import Asked
from stylecli.errors import UsageError

_STATIC = {"longest": 800, "quality": 88}


def check_page(static: Path, overwrite: bool) -> None:
    """Check whether the page can be written there.

    Raises:
        UsageError: No name of a page, or what is there must not be replaced.
    """
    if static.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--static {static}: the page's name ends in .html.")
    if static.is_dir():
        raise UsageError(f"--static {static}: is a folder.")
    if static.exists() and not overwrite:
        raise UsageError(
            f"--static {static}: is there already.",
            "Replace it with --overwrite, or choose another name.",
        )
    if static.parent.exists() and not os.access(static.parent, os.W_OK | os.X_OK):
        raise UsageError(f"--static {static}: {static.parent} is read-only for you.")


def write_page(static: Path, asked: Asked, as_json: bool) -> None:
    """Write the page, and say what to do with it.

    Raises:
        StylecliError: A picture cannot be read, or the page not be written.
    """
    from stylecli.evaluation.rating.asking.page.static import static_page
    from stylecli.evaluation.rating.asking.picture_book import PictureBook
    from stylecli.evaluation.rating.asking.questions import questions_for
    from stylecli.files import write_text_whole

    questions = questions_for(asked.material, asked.kinds, asked.count, asked.seed, asked.rater)
    book = PictureBook(asked.material, asked.side, **_STATIC)
    with Reporter() as progress:
        page = static_page(questions, book, asked.rater, progress)
    write_text_whole(static, page)
    size = human_size(static.stat().st_size)
    if as_json:
        print_json(
            {"page": str(static), "questions": len(questions), "bytes": static.stat().st_size}
        )
        return
    out().print(f"Page: {static} ({len(questions)} questions, {size})", markup=False)
    note(
        "Send it to raters; each opens it, answers, and sends back the file that it saves. What these come to: "
        "stylecli eval ratings FILE…"
    )
