"""Whose code failed: stylecli's own, or a plugin's."""

from __future__ import annotations

import traceback
from types import FrameType

from stylecli.errors import StylecliError, told
from stylecli.plugin import Plugin
from stylecli.registry import load_registry


def meant(leaving: SystemExit) -> bool:
    """Whether the program ends as it should, for which nobody else may end it.

    Typer ends every command so, and Rich where nobody reads on: ``stylecli eval --help | head``.
    """
    frames = [frame for frame, _ in traceback.walk_tb(leaving.__traceback__)]
    return _top(frames[-1]) in ("typer", "click", "rich")


def unexpected(problem: BaseException) -> StylecliError:
    """What to say of an exception that nobody expected.

    Of the code on the way to it, the innermost that is stylecli's or a plugin's is taken for the cause.
    """
    said = told(problem)
    try:
        plugins = load_registry().plugins
    except StylecliError:
        plugins = ()
    owner = _owner(problem, [each for each in plugins if not each.source.first_party])
    if owner is None:
        return StylecliError(
            f"Something unexpected failed: {said}",
            "Run it again with --debug to see where, and please report it.",
        )
    source = owner.source
    return StylecliError(
        f"The plugin {source.name} ({source.package}) failed: {said}",
        f"Run it again with --debug to see where, and please report it to the authors of {source.distribution}.",
    )


def _owner(problem: BaseException, plugins: list[Plugin]) -> Plugin | None:
    tops = {plugin.source.module.partition(":")[0].partition(".")[0]: plugin for plugin in plugins}
    for frame, _ in reversed(list(traceback.walk_tb(problem.__traceback__))):
        top = _top(frame)
        if top in tops:
            return tops[top]
        if top == "stylecli":
            return None
    return None


def _top(frame: FrameType) -> str:
    """The package that runs in a frame."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
