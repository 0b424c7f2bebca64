"""The file that `--config` reads: TOML, one table a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stylecli.errors import UsageError, did_you_mean

TABLES = ("caption", "train", "transfer", "generate")
"""The commands that take a config file; one file may serve them all."""


def read_config(path: Path, command: str) -> dict[str, Any]:
    """Read the options of one command from a TOML file.

    Options stand either in a table named after the command (``[train]``) or at the top level;
    dashes and underscores in their names mean the same.

    Returns:
        Values by option name with underscores.

    Raises:
        UsageError: The file cannot be read, is no TOML, has a table that belongs to no command, or the
            command's name is no table.
    """
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: cannot be read ({problem}).") from problem
    except (ValueError, RecursionError) as problem:
        # tomllib lets an integer of too many digits and too deep a nesting out as they are.
        raise UsageError(f"{path}: not a TOML file: {problem}.") from problem
    for name, value in content.items():
        if isinstance(value, dict) and name not in TABLES:
            raise UsageError(f"{path}: there is no command [{name}].", did_you_mean(name, TABLES))
    table = content.get(command, {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {command!r} must be a table.", f"Write [{command}].")
    general = {name: value for name, value in content.items() if not isinstance(value, dict)}
    return {
        name.replace("-", "_"): value
        for values in (general, table)
        for name, value in values.items()
    }
