"""Sizes as people say them."""

from __future__ import annotations


def said_size(size: float) -> str:
    """Bytes as "11.6 GB" or "3 MB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"
