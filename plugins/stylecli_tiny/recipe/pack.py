"""Many arrays of different shapes in one file, read through a memory map.

A pack is two files: ``NAME.bin``, the arrays one after another, and ``NAME.json``, which says where
each begins, its shape, and whatever else is known of it. The JSON is written last, so a pack that
has one is complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylecli_tiny.recipe.files import write_atomically


class Pack:
    """A finished pack: a sequence of arrays with one record of facts each."""

    def __init__(self, path: Path) -> None:
        index = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        self.facts: list[dict[str, Any]] = index["items"]
        """For each array, the record that was packed with it."""
        self.about: dict[str, Any] = index["about"]
        """What was said of the whole pack."""
        self._data = np.memmap(path.with_suffix(".bin"), dtype=index["dtype"], mode="r")

    @staticmethod
    def exists(path: Path) -> bool:
        """Whether a complete pack is at `path` (without suffix)."""
        return path.with_suffix(".json").is_file()

    def __len__(self) -> int:
        return len(self.facts)

    def shape(self, index: int) -> tuple[int, ...]:
        """The shape of array `index`, without reading it."""
        return tuple(self.facts[index]["shape"])

    def __getitem__(self, index: int) -> NDArray[Any]:
        start, shape = self.facts[index]["start"], self.shape(index)
        return np.asarray(self._data[start : start + int(np.prod(shape))]).reshape(shape)


def write_pack(
    path: Path,
    dtype: str,
    items: Iterable[tuple[NDArray[Any], dict[str, Any]]],
    about: dict[str, Any] | None = None,
) -> None:
    """Write arrays of one `dtype`, with their facts, as a pack at `path` (without suffix)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    facts: list[dict[str, Any]] = []
    start = 0
    with path.with_suffix(".bin").open("wb") as file:
        for array, known in items:
            facts.append({**known, "start": start, "shape": list(array.shape)})
            file.write(np.ascontiguousarray(array, dtype=dtype).tobytes())
            start += array.size
    index = {"dtype": dtype, "about": about or {}, "items": facts}
    write_atomically(path.with_suffix(".json"), json.dumps(index, ensure_ascii=False).encode())
