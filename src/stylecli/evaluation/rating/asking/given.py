"""What a page sends, read as an answer."""

from __future__ import annotations

from typing import Any

from stylecli.evaluation.rating.answers import LEAST, MOST
from stylecli.evaluation.rating.asking.questions import Kind

# Whoever went for lunch did not look at the pictures all the time.
_MOST_SECONDS = 3600.0


class Refused(Exception):
    """What a page sent is no answer to anything that was asked."""


def said(kind: Kind, value: Any) -> dict[str, Any]:
    """What a line of the file says that the rater did.

    Raises:
        Refused: It is no answer to a question of this kind.
    """
    if kind == "choice" and value in ("left", "right", "tie"):
        return {"chosen": value}
    if kind == "score" and type(value) is int and LEAST <= value <= MOST:
        return {"score": value}
    if kind == "real" and value in ("real", "fake"):
        return {"said": value}
    raise Refused("This is no answer to the question.")


def seconds_looked(value: Any) -> float | None:
    """How long the pictures were looked at; None where that is not told, or cannot be so."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # NaN is not between them either.
    return round(float(value), 1) if 0 <= value <= _MOST_SECONDS else None
