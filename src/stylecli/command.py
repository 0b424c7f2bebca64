"""The contract of a sub-command that a plugin adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer


@dataclass(frozen=True)
class Command:
    """A sub-command of the program: ``stylecli NAME``.

    Attributes:
        name: What the user types.
        summary: One line for ``--help``.
        load: Gives a `typer.Typer`, or a function whose parameters become options. Called when the
            command is about to run, to show its own help, or at the first TAB behind its name; not for
            ``--help`` of the program: what it needs is imported there.
    """

    name: str
    summary: str
    load: Callable[[], typer.Typer | Callable[..., Any]]


RESERVED = (
    *("caption", "train", "transfer", "generate", "eval", "demo", "doctor"),
    *("styles", "bases", "plugins"),
)
"""Names of stylecli's own commands."""
