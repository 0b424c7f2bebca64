"""The checks of a plugin itself: that it loads, and quickly; and of the sub-commands that it adds."""

from __future__ import annotations

from functools import partial

from stylecli.command import Command, build
from stylecli.plugin import SLOW, Plugin
from stylecli.testing.checks import Check, Nonconformance
from stylecli.testing.describing import check_name_and_summary
from stylecli.testing.watching import captured


def plugin_checks(plugin: Plugin) -> list[Check]:
    """The checks of a plugin that was loaded, or could not be.

    Args:
        plugin: Of a `stylecli.registry.Registry`.
    """
    return [Check(name, says, partial(run, plugin)) for name, says, run in _PLUGIN]


def command_checks(command: Command) -> list[Check]:
    """The checks of a sub-command; it is loaded, not run."""
    return [Check(name, says, partial(run, command)) for name, says, run in _COMMAND]


def _loads(plugin: Plugin) -> None:
    if plugin.failure:
        raise Nonconformance(
            f"It is left out: {plugin.failure}", "It is imported, and its hooks give what they say."
        )
    if not plugin.hooks:
        raise Nonconformance(
            "It implements no hook.",
            "Functions marked with @stylecli.hookimpl; see docs/plugins/.",
        )
    if plugin.printed:
        raise Nonconformance(
            f"It prints {plugin.printed!r} when it is loaded.",
            "It is loaded with every command and TAB, and says nothing of that.",
        )


def _light(plugin: Plugin) -> None:
    contract = "Every --help and TAB waits for it: import such modules inside functions."
    if plugin.heavy:
        raise Nonconformance(f"It imports {', '.join(plugin.heavy)} when it is loaded.", contract)
    if plugin.seconds > SLOW:
        raise Nonconformance(f"It takes {plugin.seconds:.1f} s to load.", contract)


def _described(command: Command) -> None:
    check_name_and_summary(command)


def _is_built(command: Command) -> None:
    with captured() as output:
        build(command, command.summary)
    if output.text.strip():
        raise Nonconformance("Loading it prints something.", "It prints when it runs.")


_PLUGIN = (
    ("loads", "it is imported, and its hooks give what they say", _loads),
    ("light", "nobody waits for it", _light),
)
_COMMAND = (
    ("described", "name and summary are usable", _described),
    ("builds", "there is a program behind it", _is_built),
)
