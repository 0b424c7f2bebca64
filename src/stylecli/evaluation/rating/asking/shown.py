"""A question as a page is told it: words, and pictures under ids that say nothing."""

from __future__ import annotations

from typing import Any

from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.questions import Kind, Question

_CHOICE = {
    (True, True): "Which is the better repainting of the photo, in the style of these pictures?",
    (True, False): "Which is the better repainting of the photo?",
    (False, True): "Which is the better picture in the style of these?",
    (False, False): "Which is the better picture?",
}
_SCORE = {
    (True, True): "How good is this repainting of the photo, in the style of these pictures?",
    (True, False): "How good is this repainting of the photo?",
    (False, True): "How good is this picture, in the style of these?",
    (False, False): "How good is this picture?",
}
_REAL = "Is this by the artist, or made by a machine?"


def shown(book: PictureBook, question: Question) -> dict[str, Any]:
    """A question without anything that says whose the pictures are."""
    photo, references = book.beside(question)
    return {
        "id": question.id,
        "kind": question.kind,
        "words": _words(question.kind, photo is not None, bool(references)),
        "pictures": [leaf.plain() for leaf in book.judged(question)],
        "photo": None if photo is None else photo.plain(),
        "references": [leaf.plain() for leaf in references],
    }


def _words(kind: Kind, photo: bool, references: bool) -> str:
    if kind == "real":
        return _REAL
    return (_CHOICE if kind == "choice" else _SCORE)[photo, references]
