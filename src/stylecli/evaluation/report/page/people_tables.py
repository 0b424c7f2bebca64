"""The tables of what people say."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.rating.choices import Group
from stylecli.evaluation.rating.correlations import Correlation
from stylecli.evaluation.rating.raters import RaterRow
from stylecli.evaluation.rating.real_or_fake import Deception
from stylecli.evaluation.rating.scores import Scores
from stylecli.evaluation.rating.steadiness import Agreement
from stylecli.evaluation.report.page.cells import named, valued
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, given, joined, scrolling
from stylecli.evaluation.report.people_figures import ASKED
from stylecli.evaluation.report.people_wording import (
    KINDS,
    correlation_name,
    pair_verdict,
    tally_text,
)
from stylecli.evaluation.report.wording import number, plain_name, words_for
from stylecli.evaluation.result import Evaluation

_NONE = element("span", "–", class_="none")
_MANY = 6


def group_table(group: Group, marks: dict[str, Mark]) -> Markup:
    """Strengths and shares of the entries that were compared."""
    rows = [
        [
            _entry(row.entry, marks),
            valued(row.chance, 2, row.chance_interval),
            valued(row.strength, 2, row.interval, signed=True),
            valued(row.tally.share, 2, row.tally.interval),
            tally_text(row.tally),
        ]
        for row in group.entries
    ]
    heading = ["Entry", "Chance", "Strength (log)", "Share preferred", "Won – tied – lost"]
    return _table("Strengths", heading, rows)


def pair_table(group: Group, marks: dict[str, Mark]) -> Markup:
    """Each two entries that met; empty where there are but two, whose shares stand above."""
    rows: list[list[str]] = [
        [
            joined(
                [
                    _entry(pair.first, marks),
                    element("span", " over ", class_="small"),
                    _entry(pair.second, marks),
                ]
            ),
            valued(pair.difference, 2, pair.interval, signed=True),
            pair_verdict(pair),
            valued(pair.tally.share, 2, pair.tally.interval),
            tally_text(pair.tally),
        ]
        for pair in group.pairs
    ]
    if len(group.entries) < 3:
        return Markup()
    heading = ["Pair", "Difference (log)", "Verdict", "Share preferred", "Won – tied – lost"]
    table = _table("Pairs", heading, rows)
    if len(rows) > _MANY:
        return element("details", element("summary", f"All {len(rows)} pairs"), table)
    return table


def score_table(scores: Scores, marks: dict[str, Mark]) -> Markup:
    """Means of the scores."""
    rows = [
        [
            _entry(mean.entry, marks),
            valued(mean.levelled, 2, mean.levelled_interval),
            valued(mean.mean, 2, mean.interval),
            str(mean.answers),
            str(mean.pictures),
        ]
        for mean in scores.means
    ]
    heading = ["Entry", "Score, raters levelled", "Score as given", "Scores", "Pictures"]
    return _table("Scores", heading, rows)


def deception_table(found: Sequence[Deception], marks: dict[str, Mark]) -> Markup:
    """Shares that were said to be real."""
    rows = [
        [
            _entry(row.entry, marks),
            valued(row.share, 2, row.interval),
            _NONE if row.real_share is None else valued(row.real_share, 2, row.real_interval),
            _NONE if row.d_prime is None else number(row.d_prime, 2),
            f"{row.answers} + {row.real_answers}",
        ]
        for row in found
    ]
    heading = ["Entry", "Outputs said to be real", "Real ones said so", "d′", "Verdicts"]
    return _table("Real or fake", heading, rows)


def rank_table(evaluation: Evaluation, found: Sequence[Correlation]) -> Markup:
    """Rank correlations of ratings with metrics, over pictures beside over entries."""
    pairs: dict[tuple[str, str], dict[str, Correlation]] = {}
    for each in found:
        pairs.setdefault((each.asked, each.metric), {})[each.over] = each
    rows = [
        [
            plain_name(ASKED[one.asked]),
            words_for(evaluation, one.metric),
            *(
                cell
                for over in ("pictures", "entries")
                for each in [both.get(over)]
                for cell in (
                    (_correlated(each.spearman, each.spearman_interval), str(each.count))
                    if each
                    else (_NONE, _NONE)
                )
            ),
        ]
        for both in pairs.values()
        for one in [next(iter(both.values()))]
    ]
    heading = ["People", "Metric", "Over pictures", "N", "Over entries", "N"]
    return _table("Rank correlations", heading, rows, numbers_from=2) if rows else Markup()


def correlation_table(evaluation: Evaluation, found: Sequence[Correlation]) -> Markup:
    """Every correlation, of ranks and of values."""
    rows = [
        [
            correlation_name(each),
            words_for(evaluation, each.metric),
            _correlated(each.spearman, each.spearman_interval),
            _correlated(each.pearson, each.pearson_interval),
            str(each.count),
        ]
        for each in found
    ]
    heading = ["People", "Metric", "Spearman", "Pearson", "N"]
    return _table("Correlations", heading, rows, numbers_from=2)


def agreement_table(found: Sequence[Agreement]) -> Markup:
    """Agreement among raters, and of raters with themselves."""
    rows = [
        [
            plain_name(KINDS[each.kind]),
            _NONE if each.alpha is None else number(each.alpha, 2),
            str(each.shared),
            _NONE if each.same is None else valued(each.same, 2, each.interval),
            _NONE if each.gap is None else number(each.gap, 1),
            str(each.repeats),
        ]
        for each in found
    ]
    heading = ["Asked", "Krippendorff’s α", "Judged by several", "Same answer again"]
    return _table("Agreement", [*heading, "Points apart", "Asked again"], rows)


def rater_table(rows: Sequence[RaterRow]) -> Markup:
    """The raters by name; empty where no names were asked for."""
    if not rows:
        return Markup()
    cells = [
        [
            given(row.name),
            str(row.choices),
            str(row.scored),
            str(row.verdicts),
            _share(row.left),
            _share(row.mean_score),
            _share(row.same),
            str(row.repeats),
        ]
        for row in rows
    ]
    heading = ["Rater", "Choices", "Scores", "Real or fake", "Left share", "Mean score"]
    return _table("Raters", [*heading, "Same again", "Asked again"], cells)


def _entry(name: str, marks: dict[str, Mark]) -> Markup:
    return named(name, marks[name]) if name in marks else given(name)


def _share(value: float | None) -> str:
    return _NONE if value is None else number(value, 2)


def _correlated(value: float | None, interval: Interval | None) -> Markup:
    return _NONE if value is None else valued(value, 2, interval, signed=True)


def _table(
    title: str, words: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int = 1
) -> Markup:
    heading = [
        element("th", word, scope="col", class_="number" if at >= numbers_from else None)
        for at, word in enumerate(words)
    ]
    body = [
        element(
            "tr",
            *(
                element("th", cell, scope="row")
                if at == 0
                else element(
                    "td", cell, class_="number" if at >= numbers_from else None, data_symbol=word
                )
                for at, (word, cell) in enumerate(zip(words, row, strict=True))
            ),
        )
        for row in rows
    ]
    caption = element("caption", title, class_="hidden")
    table = element(
        "table",
        caption,
        element("thead", element("tr", *heading)),
        element("tbody", *body),
        class_="differences stacked",
    )
    return scrolling(title, table)
