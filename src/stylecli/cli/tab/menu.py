"""The menu: every command with its options and what their values are, drawn from the program itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from stylecli.cli.method_commands import command_of
from stylecli.cli.offers import MARK
from stylecli.cli.parameters import DEFAULT_CAPTIONER, DEFAULT_METHOD
from stylecli.cli.plugin_commands import added_commands, built
from stylecli.cli.program import METHOD_COMMANDS, app
from stylecli.cli.tab.kept import LATER
from stylecli.evaluation.presets import PRESETS
from stylecli.method import Method
from stylecli.metric import declared_weights
from stylecli.opening import library
from stylecli.registry import Registry, load_registry

ASK = "ask"
"""Values that only the option's own function knows: it is asked when TAB is pressed."""


def draw_menu() -> dict[str, Any]:
    """Draw the menu, as plain JSON.

    Returns:
        ``program``: the tree of commands, each with ``help``, ``options``, ``arguments``, ``commands``
        and, where it is made for a method or captioner, ``variants`` by name; `LATER` stands at the
        command of a plugin, which is not loaded for this: see `draw_added`.
        ``names``: what there is by kind. ``families``: those of each method, and the one of each base.
        ``ready``: folders of ready styles. ``default``: the method and captioner where none is named.

    Raises:
        UsageError: ``STYLECLI_PLUGINS`` names a plugin that is not installed.
    """
    registry = load_registry()
    program = _node(get_command(app), None, registry)
    for name in added_commands():
        program["commands"][name][LATER] = True
    return {
        "program": program,
        "names": {
            "plugins": [plugin.source.name for plugin in registry.plugins],
            "methods": list(registry.methods),
            "captioners": list(registry.captioners),
            "bases": list(registry.bases),
            "metrics": list(registry.metrics),
            "weights": list(declared_weights(registry.metrics.values())),
            "protocols": list(PRESETS),
        },
        "families": {
            "methods": {name: sorted(method.families) for name, method in registry.methods.items()},
            "bases": {name: spec.family for name, spec in registry.bases.items()},
        },
        "ready": [str(folder) for folder in library(registry).ready_folders],
        "default": {"method": DEFAULT_METHOD, "captioner": DEFAULT_CAPTIONER},
    }


def draw_added(name: str) -> dict[str, Any] | None:
    """The entry of a plugin's command with all that is in it: the command is loaded, and so is what it imports.

    None where it cannot be loaded: that is told when it is run.
    """
    with _left_out_where_it_fails():
        return _node(built(added_commands()[name]), None, load_registry())
    return None


def _node(command: Any, chosen: Any, registry: Registry) -> dict[str, Any]:
    context = typer.Context(command)
    node: dict[str, Any] = {
        "help": _plain(command.get_short_help_str(150)),
        "options": [],
        "arguments": [],
    }
    for param in command.get_params(context):
        if getattr(param, "hidden", False):
            continue
        values = _values(param, context, chosen)
        if param.param_type_name == "argument":
            node["arguments"].append({"count": param.nargs, "values": values})
            continue
        node["options"].append(
            {
                "flags": [*param.opts, *param.secondary_opts],
                "help": _plain(param.help or ""),
                "takes": 0 if param.is_flag or param.count else param.nargs,
                "repeats": param.multiple,
                "values": values,
            }
        )
    if hasattr(command, "list_commands"):
        node["commands"] = {
            name: _command(name, sub, registry)
            for name in command.list_commands(context)
            if (sub := command.get_command(context, name)) is not None and not sub.hidden
        }
    return node


@contextlib.contextmanager
def _left_out_where_it_fails() -> Iterator[None]:
    """One plugin's options that cannot be drawn must not take the rest of the menu with them."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException:
        return


def _command(name: str, command: Any, registry: Registry) -> dict[str, Any]:
    node = _node(command, None, registry)
    if name not in METHOD_COMMANDS:
        return node
    node["variants"] = {}
    for chosen in (registry.captioners if name == "caption" else registry.methods).values():
        # A method that does not do this, or whose options clash, is told of when it is run.
        with _left_out_where_it_fails():
            made = command_of(name, registry, chosen)
            node["variants"][chosen.name] = _node(made, chosen, registry)
    return node


def _values(param: Any, context: Any, chosen: Any) -> Any:
    """What TAB offers for a value: names, a kind of names, `ASK`, or None for files."""
    own = getattr(param, "_custom_shell_complete", None) is not None
    try:
        found = [str(item.value) for item in param.shell_complete(context, "")]
    except KeyboardInterrupt:
        raise
    # A plugin's function may raise anything.
    except BaseException:
        return ASK
    if found and found[0].startswith(MARK):
        return _of_kind(found[0].removeprefix(MARK), chosen)
    # A file's type offers what was typed, which is nothing yet.
    return ASK if own else [name for name in found if name] or None


def _of_kind(kind: str, chosen: Any) -> Any:
    if kind == "presets":
        return list(chosen.presets) if isinstance(chosen, Method) else []
    if kind == "ablations,":
        names = [*chosen.ablations, "all"] if isinstance(chosen, Method) else []
        return {"several": names}
    if kind.endswith(","):
        return {"several": kind.removesuffix(",")}
    return {"kind": kind}


def _plain(text: str) -> str:
    """One line without Rich's markup."""
    from rich.errors import MarkupError
    from rich.text import Text

    with contextlib.suppress(MarkupError):
        text = Text.from_markup(text).plain
    return " ".join(text.split())
