"""What the menu cannot say: here the program itself is asked, which takes longer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from stylecli.cli.method_commands import chosen_for
from stylecli.cli.program import app
from stylecli.cli.tab.line import Line, Node
from stylecli.cli.typed import CONFIG, last_typed
from stylecli.errors import StylecliError
from stylecli.registry import load_registry


def chosen_name(name: str, rest: Sequence[str]) -> str | None:
    """The method or captioner that a command line is about; None where the line is wrong."""
    given = last_typed(rest, CONFIG)
    try:
        return chosen_for(name, load_registry(), rest, Path(given) if given else None).name
    except StylecliError:
        return None


def ask(words: Sequence[str], line: Line, param: Node, incomplete: str) -> list[str]:
    """What the function of an option or argument offers for its value.

    Args:
        words: All that was typed before.
        line: Where that has led.
        param: The option or argument, from the menu.
        incomplete: What there is of its value.
    """
    command: Any = get_command(app)
    context: Any = typer.Context(command)
    rest = list(words)
    while hasattr(command, "resolve_command") and len(rest) > len(line.words):
        # Options of the program itself stand before the command.
        if rest[0].startswith("-"):
            rest = rest[1:]
            continue
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, list(rest), parent=context, resilient_parsing=True)
    found = [
        each for each in command.get_params(context) if set(each.opts) & set(param.get("flags", ()))
    ]
    if not found:
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        found = arguments[line.node["arguments"].index(param) :]
    return [str(item.value) for item in found[0].shell_complete(context, incomplete)]
