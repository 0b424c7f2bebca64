"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from stylecli.errors import StylecliError


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Args:
        path: The file; its folder is made where it is missing.
        write: Writes the content to the temporary path it is given, in the same folder.

    Raises:
        StylecliError: The folder is read-only or the disk is full; nothing is left behind.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        # mkstemp makes private files; a style or picture is as readable as any other new file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as problem:
        raise _explained(path, problem) from problem
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_text_whole(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all; raises as `write_whole` does."""
    write_whole(path, lambda temporary: _write_text(temporary, text))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _explained(path: Path, problem: OSError) -> StylecliError:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return StylecliError(
            f"{path}: the disk is full; nothing was written.",
            "Free some space, or choose another place with -o or STYLECLI_HOME.",
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StylecliError(
            f"{path}: cannot be written; {path.parent} is read-only for you.",
            "Choose another place with -o or STYLECLI_HOME.",
        )
    return StylecliError(f"{path}: cannot be written ({problem.strerror or problem}).")
