"""What people say of entries as figures, so that tables and plots take them like any other."""

from __future__ import annotations

from dataclasses import replace

from stylecli.evaluation.figures import Figure, Interval, MetricInfo, Stamp
from stylecli.evaluation.rating.ratings import Ratings
from stylecli.evaluation.rating.scores import METRIC as SCORE
from stylecli.evaluation.result import Evaluation

PREFERRED = "preferred"
SAID_REAL = "said to be real"
ASKED = {"preferred": PREFERRED, "score": SCORE, "said real": SAID_REAL}
"""Names of the figures by what people were asked."""

PEOPLE = (
    MetricInfo(
        PREFERRED,
        "chance",
        "chance to be preferred to an entry of mean strength (Bradley–Terry)",
        "ties half",
        "more",
        None,
        True,
    ),
    MetricInfo(
        SCORE,
        "score",
        "mean of 1 to 10, without how kind or strict each rater is",
        "1-10",
        "more",
        None,
        True,
    ),
    MetricInfo(
        SAID_REAL,
        "real",
        "share of outputs that people took for real pictures of the style",
        "real or fake",
        "more",
        None,
        True,
        kind="share",
    ),
)


def with_people(evaluation: Evaluation, ratings: Ratings) -> Evaluation:
    """The evaluation with a figure of each entry for whatever people were asked about it."""
    said: dict[str, dict[str, Figure]] = {}

    def say(entry: str, metric: str, value: float, interval: Interval | None, count: int) -> None:
        stamp = Stamp(metric, "people", "", "", "", "", count)
        said.setdefault(entry, {})[metric] = Figure(value, interval, stamp)

    for group in ratings.groups:
        for row in group.entries:
            say(row.entry, PREFERRED, row.chance, row.chance_interval, row.tally.count)
    for mean in ratings.scores.means if ratings.scores else ():
        say(mean.entry, SCORE, mean.levelled, mean.levelled_interval, mean.answers)
    for found in ratings.deceptions:
        say(found.entry, SAID_REAL, found.share, found.interval, found.answers)
    entries = tuple(
        replace(entry, figures={**entry.figures, **said.get(entry.name, {})})
        for entry in evaluation.entries
    )
    asked = {metric for figures in said.values() for metric in figures}
    metrics = tuple(metric for metric in PEOPLE if metric.name in asked)
    return replace(evaluation, entries=entries, metrics=(*evaluation.metrics, *metrics))
