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


def build(command: Command, help_text: str) -> Any:
    """Load a sub-command and make what runs it, one of Typer's own commands.

    Raises:
        TypeError: There is no function behind it.
        ValueError: It declares ``--debug``, which is the program's and would not get to it.
        Exception: Whatever its own code raises.
    """
    parent = typer.Typer(
        add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
    )
    loaded = command.load()
    made: Any
    if isinstance(loaded, typer.Typer):
        parent.add_typer(loaded, name=command.name, help=help_text)
        made = typer.main.get_command(parent)
        made = made.commands[command.name]
    elif not callable(loaded):
        raise TypeError(f"load() gave {loaded!r}, which is no function and no typer.Typer")
    else:
        parent.command(command.name, help=help_text)(loaded)
        made = typer.main.get_command(parent)
    if "--debug" in _flags(made):
        raise ValueError("it declares --debug, which stylecli itself has")
    return made


def _flags(command: Any) -> set[str]:
    """What the options of a command, and of those inside it, are typed as."""
    own = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
    return own.union(*map(_flags, getattr(command, "commands", {}).values()))


RESERVED = (
    *("caption", "train", "transfer", "generate", "eval", "demo", "doctor"),
    *("styles", "bases", "plugins"),
)
"""Names of stylecli's own commands."""
