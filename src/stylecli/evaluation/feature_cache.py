"""Features of pictures on disk, by file hash and feature name; safe to delete at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import StylecliError
from stylecli.files import write_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DIGEST = hashlib.sha256().digest_size
_NAME = "feature"


@dataclass(frozen=True)
class FeatureCache:
    """A folder of small arrays, each behind the hash of its own bytes.

    Attributes:
        folder: Made when the first entry is written; None keeps nothing.
        networks: Digests of the networks that features rest on, by feature: another network, another
            entry.
    """

    folder: Path | None
    networks: Mapping[str, str] = field(default_factory=dict)

    def resting_on(self, networks: Mapping[str, str]) -> FeatureCache:
        """The same folder, for features that rest on these networks."""
        return replace(self, networks=networks)

    def get(self, feature: str, *digests: str) -> NDArray[np.float32] | None:
        """A feature of a file, or of a pair; None where it is not there or not as it was written."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        if self.folder is None:
            return None
        try:
            content = self._path(self.folder, feature, digests).read_bytes()
        except OSError:
            return None
        # A figure must not rest on a damaged file that can still be read.
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        # NumPy's own format is read by parsing Python, whose depth CPython 3.11 counts for all threads
        # together: two at once can fail. Earlier versions of this cache were written in it.
        try:
            found: NDArray[np.float32] = load(content[_DIGEST:])[_NAME]
        except SafetensorError:
            return None
        return found

    def put(self, feature: str, values: NDArray[np.float32], *digests: str) -> None:
        """Keep a feature; where it cannot be written, that only costs time later."""
        import numpy as np
        from safetensors.numpy import save

        if self.folder is None:
            return
        # Rows that lie otherwise in memory would be written as they lie.
        content = save({_NAME: np.asarray(values, order="C")})

        def write(path: Path) -> None:
            path.write_bytes(hashlib.sha256(content).digest() + content)

        try:
            write_whole(self._path(self.folder, feature, digests), write)
        except StylecliError:
            return

    def _path(self, folder: Path, feature: str, digests: tuple[str, ...]) -> Path:
        network = self.networks.get(feature)
        parts = (feature, *digests) if network is None else (feature, "", network, *digests)
        # A plugin's feature may be called anything.
        key = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
        return folder / key[:2] / f"{key[2:]}.feature"
