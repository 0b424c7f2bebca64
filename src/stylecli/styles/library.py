"""The library: named styles of the user's, and the ready ones that bases bring along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stylecli.errors import StylecliError, UsageError, did_you_mean
from stylecli.styles.format import read_style, write_style
from stylecli.styles.header import SUFFIX
from stylecli.styles.style import Style, check_name

LOCK = ".lock"
LOCK_SECONDS = 30


@dataclass(frozen=True)
class Entry:
    """A style file in the library.

    Attributes:
        name: What the user calls it.
        path: The file.
        ready: Whether it came with a base and is read-only.
    """

    name: str
    path: Path
    ready: bool


@dataclass(frozen=True)
class Library:
    """Style files by name; the user's own take precedence over ready ones of the same name.

    Attributes:
        folder: The user's styles; made when the first one is written.
        ready_folders: Read-only folders of ready styles.
    """

    folder: Path
    ready_folders: Sequence[Path] = ()

    def entries(self) -> list[Entry]:
        """All styles, sorted by name; a ready style that the user's hides is left out."""
        found: dict[str, Entry] = {}
        for folder in self.ready_folders:
            for path in sorted(folder.glob(f"*{SUFFIX}")):
                found.setdefault(path.stem, Entry(path.stem, path, ready=True))
        if self.folder.is_dir():
            for path in sorted(self.folder.glob(f"*{SUFFIX}")):
                if not path.name.startswith("."):
                    found[path.stem] = Entry(path.stem, path, ready=False)
        return [found[name] for name in sorted(found)]

    def find(self, name: str) -> Entry:
        """Look a style up.

        Raises:
            UsageError: No such style; the hint names the nearest.
        """
        check_name(name)
        entries = {entry.name: entry for entry in self.entries()}
        if name not in entries:
            hint = did_you_mean(name, entries)
            if hint is None:
                hint = (
                    f"There are: {', '.join(entries)}."
                    if entries
                    else "The library is empty: train a style first."
                )
            raise UsageError(f"No style named {name!r}.", hint)
        return entries[name]

    def hides(self, name: str) -> bool:
        """Whether a style of the user's keeps a ready one of the same name from being found."""
        ready = any((folder / f"{name}{SUFFIX}").is_file() for folder in self.ready_folders)
        return ready and self.path_for(name).is_file()

    def read(self, name: str) -> Style:
        """Read a style by name; raises as `find` and `read_style` do."""
        return read_style(self.find(name).path)

    def path_for(self, name: str) -> Path:
        """Where a style of the user's with this name is or would be."""
        return self.folder / f"{check_name(name)}{SUFFIX}"

    def check_free(self, name: str) -> None:
        """Refuse a name that the user has already given.

        Raises:
            UsageError: The name is taken.
        """
        if self.path_for(name).exists():
            raise UsageError(
                f"A style named {name!r} is already in your library.",
                "Give another with --name, or replace it with --overwrite.",
            )

    def save(self, style: Style, overwrite: bool = False) -> Path:
        """Write a style under its name.

        Raises:
            UsageError: The name is taken and `overwrite` is not set.
            StylecliError: The folder is read-only or the disk is full.
        """
        path = self.path_for(style.name)
        with self._locked():
            if not overwrite:
                self.check_free(style.name)
            write_style(style, path)
        return path

    def remove(self, name: str) -> Path:
        """Delete a style of the user's.

        Raises:
            UsageError: No such style, or it is a ready one.
            StylecliError: The file cannot be deleted.
        """
        entry = self.find(name)
        if entry.ready:
            raise UsageError(f"{name!r} came with stylecli and is read-only.")
        with self._locked():
            try:
                entry.path.unlink()
            except OSError as problem:
                raise StylecliError(
                    f"{entry.path}: cannot be removed ({problem.strerror})."
                ) from problem
        return entry.path

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from giving or removing names meanwhile."""
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / LOCK, timeout=LOCK_SECONDS)
            lock.acquire()
        except Timeout as problem:
            raise StylecliError(
                f"{self.folder}: another stylecli has been writing to the library for {LOCK_SECONDS} s.",
                "Wait for it, or stop it, and run the command again.",
            ) from problem
        except OSError as problem:
            raise StylecliError(
                f"{self.folder}: the library cannot be written ({problem.strerror or problem}).",
                "Choose another place with STYLECLI_HOME.",
            ) from problem
        try:
            yield
        finally:
            lock.release()
