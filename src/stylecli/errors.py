"""What can go wrong, said to the user: what was wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class StylecliError(Exception):
    """A failure that is explained to the user without a traceback (exit code 1).

    Args:
        message: What was wrong, naming the file or value.
        hint: What to do about it; shown on a line of its own.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(StylecliError):
    """The user asked for something that cannot be meant as it stands (exit code 2)."""

    exit_code = 2


class Cancelled(StylecliError):
    """The user stopped the work; what was reached is kept (exit code 130).

    Raised by a progress callback, which services call only where their state is whole.
    """

    exit_code = 130


def told(problem: BaseException) -> str:
    """An exception of anybody's code by its kind and what it says; saying it may fail, too."""
    kind = type(problem).__name__
    try:
        said = str(problem)
    except Exception:
        said = ""
    return f"{kind}: {said}" if said else kind


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Name the closest of the `known` names as a hint, or None where nothing is close."""
    matches = get_close_matches(name, list(known), n=3, cutoff=0.55)
    if not matches:
        return None
    return "Did you mean " + " or ".join(repr(match) for match in matches) + "?"
