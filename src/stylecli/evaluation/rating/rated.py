"""Every picture that people judged, and what that has to do with the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stylecli.evaluation.rating.choices import Group
from stylecli.evaluation.rating.correlations import Asked, Correlation, Point, correlation
from stylecli.evaluation.rating.observed import Observed, Shown
from stylecli.evaluation.rating.real_or_fake import Deception
from stylecli.evaluation.rating.scores import Scores, levelled
from stylecli.evaluation.result import Evaluation

ASKED: tuple[Asked, ...] = ("preferred", "score", "said real")


@dataclass(frozen=True)
class RatedPicture:
    """What people said of one output.

    Attributes:
        entry: Whose.
        target: The style that it aims at.
        digest: SHA-256 of its file.
        photo: Its content picture's name, else its digest.
        ratings: Preferred: share of its choices, ties half; score: mean, levelled; said real: share.
        answers: How many answers each rests on.
    """

    entry: str
    target: str
    digest: str
    photo: str
    ratings: Mapping[Asked, float]
    answers: Mapping[Asked, int]


def rated_pictures(found: Observed) -> tuple[RatedPicture, ...]:
    """The outputs that were judged, by entry and photo."""
    said: dict[Shown, dict[Asked, list[float]]] = {}
    for asked, shown, value in _said(found):
        said.setdefault(shown, {}).setdefault(asked, []).append(value)
    order = sorted(said, key=lambda shown: (shown.entry, shown.photo, shown.digest))
    return tuple(
        RatedPicture(
            shown.entry,
            shown.target,
            shown.digest,
            shown.photo,
            # Sorted, so that the order of the answers does not even move the last digit.
            {asked: sum(sorted(values)) / len(values) for asked, values in said[shown].items()},
            {asked: len(values) for asked, values in said[shown].items()},
        )
        for shown in order
        if shown.entry
    )


def _said(found: Observed) -> Iterator[tuple[Asked, Shown, float]]:
    for choice in found.choices:
        yield "preferred", choice.left, choice.won
        yield "preferred", choice.right, 1 - choice.won
    for one, value in zip(found.scores, levelled(found.scores), strict=True):
        yield "score", one.picture, value
    for verdict in found.verdicts:
        yield "said real", verdict.picture, float(verdict.real)


def correlations_of(
    evaluation: Evaluation,
    pictures: Sequence[RatedPicture],
    groups: Sequence[Group],
    scores: Scores | None,
    deceived: Sequence[Deception],
) -> tuple[Correlation, ...]:
    """Each rating with each metric, over entries and over pictures, headline metrics first."""
    entries = entry_ratings(groups, scores, deceived)
    found = []
    for asked in ASKED:
        for metric in evaluation.metrics:
            of_entries = _over_entries(evaluation, entries.get(asked, {}), metric.name)
            of_pictures = _over_pictures(evaluation, pictures, asked, metric.name)
            if len(of_entries) > 1:
                found.append(correlation(asked, metric.name, "entries", of_entries))
            if len(of_pictures) > 1:
                found.append(correlation(asked, metric.name, "pictures", of_pictures))
    return tuple(each for each in found if each.spearman is not None)


def entry_ratings(
    groups: Sequence[Group], scores: Scores | None, deceived: Sequence[Deception]
) -> dict[Asked, dict[str, tuple[float, int]]]:
    """What people say of each entry, and from how many answers.

    Preferred: the chance against an entry of mean strength.
    """
    preferred = {
        row.entry: (row.chance, row.tally.count) for group in groups for row in group.entries
    }
    means = {row.entry: (row.levelled, row.answers) for row in scores.means} if scores else {}
    real = {row.entry: (row.share, row.answers) for row in deceived}
    return {"preferred": preferred, "score": means, "said real": real}


def _over_entries(
    evaluation: Evaluation, ratings: Mapping[str, tuple[float, int]], metric: str
) -> list[Point]:
    return [
        Point(entry.name, entry.target, entry.name, rating, figure.value, answers)
        for entry in evaluation.entries
        if entry.name in ratings
        and (figure := entry.figures.get(metric)) is not None
        and figure.value is not None
        for rating, answers in [ratings[entry.name]]
    ]


def _over_pictures(
    evaluation: Evaluation, pictures: Sequence[RatedPicture], asked: Asked, metric: str
) -> list[Point]:
    values = {
        (entry.name, row.digest): row.values[metric]
        for entry in evaluation.entries
        for row in entry.pictures
        if metric in row.values
    }
    return [
        Point(
            one.entry,
            one.target,
            one.photo,
            one.ratings[asked],
            values[one.entry, one.digest],
            one.answers[asked],
        )
        for one in pictures
        if asked in one.ratings and (one.entry, one.digest) in values
    ]
