"""What the doctor found, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stylecli.errors import StylecliError

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: What it belongs to: "libraries", "device", "folders", …
        name: What was looked at, such as "torch".
        text: What was found, in a few words.
        state: "ok"; "note" for what is worth knowing, or keeps from something special; "problem" for
            what keeps from training, repainting or generating.
        fix: What to type, or else to do; "" where nothing need be done.
        values: The same for programs: numbers, strings, lists, mappings.
    """

    topic: str
    name: str
    text: str
    state: State = "ok"
    fix: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def first_line(problem: BaseException) -> str:
    """The first line of what an exception says, with its kind where it is none of ours."""
    if isinstance(problem, StylecliError):
        return problem.message.rstrip(".")
    said = (str(problem).strip().splitlines() or [""])[0][:200]
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__
