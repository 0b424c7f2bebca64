"""The file that `--config` reads: TOML, one table a command."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from stylecli.errors import UsageError


def read_config(path: Path, command: str) -> dict[str, Any]:
    """Read the options of one command from a TOML file.

    Options stand either in a table named after the command (``[train]``) or at the top level;
    dashes and underscores in their names mean the same.

    Returns:
        Values by option name with underscores.

    Raises:
        UsageError: The file cannot be read or is no TOML.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: cannot be read ({problem}).") from problem
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"{path}: not a TOML file: {problem}.") from problem
    values = {name: value for name, value in content.items() if not isinstance(value, dict)}
    values.update(content.get(command, {}))
    return {name.replace("-", "_"): value for name, value in values.items()}
