"""The menu on the disk, and whether it still is the program's.

Imports nothing that is not needed: a TAB waits for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from binascii import crc32
from pathlib import Path
from typing import Any

from stylecli.places import Places

RESTRICTION = "STYLECLI_PLUGINS"
LATER = "later"
"""Marks the entry of a command whose options are not drawn yet."""


def kept_menu() -> dict[str, Any]:
    """The menu as it was kept, drawn anew where anything that it was drawn from has changed.

    Raises:
        UsageError: As `stylecli.cli.tab.menu.draw_menu`.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = dict(json.loads(_path().read_text(encoding="utf-8")))
        if kept["program"] and _is_current(kept["drawn_from"]):
            return kept
    from stylecli.cli.tab.menu import draw_menu

    return _keep(draw_menu())


def whole_command(menu: dict[str, Any], name: str) -> dict[str, Any]:
    """The entry of a command; a plugin's is drawn, and kept with the menu, when it is first asked for."""
    node: dict[str, Any] = menu["program"]["commands"][name]
    if node.pop(LATER, False):
        from stylecli.cli.tab.menu import draw_added

        node |= draw_added(name) or {}
        _keep(menu)
    return node


def _path() -> Path:
    # Several environments of one user have one cache.
    return Places.default().cache / f"tab-{crc32(sys.prefix.encode()):08x}.json"


def _keep(menu: dict[str, Any]) -> dict[str, Any]:
    from stylecli.errors import StylecliError
    from stylecli.files import write_text_whole

    now = _drawn_from()
    # What was drawn earlier was drawn from the files as they were then.
    menu["drawn_from"] = now | {"files": now["files"] | menu.get("drawn_from", now)["files"]}
    # Where it cannot be kept, it is drawn again next time.
    with contextlib.suppress(StylecliError):
        write_text_whole(_path(), json.dumps(menu))
    return menu


def _where() -> list[Any]:
    """Which Python looks where, for which plugins."""
    return [sys.version, sys.path, os.environ.get(RESTRICTION)]


def _is_current(drawn_from: dict[str, Any]) -> bool:
    if drawn_from["where"] != _where():
        return False
    return all(_state(path) == state for path, state in drawn_from["files"].items())


def _drawn_from() -> dict[str, Any]:
    """The state of what a menu is drawn from.

    A plugin that comes, goes or is updated changes a folder that Python looks in; the modules of
    stylecli and of the plugins, those that failed too, change when they are edited.
    """
    import re

    from stylecli.plugin import installed_sources

    paths = [path or os.curdir for path in sys.path]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "stylecli" and getattr(module, "__file__", None):
            paths.append(str(module.__file__))
    for package in {re.split("[.:]", source.module)[0] for source in installed_sources()}:
        paths += _modules(package)
    return {"where": _where(), "files": {path: _state(path) for path in paths}}


def _modules(package: str) -> list[str]:
    """The files of a package's modules, and of those of the packages in it."""
    from glob import escape, glob
    from importlib.util import find_spec

    try:
        found = find_spec(package)
    # A plugin that failed may have left half a module behind.
    except (ImportError, ValueError):
        found = None
    if found is None:
        return []
    folders = found.submodule_search_locations or ()
    paths = [str(found.origin)]
    for folder in folders:
        paths += glob(f"{escape(folder)}/**/*.py", recursive=True)
    return paths


def _state(path: str) -> list[int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size]
