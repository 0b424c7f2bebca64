"""What an interrupted program left half-written."""

from __future__ import annotations

import re
import shlex
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from stylecli.doctor.finding import Finding
from stylecli.doctor.folders import known_places
from stylecli.doctor.sizes import said_size

TOPIC = "leftovers"
AGE = 24 * 3600.0
"""What is younger may still be written."""
_MADE = re.compile(r"\.[^/]*-[a-z0-9_]{8}(\.\w+)*")
"""Names that Python's tempfile makes of ours; see `stylecli.files`."""


def check_leftovers() -> Iterable[Finding]:
    """Temporary files of a day ago or more, in stylecli's folders and among the temporary files."""
    old = [path for path in _candidates() if _age(path) > AGE]
    size = sum(_size(path) for path in old)
    values = {"paths": [str(path) for path in old], "bytes": size}
    if not old:
        yield Finding(TOPIC, "temporary files", "none", values=values)
        return
    text = f"{len(old)} that an interrupted program left, {said_size(size)}"
    fix = "rm -r " + " ".join(shlex.quote(str(path)) for path in old[:5])
    if len(old) > 5:
        fix += f" … ({len(old) - 5} more with --json)"
    yield Finding(TOPIC, "temporary files", text, "note", fix, values)


def _candidates() -> Iterator[Path]:
    places = known_places()
    for folder in (places.styles, places.runs, places.cache) if places else ():
        yield from (path for path in folder.rglob(".*") if _MADE.fullmatch(path.name))
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:
        # Told among the folders.
        return
    yield from temporary.glob("stylecli-*-*")


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    try:
        return sum(file.lstat().st_size for file in files)
    except OSError:
        return 0
