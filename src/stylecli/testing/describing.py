"""Checks of names and summaries."""

from __future__ import annotations

import re
from typing import Any

from stylecli.testing.checks import Nonconformance

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")


def check_name_and_summary(item: Any) -> None:
    """A name that can be typed, and one line on what it is."""
    name, summary = getattr(item, "name", None), getattr(item, "summary", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Nonconformance(
            f"The name is {name!r}.",
            "Small letters, digits, dashes and dots: it is typed on the command line.",
        )
    if not isinstance(summary, str) or not summary.strip() or "\n" in summary:
        raise Nonconformance(f"The summary is {summary!r}.", "One line for help and lists.")
