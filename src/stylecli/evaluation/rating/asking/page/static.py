"""The page as one file: with its pictures inside, without a server, answers in the browser."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from stylecli.evaluation.rating.asking.page.document import rating_page
from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.questions import Question
from stylecli.evaluation.rating.asking.shown import shown
from stylecli.evaluation.rating.reading import sealed
from stylecli.progress import Event, Progress

_DIGITS = 16


def static_page(
    questions: Sequence[Question], book: PictureBook, rater: str, progress: Progress
) -> str:
    """A page that asks everybody who opens it the same questions, and exports what they answer.

    Whose the pictures are is in it for the export, packed so that it cannot be read in passing.

    Args:
        questions: What it asks.
        book: The pictures.
        rater: The name to begin with; "" to ask for one.
        progress: Hears of every question.

    Raises:
        StylecliError: A picture cannot be read.
    """
    asked = []
    pictures: dict[str, str] = {}
    for done, question in enumerate(questions):
        progress(Event("packing pictures", done, len(questions)))
        told = shown(book, question)
        photo = told["photo"]
        for leaf in (*told["pictures"], *told["references"], *([photo] if photo else [])):
            if leaf["id"] not in pictures:
                pictures[leaf["id"]] = _inside(book.jpeg(leaf["id"]) or b"")
        asked.append({**told, "sealed": sealed(question.known())})
    progress(Event("packing pictures", len(questions), len(questions)))
    page = hashlib.sha256("\n".join(question.id for question in questions).encode()).hexdigest()
    setup = {
        "rater": rater,
        "total": len(asked),
        "page": page[:_DIGITS],
        "questions": asked,
        "pictures": pictures,
    }
    return rating_page(setup, served=False)


def _inside(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
