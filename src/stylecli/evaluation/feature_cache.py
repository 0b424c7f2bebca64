"""Features of pictures on disk, by file hash and feature name; safe to delete at any time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import StylecliError
from stylecli.files import write_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureCache:
    """A folder of small arrays.

    Attributes:
        folder: Made when the first entry is written; None keeps nothing.
    """

    folder: Path | None

    def get(self, feature: str, *digests: str) -> NDArray[np.float32] | None:
        """A feature of a file, or of a pair; None where it is not there or is damaged."""
        import numpy as np

        if self.folder is None:
            return None
        try:
            found = np.load(self._path(self.folder, feature, digests), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return found if found.dtype == np.float32 and np.isfinite(found).all() else None

    def put(self, feature: str, values: NDArray[np.float32], *digests: str) -> None:
        """Keep a feature; where it cannot be written, that only costs time later."""
        import numpy as np

        if self.folder is None:
            return

        def write(path: Path) -> None:
            with path.open("wb") as file:
                np.save(file, values, allow_pickle=False)

        try:
            write_whole(self._path(self.folder, feature, digests), write)
        except StylecliError:
            return

    @staticmethod
    def _path(folder: Path, feature: str, digests: tuple[str, ...]) -> Path:
        # A plugin's feature may be called anything.
        key = hashlib.sha256("\x1f".join((feature, *digests)).encode()).hexdigest()
        return folder / key[:2] / f"{key[2:]}.npy"
