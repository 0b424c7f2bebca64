"""Captioners: from the file name, from what can be measured, and from models."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_captioners() -> Iterable[stylecli.Captioner]:
    """Give the captioners."""
    return []
