"""Coded warnings about what people say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stylecli.evaluation.rating.choices import Group
from stylecli.evaluation.rating.correlations import Correlation
from stylecli.evaluation.rating.observed import Observed
from stylecli.evaluation.rating.real_or_fake import Deception
from stylecli.evaluation.rating.scores import Scores
from stylecli.evaluation.rating.steadiness import Agreement, Sides
from stylecli.evaluation.result import Warned

FEW_ANSWERS = 20
FEW_RATERS = 5
FEW_ENTRIES = 5
FEW_PICTURES = 20
_FEW_REPEATS = 5
_STEADY = 0.7
_STEADY_GAP = 2.0
_AGREED = 0.2
_FEW_SHARED = 10


@dataclass(frozen=True)
class LeftOut:
    """Answers and lines that do not count.

    Attributes:
        strangers: Answers about pictures that are not in the report.
        unreadable: Lines that cannot be read.
        twice: Answers that are there more than once, in several files or one.
        withdrawn: Answers that their raters took back, or gave anew.
    """

    strangers: int = 0
    unreadable: int = 0
    twice: int = 0
    withdrawn: int = 0


def doubts(
    found: Observed,
    left_out: LeftOut,
    groups: Sequence[Group],
    scores: Scores | None,
    deceived: Sequence[Deception],
    agreed: Sequence[Agreement],
    drawn: Sides | None,
    correlated: Sequence[Correlation],
) -> tuple[Warned, ...]:
    """What makes the figures doubtful."""
    return (
        *_of_files(left_out),
        *_of_people(found),
        *_of_groups(groups),
        *_apart(groups, scores),
        *_of_numbers(groups, scores, deceived),
        *_of_agreement(agreed),
        *_of_sides(drawn),
        *_of_correlations(correlated),
    )


def _of_files(left_out: LeftOut) -> Iterator[Warned]:
    if left_out.unreadable:
        message = f"{_lines(left_out.unreadable)} of the results cannot be read: left out"
        yield Warned("unreadable-lines", message)
    if left_out.strangers:
        message = (
            f"{_answers(left_out.strangers)} about pictures that are not in this report, or have "
            "changed since: left out"
        )
        yield Warned("not-in-report", message)


def _of_people(found: Observed) -> Iterator[Warned]:
    count = len(found.raters)
    if count == 1:
        message = (
            "one person answered: the intervals say how other photos would move the figures, not "
            "how other people would"
        )
        yield Warned("one-rater", message)
    elif count < FEW_RATERS:
        message = f"{count} people answered: how much people differ can hardly be told from fewer than {FEW_RATERS}"
        yield Warned("few-raters", message)


def _of_groups(groups: Sequence[Group]) -> Iterator[Warned]:
    for group in groups:
        names = tuple(row.entry for row in group.entries)
        if all(pair.tally.wins == pair.tally.losses == 0 for pair in group.pairs):
            yield Warned("ties-only", "every choice was a tie: all are equally strong", names)
        elif group.weak:
            message = (
                "somebody won or lost every choice, so that no finite strength is the most likely "
                "one: half a win was added on each side of every pair"
            )
            yield Warned("all-won", message, names)


def _apart(groups: Sequence[Group], scores: Scores | None) -> Iterator[Warned]:
    """Entries of one style, or of none, that could have been compared, and were not."""
    chosen = [(group.target, tuple(row.entry for row in group.entries)) for group in groups]
    scored = [(each.target, each.entries) for each in (scores.ranked if scores else ())]
    for parts, message in (
        (chosen, "no choice joins these entries: their strengths cannot be compared across"),
        (scored, "no rater joins these entries: their scores cannot be compared across"),
    ):
        for target in dict.fromkeys(target for target, _ in parts):
            apart = [names for other, names in parts if other == target]
            if len(apart) > 1:
                yield Warned(
                    "not-joined", message, tuple(name for names in apart for name in names)
                )


def _of_numbers(
    groups: Sequence[Group], scores: Scores | None, deceived: Sequence[Deception]
) -> Iterator[Warned]:
    counts = {
        "choices": {row.entry: row.tally.count for group in groups for row in group.entries},
        "scores": {row.entry: row.answers for row in scores.means} if scores else {},
        "verdicts": {row.entry: row.answers for row in deceived},
    }
    for what, by_entry in counts.items():
        few = tuple(name for name, count in by_entry.items() if count < FEW_ANSWERS)
        if few:
            yield Warned("few-answers", f"fewer than {FEW_ANSWERS} {what}", few)
    lonely = tuple(row.entry for row in deceived if row.real_share is None)
    if lonely:
        message = (
            "no real pictures were shown beside the outputs: what they would be called is not known"
        )
        yield Warned("no-real-pictures", message, lonely)


def _of_agreement(agreed: Sequence[Agreement]) -> Iterator[Warned]:
    words = {"choice": "choices", "score": "scores", "real": "verdicts"}
    for each in agreed:
        unsteady = each.same is not None and each.same < _STEADY
        if each.gap is not None:
            unsteady = each.gap >= _STEADY_GAP
        if each.repeats >= _FEW_REPEATS and unsteady:
            how = (
                f"their two scores are {each.gap:.1f} apart"
                if each.gap is not None
                else f"they said the same in {each.same:.0%} of cases"
            )
            message = f"raters asked the same again disagree with themselves: {how} ({each.repeats} {words[each.kind]})"
            yield Warned("unsteady-raters", message)
        if each.alpha is not None and each.alpha < _AGREED and each.shared >= _FEW_SHARED:
            alpha = f"{each.alpha:.2f}".replace("-", "−")
            message = f"raters hardly agree in their {words[each.kind]} (Krippendorff’s α {alpha})"
            yield Warned("raters-disagree", message)


def _of_sides(drawn: Sides | None) -> Iterator[Warned]:
    if drawn is None or drawn.interval is None or drawn.count < FEW_ANSWERS:
        return
    if not drawn.interval.low <= 0.5 <= drawn.interval.high:
        side = "left" if drawn.share > 0.5 else "right"
        share = max(drawn.share, 1 - drawn.share)
        message = f"the {side} picture was chosen in {share:.0%} of {drawn.count} choices, whatever it was"
        yield Warned("position-bias", message)


def _of_correlations(correlated: Sequence[Correlation]) -> Iterator[Warned]:
    for over, few in (("entries", FEW_ENTRIES), ("pictures", FEW_PICTURES)):
        counts = [each.count for each in correlated if each.over == over]
        if counts and min(counts) < few:
            message = f"correlations over {min(counts)} {over} are hints, no results"
            yield Warned(f"few-rated-{over}", message)


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"


def _answers(count: int) -> str:
    return f"{count} answer{'' if count == 1 else 's'}"
