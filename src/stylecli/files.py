"""Files written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
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
    # A link stays one: what it points to is written.
    path = Path(os.path.realpath(path))
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
        temporary.chmod(new_mode())
        temporary.replace(path)
    except OSError as problem:
        raise explained(path, problem) from problem
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_folder_whole(
    folder: Path, files: Mapping[str, bytes], outdated: Iterable[str] = ()
) -> None:
    """Write several files into a folder: a new one appears with all of them or not at all.

    Args:
        folder: Where; of one that is there already only files of the same names are replaced, and
            only when all new ones are on the disk.
        files: Content by path in the folder.
        outdated: Paths of files that belong to an older set and go.

    Raises:
        StylecliError: The place is read-only, the disk is full, or a folder has the name of a file.
    """
    temporary: Path | None = None
    try:
        if folder.exists():
            _check_replaceable([folder / name for name in files])
            temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}-", dir=folder))
            for name, content in files.items():
                write_whole(temporary / name, partial(_write_bytes, content))
            for name in files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (temporary / name).replace(folder / name)
            for name in outdated:
                (folder / name).unlink(missing_ok=True)
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}-", dir=folder.parent))
        for name, content in files.items():
            write_whole(temporary / name, partial(_write_bytes, content))
        temporary.chmod(0o777 & ~_mask())
        temporary.rename(folder)
    except OSError as problem:
        raise explained(folder, problem) from problem
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def new_folder_whole(folder: Path) -> Iterator[Path]:
    """A folder to fill, which appears under its name once the block is left without an error.

    Where another process was first with a folder of this name, that one stays.

    Args:
        folder: Where it appears; its name says what is in it.

    Raises:
        StylecliError: The place is read-only or the disk is full; nothing is left behind.
    """
    temporary: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
        yield temporary
        temporary.chmod(0o777 & ~_mask())
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    except OSError as problem:
        raise explained(folder, problem) from problem
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def sha256_of(*paths: Path) -> str:
    """SHA-256 over the content of files, one after the other, in hex.

    Raises:
        OSError: One cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
    return digest.hexdigest()


def write_text_whole(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all; raises as `write_whole` does."""
    write_whole(path, lambda temporary: _write_text(temporary, text))


def _check_replaceable(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            raise StylecliError(
                f"{path}: is a folder, where a file is to be written; nothing was written.",
                "Move it away, or choose another place (-o, --report).",
            )


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def new_mode() -> int:
    """The rights of any new file: temporary ones are private."""
    return 0o666 & ~_mask()


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def explained(path: Path, problem: OSError) -> StylecliError:
    """Why a file cannot be written, and what to do."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return StylecliError(
            f"{path}: the disk is full; nothing was written.",
            "Free some space, or choose another place (-o, --report or STYLECLI_HOME).",
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StylecliError(
            f"{path}: cannot be written; {path.parent} is read-only for you.",
            "Choose another place (-o, --report or STYLECLI_HOME).",
        )
    return StylecliError(f"{path}: cannot be written ({problem.strerror or problem}).")
