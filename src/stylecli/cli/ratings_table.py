"""What people say, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stylecli.cli.console import out, readable, warn
from stylecli.evaluation.figures import Interval
from stylecli.evaluation.rating.ratings import Ratings
from stylecli.evaluation.report.people_wording import (
    KINDS,
    agreement_sentence,
    best_of_scores,
    correlation_name,
    group_sentence,
    group_title,
    opening,
    pair_sentence,
    sides_sentence,
    tally_text,
)
from stylecli.evaluation.report.wording import interval_text, number, words_for
from stylecli.evaluation.result import Evaluation

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.table import Table

_MOST_PAIRS = 10
_GAP = 2


def print_ratings(found: Ratings, evaluation: Evaluation | None) -> None:
    """Print what people say on standard output, and what makes it doubtful on standard error."""
    _say(opening(found))
    _preferred(found)
    _scores(found)
    _real(found)
    if evaluation is not None:
        _correlations(found, evaluation)
    _say("")
    for each in found.agreements:
        _say(f"{KINDS[each.kind]}: {agreement_sentence(each)}")
    if drawn := sides_sentence(found):
        _say(drawn)
    _raters(found)
    for warned in found.warnings:
        about = f" ({', '.join(warned.entries)})" if warned.entries else ""
        warn(f"{warned.code}: {warned.message}{about}")


def _preferred(found: Ratings) -> None:
    for group in found.groups:
        rows = [
            [
                row.entry,
                _figure(row.chance, row.chance_interval),
                _figure(row.strength, row.interval, signed=True),
                _figure(row.tally.share, row.tally.interval),
                tally_text(row.tally),
            ]
            for row in group.entries
        ]
        title = group_title(found, group)
        alone = len(found.groups) == 1
        if not alone:
            _say(f"\n{title}")
        heading = [title if alone else "", "chance", "strength (log)", "share", "won – tied – lost"]
        _print(heading, rows, apart=alone)
        _say(group_sentence(group))
        if len(group.entries) > 2:
            for pair in group.pairs[:_MOST_PAIRS]:
                _say(f"  {pair_sentence(pair)}")


def _scores(found: Ratings) -> None:
    if found.scores is None:
        return
    rows = [
        [
            mean.entry,
            _figure(mean.levelled, mean.levelled_interval),
            _figure(mean.mean, mean.interval),
            str(mean.answers),
        ]
        for mean in found.scores.means
    ]
    _print(["Scores", "raters levelled", "as given", "scores"], rows)
    for sentence in best_of_scores(found):
        _say(sentence)


def _real(found: Ratings) -> None:
    rows = [
        [
            row.entry,
            _figure(row.share, row.interval),
            "–" if row.real_share is None else _figure(row.real_share, row.real_interval),
            "–" if row.d_prime is None else number(row.d_prime, 2),
            f"{row.answers} + {row.real_answers}",
        ]
        for row in found.deceptions
    ]
    if rows:
        _print(["Real or fake", "outputs said real", "real ones", "d′", "verdicts"], rows)


def _correlations(found: Ratings, evaluation: Evaluation) -> None:
    headline = {metric.name for metric in evaluation.metrics if metric.headline}
    rows = [
        [
            correlation_name(each),
            words_for(evaluation, each.metric),
            "–"
            if each.spearman is None
            else _figure(each.spearman, each.spearman_interval, signed=True),
            str(each.count),
        ]
        for each in found.correlations
        if each.metric in headline
    ]
    if rows:
        _print(["Beside the figures", "metric", "Spearman", "N"], rows)


def _raters(found: Ratings) -> None:
    rows = [
        [
            row.name,
            str(row.choices),
            str(row.scored),
            str(row.verdicts),
            *(
                "–" if value is None else number(value, 2)
                for value in (row.left, row.mean_score, row.same)
            ),
        ]
        for row in found.people
    ]
    if rows:
        _print(["Rater", "choices", "scores", "real or fake", "left", "mean", "same again"], rows)


def _print(heading: Sequence[str], rows: Sequence[Sequence[str]], apart: bool = True) -> None:
    """Print a table; where it is too wide its intervals stand under their values, each in one piece."""
    if apart:
        _say("")
    console = out()
    flat = [[cell.replace("\n", " ") for cell in row] for row in rows]
    widths = (max(map(len, column)) for column in zip(heading, *flat, strict=True))
    fits = sum(width + _GAP for width in widths) <= console.width
    console.print(_table(heading, flat if fits else rows), soft_wrap=False)


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    for at, words in enumerate(heading):
        figures = any("(" in row[at] for row in rows)
        justify: JustifyMethod = "right" if at else "left"
        table.add_column(Text(words), justify=justify, overflow="fold", no_wrap=figures and at > 0)
    for row in rows:
        table.add_row(*(Text(readable(cell)) for cell in row))
    return table


def _say(line: str) -> None:
    out().print(readable(line), markup=False, soft_wrap=False)


def _figure(value: float, interval: Interval | None, signed: bool = False) -> str:
    sure = f"\n({interval_text(interval, 2, signed)})" if interval else ""
    return f"{number(value, 2, signed)}{sure}"
