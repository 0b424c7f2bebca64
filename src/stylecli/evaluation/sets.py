"""Folders of pictures that are evaluated, and what they are called."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylecli.errors import UsageError
from stylecli.evaluation.result import SetInfo
from stylecli.files import sha256_of
from stylecli.images.reading import EXTENSIONS, list_pictures


@dataclass(frozen=True)
class PictureFile:
    """A picture file.

    Attributes:
        path: Where it is.
        digest: SHA-256 of its content, in hex.
        format: "PNG", "JPEG", …, by its ending.
    """

    path: Path
    digest: str
    format: str


_FORMATS = {"jpg": "JPEG", "jpe": "JPEG", "jfif": "JPEG", "tif": "TIFF"}


def picture_files(paths: Sequence[Path]) -> list[PictureFile]:
    """Hash picture files.

    Raises:
        UsageError: One cannot be read.
    """
    files = []
    for path in paths:
        ending = path.suffix.lower().removeprefix(".")
        try:
            files.append(PictureFile(path, sha256_of(path), _FORMATS.get(ending, ending.upper())))
        except OSError as problem:
            raise UsageError(f"{path}: cannot be read ({problem.strerror}).") from problem
    return files


def set_info(name: str, files: Sequence[PictureFile]) -> SetInfo:
    """Describe a set without saying where it is."""
    digest = hashlib.sha256("\n".join(sorted(file.digest for file in files)).encode())
    formats = Counter(file.format for file in files)
    return SetInfo(name, len(files), digest.hexdigest(), dict(sorted(formats.items())))


def named_folders(option: str, texts: Sequence[str]) -> dict[str, list[Path]]:
    """Read ``[NAME=]FOLDER`` options into pictures by name.

    A folder without pictures of its own that holds folders with pictures stands for these.

    Args:
        option: For messages: ``--reference``.
        texts: As typed.

    Raises:
        UsageError: No such folder, none with pictures, or one name twice.
    """
    found: dict[str, list[Path]] = {}
    for text in texts:
        name, folder = split_named(text)
        for key, pictures in _folders_in(name, folder).items():
            if key in found:
                raise UsageError(
                    f"{option}: two folders are called {key!r}.",
                    f"Give them names: {option} NAME=FOLDER.",
                )
            found[key] = pictures
    return found


def split_named(text: str) -> tuple[str, Path]:
    """Read ``NAME=FOLDER`` or ``FOLDER``; the name is "" where none is given."""
    name, equals, folder = text.partition("=")
    if not equals or Path(text).expanduser().exists():
        return "", Path(text).expanduser()
    return name.strip(), Path(folder).expanduser()


def _folders_in(name: str, folder: Path) -> Mapping[str, list[Path]]:
    own = name or folder.absolute().resolve().name
    try:
        return {own: list_pictures(folder)}
    except UsageError as problem:
        inner = _inner_folders(folder)
        if name or not inner:
            raise
        found = {}
        for each in inner:
            try:
                found[each.name] = list_pictures(each)
            except UsageError:
                continue
        if not found:
            raise problem from problem
        return found


def _inner_folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    entries = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith(".")]
    if any(entry.suffix.lower() in EXTENSIONS and entry.is_file() for entry in entries):
        return []
    return [entry for entry in entries if entry.is_dir()]


def target_of(name: str, references: Sequence[str], outputs: bool = False) -> str:
    """The reference that an entry is measured against: the only one, or the one of its name.

    A reference called ``monet`` is also that of ``monet-lora`` and ``monet at 0.6``; the longest
    such name counts.

    Args:
        name: The entry's.
        references: Names of the known styles.
        outputs: Whether the entry is a folder of outputs, which can be given any name.

    Raises:
        UsageError: None fits.
    """
    if len(references) == 1:
        return references[0]
    plain = name.lower()
    fitting = [
        reference
        for reference in references
        if plain == reference.lower()
        or (
            plain.startswith(reference.lower())
            and not plain[len(reference) : len(reference) + 1].isalnum()
        )
    ]
    if not fitting:
        named = (
            f"--outputs {references[0]}=FOLDER"
            if outputs
            else f"--reference {name.split()[0]}=FOLDER"
        )
        raise UsageError(
            f"{name!r}: which of the references ({', '.join(references)}) is its style's?",
            f"Name one after the other: {named}.",
        )
    return max(fitting, key=len)
