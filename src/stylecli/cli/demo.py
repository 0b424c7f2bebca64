"""``stylecli demo``."""

from __future__ import annotations


def demo() -> None:
    """Learn a style and repaint a photo, offline, in about two minutes."""
