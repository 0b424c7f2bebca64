"""Each rater by name: who answered how much, and how."""

from __future__ import annotations

from dataclasses import dataclass

from stylecli.evaluation.rating.observed import Observed


@dataclass(frozen=True)
class RaterRow:
    """One rater.

    Attributes:
        name: As given.
        choices: How many choices.
        scored: How many scores.
        verdicts: How many verdicts.
        repeats: How many questions were asked again.
        same: Share of these with the same answer; None without any.
        left: Share of choices, no ties, that were the left one; None without any.
        mean_score: Mean of the scores; None without any.
    """

    name: str
    choices: int
    scored: int
    verdicts: int
    repeats: int
    same: float | None
    left: float | None
    mean_score: float | None


def rater_rows(found: Observed) -> tuple[RaterRow, ...]:
    """The raters by name."""
    return tuple(_row(found, name) for name in found.raters)


def _row(found: Observed, name: str) -> RaterRow:
    scores = [one.score for one in found.scores if one.rater == name]
    gaps = [repeat.gap for repeat in found.repeats if repeat.rater == name]
    own = [choice.won for choice in found.choices if choice.rater == name]
    left = [won == 1.0 for won in own if won != 0.5]
    return RaterRow(
        name,
        len(own),
        len(scores),
        sum(verdict.rater == name for verdict in found.verdicts),
        len(gaps),
        sum(gap == 0 for gap in gaps) / len(gaps) if gaps else None,
        sum(left) / len(left) if left else None,
        sum(scores) / len(scores) if scores else None,
    )
