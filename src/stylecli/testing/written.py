"""Which places Python code writes to, makes or deletes, wherever on the machine they are."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

State: TypeAlias = "tuple[int, int, int] | str | None"
"""Of a file when it was written last, its size and its number; a folder is there or not."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
}
"""Which of an event's arguments are the paths that change."""

Written: TypeAlias = "dict[Path, State]"

OURS = "stylecli-testing-"
"""What folders of the checks themselves begin with."""

_listening: list[Written] = []


@contextlib.contextmanager
def written() -> Iterator[Written]:
    """Hear of every path that Python is told to open for writing, to make, to move or to delete.

    What libraries write below Python, and other programs, is not heard of.

    Returns:
        Paths with their states before they were first touched; it grows inside the block.
    """
    _listen()
    heard: Written = {}
    _listening.append(heard)
    try:
        yield heard
    finally:
        _listening[:] = [each for each in _listening if each is not heard]


def changed(heard: Written) -> list[Path]:
    """Those of the paths that are not as they were; of temporary files nothing is left."""
    return sorted(
        path for path, before in heard.items() if state_of(path) != before and not _is_over(path)
    )


def state_of(path: Path) -> State:
    """What tells whether a file or a folder is another one; None where there is neither."""
    try:
        found = path.lstat()
    except OSError:
        return None
    if stat.S_ISDIR(found.st_mode):
        return "a folder"
    if stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode):
        return (found.st_mtime_ns, found.st_size, found.st_ino)
    # A terminal or /dev/null.
    return None


def is_bytecode(path: Path) -> bool:
    """Whether it is what Python itself keeps of modules."""
    return "__pycache__" in path.parts


def _is_over(path: Path) -> bool:
    """Whether it was in a folder of other checks, which goes when they do: whenever memory is tidied up."""
    return any(
        each.name.startswith(OURS) and state_of(each) is None for each in (path, *path.parents)
    )


@cache
def _listen() -> None:
    # It cannot be taken away again; outside of blocks it hears of nothing.
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _listening:
        return
    for path in _touched(event, arguments):
        # An error here would be raised where the plugin opens its file.
        with contextlib.suppress(OSError, ValueError, TypeError):
            place = Path(os.path.abspath(os.fsdecode(path)))
            if not is_bytecode(place):
                for heard in _listening:
                    heard.setdefault(place, state_of(place))


def _touched(event: str, arguments: tuple[Any, ...]) -> Iterable[Any]:
    if event == "open":
        path, _, flags = arguments
        return () if isinstance(path, int) or not flags & _WRITING else (path,)
    return [arguments[place] for place in _CHANGING.get(event, ())]
