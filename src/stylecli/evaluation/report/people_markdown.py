"""The section of what people say as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.rating.choices import Group
from stylecli.evaluation.rating.correlations import Correlation
from stylecli.evaluation.rating.ratings import Ratings
from stylecli.evaluation.report.markdown_text import bullets, escaped, table
from stylecli.evaluation.report.people_wording import (
    KINDS,
    agreement_sentence,
    best_of_scores,
    correlation_name,
    group_sentence,
    group_title,
    how_counted,
    opening,
    pair_sentence,
    sides_sentence,
    tally_text,
)
from stylecli.evaluation.report.wording import interval_text, number, words_for
from stylecli.evaluation.result import Evaluation


def people_section(evaluation: Evaluation, ratings: Ratings | None) -> str:
    """The section's body; "" without ratings."""
    if ratings is None:
        return ""
    agreed = [f"{KINDS[each.kind]}: {agreement_sentence(each)}" for each in ratings.agreements]
    drawn = sides_sentence(ratings)
    parts = [
        escaped(opening(ratings)),
        _warnings(ratings),
        *(_preferred(ratings, group) for group in ratings.groups),
        _scores(ratings),
        _real(ratings),
        _correlations(evaluation, ratings.correlations),
        "### How far raters agree",
        bullets([escaped(line) for line in [*agreed, *([drawn] if drawn else [])]]),
        _raters(ratings),
        escaped(how_counted(ratings)),
    ]
    return "\n\n".join(part for part in parts if part)


def _warnings(ratings: Ratings) -> str:
    return bullets(
        [
            f"**{escaped(warned.code)}**: {escaped(warned.message)}"
            + (f" ({escaped(', '.join(warned.entries))})" if warned.entries else "")
            for warned in ratings.warnings
        ]
    )


def _preferred(ratings: Ratings, group: Group) -> str:
    rows = [
        [
            escaped(row.entry),
            _figure(row.chance, row.chance_interval),
            _figure(row.strength, row.interval, signed=True),
            _figure(row.tally.share, row.tally.interval),
            tally_text(row.tally),
        ]
        for row in group.entries
    ]
    heading = ["", "chance", "strength (log)", "share preferred", "won – tied – lost"]
    pairs = [escaped(pair_sentence(pair)) for pair in group.pairs]
    parts = [f"### {escaped(group_title(ratings, group))}", escaped(group_sentence(group))]
    return "\n\n".join([*parts, table(heading, rows), bullets(pairs)])


def _scores(ratings: Ratings) -> str:
    if ratings.scores is None:
        return ""
    rows = [
        [
            escaped(mean.entry),
            _figure(mean.levelled, mean.levelled_interval),
            _figure(mean.mean, mean.interval),
            str(mean.answers),
            str(mean.pictures),
        ]
        for mean in ratings.scores.means
    ]
    heading = ["", "score, raters levelled", "score as given", "scores", "pictures"]
    best = [escaped(sentence) for sentence in best_of_scores(ratings)]
    return "\n\n".join(["### Scores", *best, table(heading, rows)])


def _real(ratings: Ratings) -> str:
    if not ratings.deceptions:
        return ""
    rows = [
        [
            escaped(row.entry),
            _figure(row.share, row.interval),
            "–" if row.real_share is None else _figure(row.real_share, row.real_interval),
            "–" if row.d_prime is None else number(row.d_prime, 2),
            f"{row.answers} + {row.real_answers}",
        ]
        for row in ratings.deceptions
    ]
    heading = ["", "outputs said to be real", "real ones said so", "d′", "verdicts"]
    return "### Real or fake\n\n" + table(heading, rows)


def _correlations(evaluation: Evaluation, found: Sequence[Correlation]) -> str:
    if not found:
        return ""
    rows = [
        [
            escaped(correlation_name(each)),
            escaped(words_for(evaluation, each.metric)),
            _correlated(each.spearman, each.spearman_interval),
            _correlated(each.pearson, each.pearson_interval),
            str(each.count),
        ]
        for each in found
    ]
    heading = ["people", "metric", "Spearman", "Pearson", "N"]
    return "### Beside the figures\n\n" + table(heading, rows, 2)


def _raters(ratings: Ratings) -> str:
    if not ratings.people:
        return ""
    rows = [
        [
            escaped(row.name),
            str(row.choices),
            str(row.scored),
            str(row.verdicts),
            *(
                "–" if value is None else number(value, 2)
                for value in (row.left, row.mean_score, row.same)
            ),
            str(row.repeats),
        ]
        for row in ratings.people
    ]
    heading = ["rater", "choices", "scores", "real or fake", "left share", "mean score"]
    return table([*heading, "same again", "asked again"], rows)


def _figure(value: float, interval: Interval | None, signed: bool = False) -> str:
    sure = f" ({interval_text(interval, 2, signed)})" if interval else ""
    return f"**{number(value, 2, signed)}**{sure}"


def _correlated(value: float | None, interval: Interval | None) -> str:
    return "–" if value is None else _figure(value, interval, signed=True)
