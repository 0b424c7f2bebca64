"""Tensors on disk by what they depend on; safe to delete at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import StylecliError
from stylecli.files import write_whole

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TensorCache:
    """A folder of small tensor files.

    Attributes:
        folder: Made when the first entry is written.
    """

    folder: Path

    @staticmethod
    def key(*parts: object) -> str:
        """A key that changes when any of the parts does."""
        return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()

    def get(self, key: str) -> dict[str, Tensor] | None:
        """The tensors of a key, or None where there are none or the entry is damaged."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return dict(load_file(str(self._path(key))))
        except (OSError, SafetensorError):
            return None

    def put(self, key: str, tensors: Mapping[str, Tensor]) -> bool:
        """Keep tensors under a key; False where they cannot be written, which only costs time later."""
        from safetensors.torch import save_file

        content = {name: tensor.contiguous().cpu() for name, tensor in tensors.items()}
        try:
            write_whole(self._path(key), lambda temporary: save_file(content, str(temporary)))
        except StylecliError:
            return False
        return True

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.safetensors"
