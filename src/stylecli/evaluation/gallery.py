"""Where an evaluation's picture files are on this machine: for the report's pictures, not its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Gallery:
    """The files.

    Attributes:
        outputs: The outputs of each entry by its name, in the order of its rows.
        content: The content picture of each of these; () where there is none.
        references: The pictures of each known style.
        baseline: Of pictures made from text, the base's first picture of each prompt.
    """

    outputs: Mapping[str, tuple[Path, ...]]
    content: Mapping[str, tuple[Path, ...]]
    references: Mapping[str, tuple[Path, ...]]
    baseline: Mapping[str, Path] = field(default_factory=dict)
