"""What one plugin adds: asked for and checked before anything of it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pluggy

from stylecli import hookspecs
from stylecli.bases.spec import BaseSpec
from stylecli.captioner import Captioner
from stylecli.command import Command
from stylecli.errors import did_you_mean
from stylecli.hookspecs import PROJECT
from stylecli.method import Method
from stylecli.metric import Metric
from stylecli.registration_checks import (
    check_base,
    check_captioner,
    check_command,
    check_method,
    check_metric,
)


@dataclass(frozen=True)
class Kind:
    """One kind of thing that plugins add.

    Attributes:
        name: What messages call it.
        hook: The hook that gives such things.
        type: Their class.
        check: Raises where one lacks something, or has what cannot be.
    """

    name: str
    hook: str
    type: type[Any]
    check: Callable[[Any], None]


def collect(plugin: ModuleType) -> dict[str, dict[str, Any]]:
    """Ask one plugin for everything it adds, before anything of it is registered.

    A manager of its own keeps registration all or nothing: pluggy leaves half of a plugin behind
    when its registration fails.

    Returns:
        What it adds by name, by kind.

    Raises:
        TypeError: A hook gives what is no such thing, or one that lacks something.
        ValueError: One has a name or the like that cannot be; two of a kind have one name.
        Exception: Whatever the plugin itself raises.
    """
    manager = _manager_of(plugin)
    added: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        items = added.setdefault(kind.name, {})
        for item in _flattened(kind.hook, getattr(manager.hook, kind.hook)()):
            if not isinstance(item, kind.type):
                raise TypeError(f"{kind.hook} gave {item!r}, which is no {kind.type.__name__}")
            kind.check(item)
            if item.name in items:
                raise ValueError(f"{item.name!r} is offered twice")
            items[item.name] = item
    return added


def implemented(plugin: ModuleType) -> tuple[str, ...]:
    """Names of the hooks that a plugin implements."""
    callers = _manager_of(plugin).get_hookcallers(plugin) or ()
    return tuple(caller.name for caller in callers)


def _manager_of(plugin: ModuleType) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    known = [kind.hook for kind in KINDS]
    for name in dir(plugin):
        if name not in known and manager.parse_hookimpl_opts(plugin, name) is not None:
            raise TypeError(f"there is no hook {name!r}. {did_you_mean(name, known) or ''}".strip())
    return manager


def _flattened(hook: str, results: Iterable[Any]) -> list[Any]:
    items = []
    for result in results:
        if isinstance(result, str) or not isinstance(result, Iterable | None):
            raise TypeError(f"{hook} gave {result!r}; it gives a list")
        items += list(result or ())
    return items


KINDS = (
    Kind("method", "stylecli_methods", Method, check_method),
    Kind("base", "stylecli_bases", BaseSpec, check_base),
    Kind("captioner", "stylecli_captioners", Captioner, check_captioner),
    Kind("metric", "stylecli_metrics", Metric, check_metric),
    Kind("command", "stylecli_commands", Command, check_command),
)
