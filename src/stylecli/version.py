"""The version that is installed."""

from __future__ import annotations


def version() -> str:
    """Stylecli's version, such as "0.1.0"."""
    from importlib import metadata

    return metadata.version("stylecli")
