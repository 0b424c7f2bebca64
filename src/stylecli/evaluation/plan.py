"""What is to be evaluated: plain values, from whatever the user gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylecli.evaluation.presets import PRESETS, EvalPreset
from stylecli.evaluation.result import OwnReport, Warned


@dataclass(frozen=True)
class EntryPlan:
    """One row of the comparison; see `stylecli.evaluation.result.Entry`.

    Attributes:
        outputs: Its picture files.
        content: The index in the plan's content of the picture that each was made from; () for
            pictures made from text.
        styles: The index in the target's references of the picture that each was painted after, where
            that is known; else ().
        prompts: The words that each output was made from, of those made from text; ().
        trained_on: The first digits of the hashes of the pictures that the style was trained on, as
            many of each as `stylecli.datasets.folder.DIGITS`.
    """

    name: str
    target: str
    outputs: tuple[Path, ...]
    content: tuple[int, ...]
    style: str = ""
    method: str = ""
    base: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    step: int | None = None
    own: OwnReport | None = None
    trained_on: frozenset[str] = frozenset()
    styles: tuple[int, ...] = ()
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """An evaluation to be done.

    Attributes:
        entries: The rows.
        references: Pictures of every known style by name.
        content: The content pictures; () where the outputs were made from text.
        content_name: What their folder is called.
        baseline: Outputs of the base without a style, made from text; ().
        baseline_prompts: The words that each of these was made from; () where they are not known.
        preset: The protocol.
        seed: Of everything random.
        warnings: What is known to be wrong already.
    """

    entries: tuple[EntryPlan, ...]
    references: Mapping[str, tuple[Path, ...]]
    content: tuple[Path, ...] = ()
    content_name: str = ""
    baseline: tuple[Path, ...] = ()
    baseline_prompts: tuple[str, ...] = ()
    preset: EvalPreset = PRESETS["standard"]
    seed: int = 0
    warnings: tuple[Warned, ...] = ()
