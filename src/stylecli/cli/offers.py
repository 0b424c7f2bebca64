"""Kinds of names that TAB offers as an option's values; `stylecli.cli.tab` knows what they are."""

from __future__ import annotations

from collections.abc import Callable

MARK = "\0"
"""Begins what stands for a kind of names; nothing that is typed does."""


def offering(kind: str) -> Callable[[], list[str]]:
    """Say of an option or argument what its values are: ``autocompletion=offering("styles")``.

    Args:
        kind: "styles" or "runs", which are looked up; "methods", "captioners", "bases", "metrics",
            "weights", "plugins" or "protocols"; "presets" or "ablations" of the method. With a comma behind
            it for an option that takes several at once.
    """
    return lambda: [MARK + kind]
