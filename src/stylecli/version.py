"""The version that is installed."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Stylecli's version, such as "0.1.0"."""
    return metadata.version("stylecli")
