"""Files that are either whole or not there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def replace_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file beside `path`, then put it in place in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    write(unfinished)
    os.replace(unfinished, path)


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path`; who reads it meanwhile sees the old file or the new one."""
    replace_atomically(path, lambda unfinished: unfinished.write_bytes(content))
