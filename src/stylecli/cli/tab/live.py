"""What changes from minute to minute, and so is looked up at every TAB: styles and runs."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from typing import Any

from stylecli.places import Places

SUFFIX = ".safetensors"
RUN = "run.json"


def styles(menu: dict[str, Any]) -> dict[str, str]:
    """The files of the styles that the library lists, by name; the user's hide ready ones."""
    found: dict[str, str] = {}
    for folder in (*reversed(menu["ready"]), str(Places.default().styles)):
        for name in _names(folder):
            if name.endswith(SUFFIX) and not name.startswith("."):
                found[name.removesuffix(SUFFIX)] = os.path.join(folder, name)
    return dict(sorted(found.items()))


def runs() -> Iterable[str]:
    """The folders of training runs."""
    folder = str(Places.default().runs)
    return [name for name in _names(folder) if os.path.exists(os.path.join(folder, name, RUN))]


def method_of_style(path: str) -> str | None:
    """The method that a style file names, as far as its first bytes say; None where in doubt."""
    # Whoever opens a pipe waits for somebody to write.
    if not os.path.isfile(path):
        return None
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError), open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length < os.stat(path).st_size:
            return str(json.loads(file.read(length))["__metadata__"]["stylecli.method"])
    return None


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
