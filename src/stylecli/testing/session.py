"""One piece of work of a method, with eyes on it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylecli.bases.base import Base
from stylecli.method import Method
from stylecli.progress import Event, Progress
from stylecli.testing.watching import captured, watched


@dataclass(frozen=True)
class Session:
    """One piece of work of a method, and what was seen of it.

    Attributes:
        made: What it gave.
        base: The base that it had.
        events: What it reported.
        printed: What it printed.
        strays: Files and folders that it wrote where they do not belong.
        folder: Its run folder.
        left: Attributes that it left on the method's object.
    """

    made: Any
    base: Base
    events: tuple[Event, ...]
    printed: str
    strays: tuple[str, ...]
    folder: Path
    left: tuple[str, ...] = ()


def observed(
    work: Callable[[Progress], Any],
    base: Base,
    folder: Path,
    method: Method,
    progress: Progress,
    around: Path,
    precious: Mapping[str, Path],
    allowed: Collection[Path],
) -> Session:
    """Do a piece of work and see what it does beside.

    Args:
        work: Is given what hears of it.
        base: The base that it has.
        folder: Its run folder.
        method: Whose work it is.
        progress: Hears of it, too, and may stop it.
        around: An empty folder, where it stands and has its home.
        precious: Folders by name in which it may change nothing.
        allowed: Folders beside its own in which it may change anything.
    """
    events: list[Event] = []

    def heard(event: Event) -> None:
        events.append(event)
        progress(event)

    before = set(vars(method))
    beside = {"run.folder/..": folder.parent}
    with (
        watched(around, precious, [folder, *allowed], beside) as strays,
        captured() as output,
    ):
        made = work(heard)
    left = tuple(sorted(set(vars(method)) - before))
    return Session(made, base, tuple(events), output.text, tuple(strays.files), folder, left)


def package_folders(kind: type) -> dict[str, Path]:
    """The folders of the package that a class is from, by name; none of a module that stands alone."""
    top = sys.modules.get(kind.__module__.partition(".")[0])
    folders = [Path(each) for each in getattr(top, "__path__", ())]
    return {f"the package's folder {folder.name}": folder for folder in folders}
