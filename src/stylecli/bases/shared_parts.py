"""A base that shares parts with another one, put together as one folder that any program can open."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from stylecli.bases.spec import BaseSpec
from stylecli.files import new_folder_whole
from stylecli.places import Places


def own_folder(spec: BaseSpec) -> Path:
    """The whole diffusers folder of a base that is a folder.

    Where it shares parts, the folder is in the cache, made on first use of hard links (of copies
    where the file system has none), and made anew when any of the files changes.

    Raises:
        StylecliError: The cache cannot be written.
    """
    source = Path(spec.source)
    if not spec.shared_parts:
        return source
    files = {str(path): file for path, file in _files(source, spec)}
    folder = Places.default().cache / "bases" / f"{spec.name}-{_fingerprint(files)}"
    if not folder.is_dir():
        _put_together(files, folder)
    return folder


def _files(source: Path, spec: BaseSpec) -> Iterator[tuple[Path, Path]]:
    """Path in the whole folder, and the file that belongs there."""
    parts = {"": source, **spec.shared_parts}
    for part, place in parts.items():
        for file in sorted(place.rglob("*")):
            if file.is_file():
                yield Path(part) / file.relative_to(place), file


def _fingerprint(files: dict[str, Path]) -> str:
    known = hashlib.sha256()
    for name, file in files.items():
        facts = file.stat()
        known.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return known.hexdigest()[:16]


def _put_together(files: dict[str, Path], folder: Path) -> None:
    with new_folder_whole(folder) as made:
        for name, file in files.items():
            place = made / name
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(file, place)
            except OSError:
                shutil.copyfile(file, place)
