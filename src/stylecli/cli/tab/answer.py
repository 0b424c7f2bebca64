"""The answer to a TAB."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence
from typing import Any

from stylecli.cli.tab.kept import LATER, kept_menu, whole_command
from stylecli.cli.tab.line import Line, Node
from stylecli.cli.tab.live import method_of_style, runs, styles
from stylecli.cli.tab.shells import SHELLS
from stylecli.cli.typed import BASE, CAPTIONER, METHOD, STYLE, all_typed, last_typed

Offers = list[tuple[str, str]]
"""Words with what each is, or ""."""


def answer(shell: str) -> int:
    """Print what a shell's script asks for in its environment variables.

    Returns:
        The exit code; for fish 1 also says that files may be offered.
    """
    if shell not in SHELLS:
        sys.stderr.write(f"Shell {shell} not supported.\n")
        return 1
    asked = SHELLS[shell]
    # Whatever is wrong is told when the command is run, and so is what plugins print; here it would
    # litter the line being typed.
    nowhere = io.StringIO()
    try:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            words, incomplete = asked.words()
            found = offers(kept_menu(), words, incomplete, asked.splits_at_equals)
    except BaseException:
        return 1
    text, code = asked.told(found)
    sys.stdout.write(text)
    return code


def offers(menu: dict[str, Any], words: Sequence[str], incomplete: str, split: bool) -> Offers:
    """What may stand in place of the word that is being typed; nothing where it is a file.

    Args:
        menu: See `stylecli.cli.tab.menu.draw_menu`.
        words: What was typed before, without the program's name.
        incomplete: What there is of the word.
        split: Whether the shell takes what stands behind ``=`` for a word of its own.
    """

    def variant(name: str, node: Node, rest: Sequence[str]) -> Node:
        if LATER in node:
            return whole_command(menu, name)
        if "variants" not in node:
            return node
        found = node["variants"]
        return dict(found.get(_about(menu, name, rest)) or found.get(_default(menu, name)) or node)

    line = Line(menu["program"], words, variant)
    flag, equals, value = incomplete.partition("=")
    if line.lost:
        return []
    if line.pending is not None:
        return _plain(_values(menu, line, line.pending, incomplete, words))
    if not line.ended and incomplete.startswith("-"):
        option = line.option(flag)
        if not equals:
            return _flags(line, incomplete)
        found = _values(menu, line, option, value, words) if option else []
        return _plain(found if split else [f"{flag}={each}" for each in found])
    if "commands" in line.node:
        commands = line.node["commands"].items()
        return [(name, each["help"]) for name, each in commands if name.startswith(incomplete)]
    argument = line.argument()
    return _plain(_values(menu, line, argument, incomplete, words)) if argument else []


def _flags(line: Line, incomplete: str) -> Offers:
    return [
        (flag, option["help"])
        for option in line.node["options"]
        if option["repeats"] or not line.used.intersection(option["flags"])
        for flag in option["flags"]
        if flag.startswith(incomplete)
    ]


def _values(
    menu: dict[str, Any], line: Line, param: Node, incomplete: str, words: Sequence[str]
) -> list[str]:
    values = param["values"]
    if values is None:
        return []
    if isinstance(values, str):
        from stylecli.cli.tab.asking import ask

        return ask(words, line, param, incomplete)
    begun = ""
    if isinstance(values, dict) and "several" in values:
        begun, comma, _ = incomplete.rpartition(",")
        begun += comma
        several = values["several"]
        names = menu["names"][several] if isinstance(several, str) else several
        values = [name for name in names if name not in begun.split(",")]
    elif isinstance(values, dict):
        kind = values["kind"]
        live = {"styles": lambda: styles(menu), "runs": runs}
        values = live[kind]() if kind in live else menu["names"][kind]
    return [begun + name for name in values if (begun + name).startswith(incomplete)]


def _plain(names: Sequence[str]) -> Offers:
    return [(name, "") for name in names]


def _default(menu: dict[str, Any], name: str) -> str:
    return str(menu["default"]["captioner" if name == "caption" else "method"])


def _about(menu: dict[str, Any], name: str, rest: Sequence[str]) -> str:
    """The method or captioner that a command line is about, as `method_commands.chosen_for` finds it."""
    if not any(word.startswith("--config") for word in rest):
        if name in ("caption", "train"):
            chosen = last_typed(rest, CAPTIONER if name == "caption" else METHOD)
            if chosen or name == "caption":
                return chosen or _default(menu, name)
        elif given := all_typed(rest, STYLE):
            file = styles(menu).get(given[0].partition(":")[0])
            method = method_of_style(file) if file else None
            if method in menu["families"]["methods"]:
                return str(method)
        base = last_typed(rest, BASE)
        if name == "train" or not all_typed(rest, STYLE):
            if base is None:
                return _default(menu, name)
            if base in menu["families"]["bases"]:
                return _suiting(menu, name, str(menu["families"]["bases"][base]))
    from stylecli.cli.tab.asking import chosen_name

    return chosen_name(name, rest) or _default(menu, name)


def _suiting(menu: dict[str, Any], name: str, family: str) -> str:
    known = menu["families"]["methods"]
    order = [_default(menu, name), *known]
    return str(next((each for each in order if family in known.get(each, ())), order[0]))
