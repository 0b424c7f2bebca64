"""Sub-commands that plugins add: listed without being loaded, and named where they fail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand

from stylecli.cli.console import escape
from stylecli.cli.parameters import tell_broken_plugins
from stylecli.command import Command, build
from stylecli.errors import StylecliError, told
from stylecli.plugin import installed_sources
from stylecli.registry import load_registry

# What a command raises to end, or to say that it was called wrongly.
_MEANT: tuple[type[BaseException], ...] = (
    StylecliError,
    typer.Exit,
    typer.Abort,
    KeyboardInterrupt,
    *typer.BadParameter.__bases__,
)


@dataclass(frozen=True)
class Added:
    """A command, and the package that adds it."""

    command: Command
    package: str


def added_commands(warned: bool = False) -> dict[str, Added]:
    """The commands of plugins, by name. No plugin is loaded where all are stylecli's own, which add none.

    Args:
        warned: Whether to warn of plugins that were left out: the command that is looked for may be
            one of theirs.

    Raises:
        StylecliError: With `warned`, what `load_registry` raises; else there are none then.
    """
    sources = installed_sources()
    if all(source.first_party for source in sources):
        return {}
    try:
        registry = load_registry(sources)
    except StylecliError:
        if warned:
            raise
        return {}
    if warned:
        tell_broken_plugins(registry)
    return {
        name: Added(registry.commands[name], plugin.source.package)
        for plugin in registry.plugins
        for name in plugin.adds.get("command", ())
    }


def listed(added: Added) -> TyperCommand:
    """What ``--help`` of the program shows of a command."""
    return TyperCommand(added.command.name, help=escape(added.command.summary))


def built(added: Added) -> Any:
    """A command to be run.

    Raises:
        StylecliError: It cannot be loaded; the message names it and its package.
    """
    try:
        made = build(added.command, escape(added.command.summary))
    except KeyboardInterrupt:
        raise
    # A plugin is anybody's code: whatever it raises is told as its own failure.
    except BaseException as problem:
        raise _failure(added, "could not be loaded", problem) from problem
    _guard(made, added)
    return made


def _guard(command: Any, added: Added) -> None:
    """Let what the functions behind a command raise be told as the plugin's failure."""
    if command.callback is not None:
        command.callback = _guarded(command.callback, added)
    for inner in getattr(command, "commands", {}).values():
        _guard(inner, added)


def _guarded(run: Callable[..., Any], added: Added) -> Callable[..., Any]:
    @functools.wraps(run)
    def guarded(*args: Any, **values: Any) -> Any:
        try:
            return run(*args, **values)
        except _MEANT:
            raise
        except SystemExit as leaving:
            # As Python has it: a number is the exit code, anything else the reason.
            if leaving.code is None or isinstance(leaving.code, int):
                raise typer.Exit(leaving.code or 0) from leaving
            raise StylecliError(str(leaving.code)) from leaving
        except BaseException as problem:
            raise _failure(added, "failed", problem) from problem

    return guarded


def _failure(added: Added, what: str, problem: BaseException) -> StylecliError:
    return StylecliError(
        f"The command {added.command.name!r} {what}: {told(problem)}",
        f"It comes from {added.package}, not from stylecli. With --debug you see where.",
    )
