"""How services tell the outside what they are doing: one small callback type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Event:
    """One report from a service.

    Attributes:
        stage: What is being done, as a user would say it: "encoding pictures", "training".
        done: Units finished so far.
        total: Units in all, or None where that is unknown.
        values: Figures to show beside the bar, such as ``{"loss": 0.12}``.
        message: A sentence for the user, or None.
        level: How loud the message is.
        picture: A preview that was just written, or None.
    """

    stage: str
    done: int = 0
    total: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    message: str | None = None
    level: Literal["info", "warning"] = "info"
    picture: Path | None = None


Progress = Callable[[Event], None]
"""Receives events; may raise `stylecli.errors.Cancelled` to stop the work cleanly."""


def silent(event: Event) -> None:
    """Listen to nothing."""
