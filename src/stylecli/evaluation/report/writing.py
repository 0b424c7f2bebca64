"""The files of a report."""

from __future__ import annotations

from pathlib import Path

from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.report.markdown import markdown_of
from stylecli.evaluation.report.page.document import page_of
from stylecli.evaluation.report.record import json_of
from stylecli.evaluation.report.table import csv_of
from stylecli.evaluation.report.wording import encodable
from stylecli.evaluation.result import Evaluation
from stylecli.files import write_folder_whole

FILES = ("eval.json", "per_image.csv", "report.md", "report.html")
"""The files of a report, in the order in which they are written."""


def write_report(folder: Path, evaluation: Evaluation, gallery: Gallery) -> list[Path]:
    """Write all `FILES` of a report into a folder.

    All four are on the disk before the first takes its place. A picture that cannot be read any more
    is named on the page in its place.

    Args:
        folder: Where; it is made where it is missing, and files of these names are replaced.
        evaluation: What was found.
        gallery: Where its picture files are.

    Returns:
        The files, in the order of `FILES`.

    Raises:
        StylecliError: The folder is read-only or the disk is full.
    """
    texts = (
        json_of(evaluation),
        csv_of(evaluation),
        markdown_of(evaluation),
        page_of(evaluation, gallery),
    )
    encoded = [encodable(text).encode() for text in texts]
    write_folder_whole(folder, dict(zip(FILES, encoded, strict=True)))
    return [folder / name for name in FILES]
