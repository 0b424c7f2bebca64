"""The options that ``stylecli plugins check --config`` gives to what it checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stylecli.config import TABLES, read_config
from stylecli.errors import UsageError, did_you_mean
from stylecli.options import Layer, known_values, option_fields, resolve

Kinds = Mapping[str, Sequence[type]]
"""Classes of options by the command whose table of the file they are read from."""


class CheckOptions:
    """What a config file says, made sure of before anything is checked.

    Args:
        path: The file; None for none.
        kinds: The classes of all that is checked.

    Raises:
        UsageError: The file cannot be read, or it names an option that none of a table's classes has or
            gives one a value that cannot be.
    """

    def __init__(self, path: Path | None, kinds: Kinds) -> None:
        self._values = {name: read_config(path, name) if path else {} for name in TABLES}
        if path:
            self._check_names(path, kinds)
            self._check_values(path, kinds)

    def of(self, command: str, kind: type | None) -> dict[str, Any]:
        """Those of a command's values that a class has."""
        return known_values(kind, self._values[command]) if kind else {}

    def _check_names(self, path: Path, kinds: Kinds) -> None:
        known = {name: _names(found) for name, found in kinds.items() if found}
        everywhere = set.intersection(*(set(values) for values in self._values.values()))
        for command, names in known.items():
            for key in self._values[command]:
                # What stands above all tables is for those that have it.
                others = set().union(*known.values()) if key in everywhere else names
                if key not in others:
                    where = "" if key in everywhere else f" in [{command}]"
                    raise UsageError(
                        f"{path}: no such option{where}: {key}.", did_you_mean(key, others)
                    )

    def _check_values(self, path: Path, kinds: Kinds) -> None:
        for command, found in kinds.items():
            for kind in found:
                values = self.of(command, kind)
                try:
                    resolve(kind, [Layer(str(path), values)] if values else [])
                except UsageError:
                    if values:
                        raise
                # What else it raises is the plugin's fault: its checks say so.
                except Exception:
                    continue


def _names(kinds: Sequence[type]) -> set[str]:
    return {field.name for kind in kinds for field in option_fields(kind)}
