"""What painting photos and painting from text share in ``stylecli eval``: the base, folders, targets."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from stylecli.bases.base import Base, load_base
from stylecli.bases.device import Precision
from stylecli.bases.locate import folder_of
from stylecli.bases.spec import BaseSpec
from stylecli.errors import UsageError
from stylecli.images.writing import read_record
from stylecli.progress import Progress


class Bases:
    """Opens bases, and keeps the last one: two of SDXL do not fit most cards.

    Args:
        progress: Hears of what is loaded.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._key: tuple[object, str] | None = None
        self._opened: tuple[BaseSpec, Base] | None = None

    def open(self, spec: BaseSpec, precision: Precision) -> tuple[BaseSpec, Base]:
        """The base of a spec, and the spec as it was found."""
        key = (spec.source, precision)
        if self._opened is None or key != self._key:
            self._opened = None
            found, folder = folder_of(spec, self._progress)
            base = load_base(found, folder, precision, progress=self._progress)
            # Loaded now, not while the first entry's time is taken.
            _ = (base.denoiser, base.vae, base.text_encoder)
            self._key, self._opened = key, (found, base)
        return self._opened


def folder_names(names: Sequence[str]) -> dict[str, str]:
    """A folder for each of different names: its letters and digits, and a number where these agree."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^\w.-]+", "-", name).strip(".-") or "entry"
        folder, number = plain, 1
        # Some file systems take A and a for one.
        while folder.casefold() in taken:
            number += 1
            folder = f"{plain}-{number}"
        taken.add(folder.casefold())
        found[name] = folder
    return found


def check_targets(targets: Iterable[Path], sources: Container[Path], overwrite: bool) -> None:
    """Refuse to paint over what is measured, or over pictures that no evaluation made.

    Args:
        targets: The files to be painted.
        sources: All pictures that the user gave, resolved.
        overwrite: Whether pictures that are there may be replaced.

    Raises:
        UsageError: Which picture it is.
    """
    for target in targets:
        if target.resolve() in sources:
            raise UsageError(
                f"{target}: is among the pictures that are given, and would be painted over.",
                "Choose another folder with --report.",
            )
        if target.exists() and overwrite and (read_record(target) or {}).get("command") != "eval":
            raise UsageError(
                f"{target}: is there and was not made by stylecli eval.",
                "Choose another folder with --report.",
            )
