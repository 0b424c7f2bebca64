"""A question as a page is told it: words, and pictures under ids that say nothing."""

from __future__ import annotations

from typing import Any

from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.questions import Question

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
_REAL = "Is this by the artist{}, or made by a machine?"


def shown(book: PictureBook, question: Question) -> dict[str, Any]:
    """A question without anything that says whose the pictures are.

    Real or fake names the reference, which both have in common; not the prompt, which real pictures have none of.
    """
    photo, references = book.beside(question)
    return {
        "id": question.id,
        "kind": question.kind,
        "words": _words(question, photo is not None, bool(references)),
        "prompt": "" if question.kind == "real" else question.prompt,
        "pictures": [leaf.plain() for leaf in book.judged(question)],
        "photo": None if photo is None else photo.plain(),
        "references": [leaf.plain() for leaf in references],
    }


def _words(question: Question, photo: bool, references: bool) -> str:
    if question.kind == "real":
        return _REAL.format(f" ({question.target})" if question.target else "")
    return (_CHOICE if question.kind == "choice" else _SCORE)[photo, references]
