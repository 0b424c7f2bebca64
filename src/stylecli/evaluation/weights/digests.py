"""SHA-256 of large files, remembered: a gigabyte is not hashed anew for every evaluation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylecli.errors import StylecliError
from stylecli.files import sha256_of, write_text_whole

DIGESTS = "weights.json"
"""What the file of them is called, in the cache."""


@dataclass(frozen=True)
class Digests:
    """Digests by path, each as long as the file's size, time and place on the disk are the same.

    Attributes:
        file: Where they are kept; safe to delete. None keeps nothing.
    """

    file: Path | None

    def of(self, path: Path, anew: bool = False, digest: str = "") -> str:
        """The digest of a file, in hex.

        Args:
            path: The file.
            anew: Hash it whatever is remembered.
            digest: What it is, of a file that was hashed just now: it is remembered.

        Raises:
            OSError: It cannot be read.
        """
        stamp, key = _stamp(path), str(path)
        remembered = self._read()
        known = remembered.get(key)
        if not anew and not digest and isinstance(known, list) and known[:-1] == stamp:
            return str(known[-1])
        digest = digest or sha256_of(path)
        # One that changed meanwhile is remembered as what it was before: it is hashed again.
        self._write({**remembered, key: [*stamp, digest]})
        return digest

    def _read(self) -> dict[str, Any]:
        if self.file is None:
            return {}
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, remembered: dict[str, Any]) -> None:
        if self.file is None:
            return
        try:
            write_text_whole(self.file, json.dumps(remembered, indent=1) + "\n")
        except StylecliError:
            # That only costs time later.
            return


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ino]
