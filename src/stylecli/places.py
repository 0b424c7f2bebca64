"""Where stylecli keeps things on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from stylecli.errors import UsageError


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
        """The folders under ``STYLECLI_HOME`` where that is set, else the platform's own.

        Raises:
            UsageError: ``STYLECLI_HOME`` begins with the home of a user that there is not.
        """
        home = os.environ.get("STYLECLI_HOME")
        if home:
            try:
                root = Path(home).expanduser().absolute()
            except RuntimeError as problem:
                raise UsageError(
                    f"STYLECLI_HOME is {home!r}: there is no home folder of that user.",
                    "Name a folder: export STYLECLI_HOME=/another/place",
                ) from problem
            return cls(root / "styles", root / "runs", root / "cache", root / "weights")
        import platformdirs

        data = platformdirs.user_data_path("stylecli", appauthor=False)
        cache = platformdirs.user_cache_path("stylecli", appauthor=False)
        return cls(data / "styles", data / "runs", cache, data / "weights")
