"""Where stylecli keeps things on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """Folders of one user.

    Attributes:
        styles: The library: one `.safetensors` file a style.
        runs: One folder a training run: metrics, previews, checkpoint.
        cache: Encoded latents and contexts; safe to delete.
        weights: Files of networks that metrics rest on: ``NAME/FILE``.
    """

    styles: Path
    runs: Path
    cache: Path
    weights: Path

    @classmethod
    def default(cls) -> Places:
        """The folders under ``STYLECLI_HOME`` where that is set, else the platform's own."""
        home = os.environ.get("STYLECLI_HOME")
        if home:
            root = Path(home).expanduser().absolute()
            return cls(root / "styles", root / "runs", root / "cache", root / "weights")
        import platformdirs

        data = platformdirs.user_data_path("stylecli", appauthor=False)
        cache = platformdirs.user_cache_path("stylecli", appauthor=False)
        return cls(data / "styles", data / "runs", cache, data / "weights")
