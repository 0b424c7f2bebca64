"""What people say, put into a report that is there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylecli.evaluation.rating.ratings import Ratings
from stylecli.evaluation.report.kept_pictures import kept_pictures
from stylecli.evaluation.report.markdown import markdown_of
from stylecli.evaluation.report.page.document import page_of
from stylecli.evaluation.report.wording import encodable
from stylecli.evaluation.result import Evaluation
from stylecli.files import write_folder_whole

RATINGS = "ratings.json"
FILES = (RATINGS, "report.md", "report.html")
"""The files that are written, in this order."""


@dataclass(frozen=True)
class Rewritten:
    """A report with what people say in it.

    Attributes:
        files: The files that were written.
        missing: How many of the page's pictures are gone; their names stand in their places.
    """

    files: tuple[Path, ...]
    missing: int


def ratings_json(ratings: Ratings) -> str:
    """Ratings as indented JSON."""
    from pydantic import TypeAdapter

    plain: Any = TypeAdapter(Ratings).dump_python(ratings, mode="json")
    return encodable(json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def write_with_ratings(folder: Path, evaluation: Evaluation, ratings: Ratings) -> Rewritten:
    """Write ``ratings.json``, and the report anew with what people say.

    The page is made as ever, of the evaluation and of the pictures that its former page and its folder
    hold. All files are on the disk before the first takes its place.

    Raises:
        StylecliError: The folder is read-only or the disk is full.
    """
    kept = kept_pictures(folder, evaluation)
    page = page_of(evaluation, kept.gallery, ratings, kept.thumbnails)
    texts = ratings_json(ratings), markdown_of(evaluation, ratings), page
    encoded = [encodable(text).encode() for text in texts]
    write_folder_whole(folder, dict(zip(FILES, encoded, strict=True)))
    return Rewritten(tuple(folder / name for name in FILES), page.count('class="unreadable"'))
