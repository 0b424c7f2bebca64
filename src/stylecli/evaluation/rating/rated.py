"""Every picture that people judged, and what that has to do with the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stylecli.evaluation.rating.choices import Group
from stylecli.evaluation.rating.correlations import Asked, Correlation, Point, correlation
from stylecli.evaluation.rating.levelling import levelled
from stylecli.evaluation.rating.observed import Observed, Shown
from stylecli.evaluation.rating.real_or_fake import Deception
from stylecli.evaluation.rating.scores import Scores
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
        told = entries.get(asked, {})
        for metric in evaluation.metrics:
            of_entries = _over_entries(evaluation, told, metric.name)
            of_pictures = _over_pictures(evaluation, pictures, asked, told, metric.name)
            if len(of_entries) > 1:
                found.append(correlation(asked, metric.name, "entries", of_entries))
            if len(of_pictures) > 1:
                found.append(correlation(asked, metric.name, "pictures", of_pictures))
    return tuple(each for each in found if each.spearman is not None)


class EntryRating(NamedTuple):
    """What people say of an entry, and what answers join it to: ratings of two parts have no common zero."""

    value: float
    part: int


def entry_ratings(
    groups: Sequence[Group], scores: Scores | None, deceived: Sequence[Deception]
) -> dict[Asked, dict[str, EntryRating]]:
    """What people say of each entry.

    Preferred: the chance against an entry of mean strength of those that choices join; score: levelled
    among those that raters join.
    """
    preferred = {
        row.entry: EntryRating(row.chance, part)
        for part, group in enumerate(groups)
        for row in group.entries
    }
    parts = {
        name: each.joined for each in (scores.ranked if scores else ()) for name in each.entries
    }
    means = {
        row.entry: EntryRating(row.levelled, parts[row.entry])
        for row in (scores.means if scores else ())
    }
    # How often something is taken for real is a share whatever it was shown beside.
    real = {row.entry: EntryRating(row.share, 0) for row in deceived}
    return {"preferred": preferred, "score": means, "said real": real}


def _over_entries(
    evaluation: Evaluation, ratings: Mapping[str, EntryRating], metric: str
) -> list[Point]:
    return [
        Point((rating.part, entry.target), entry.name, rating.value, figure.value)
        for entry in evaluation.entries
        if (rating := ratings.get(entry.name)) is not None
        and (figure := entry.figures.get(metric)) is not None
        and figure.value is not None
    ]


def _over_pictures(
    evaluation: Evaluation,
    pictures: Sequence[RatedPicture],
    asked: Asked,
    ratings: Mapping[str, EntryRating],
    metric: str,
) -> list[Point]:
    values = {
        (entry.name, row.digest): row.values[metric]
        for entry in evaluation.entries
        for row in entry.pictures
        if metric in row.values
    }
    return [
        Point(
            (ratings[one.entry].part, one.target),
            one.photo,
            one.ratings[asked],
            values[one.entry, one.digest],
        )
        for one in pictures
        if asked in one.ratings and (one.entry, one.digest) in values
    ]
