"""What ``stylecli eval`` shows on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stylecli.cli.console import out, readable, warn
from stylecli.evaluation.figures import MetricInfo
from stylecli.evaluation.report.verdicts import best_checkpoint, difference_sentence, is_told
from stylecli.evaluation.report.wording import (
    OWN_REFERENCES,
    beside,
    common_settings,
    counted,
    digits_of,
    figure_text,
    spelled_out,
)
from stylecli.evaluation.result import Evaluation

if TYPE_CHECKING:
    from rich.table import Table

_MOST_DIFFERENCES = 10
_GAP = 2
_NAME = 16


def print_evaluation(evaluation: Evaluation) -> None:
    """Print the headline figures and what can be told apart; warn of what makes them doubtful.

    The results go to standard output, the warnings to standard error. Where the terminal is too narrow
    for a table, each figure has a line.
    """
    metrics = [metric for metric in evaluation.metrics if metric.headline] or evaluation.metrics
    console = out()
    console.print(_figures(evaluation, metrics, console.width), soft_wrap=False)
    console.print()
    console.print(_meanings(evaluation, metrics), soft_wrap=False)
    lines = []
    settings = common_settings(evaluation)
    if settings:
        lines += ["", f"Painted {', '.join(settings)}."]
    if evaluation.best_step:
        lines += ["", best_checkpoint(evaluation)]
    # Of checkpoints, which cannot be told from the best one is said already.
    if evaluation.differences and not evaluation.best_step:
        lines += ["", *_differences(evaluation)]
    if len({entry.target for entry in evaluation.entries}) > 1:
        lines += ["", OWN_REFERENCES]
    for line in lines:
        console.print(readable(line), markup=False, soft_wrap=False)
    for code, message, entries in _warnings(evaluation):
        about = f" ({', '.join(entries)})" if entries else ""
        warn(f"{code}: {message}{about}")


def _figures(evaluation: Evaluation, metrics: Sequence[MetricInfo], width: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    names = [readable(entry.name) for entry in evaluation.entries]
    cells = [
        [figure_text(evaluation, entry, metric) for metric in metrics]
        for entry in evaluation.entries
    ]
    symbols = [readable(metric.symbol) for metric in metrics]
    columns = [[symbol, *(row[at] for row in cells)] for at, symbol in enumerate(symbols)]
    first = min(_NAME, max((len(name) for name in names), default=0))
    if first + sum(_GAP + max(map(len, column)) for column in columns) > width:
        listed = Table.grid(padding=(0, _GAP, 0, 0))
        for name, row in zip(names, cells, strict=True):
            listed.add_row(Text(name, style="bold"))
            for symbol, cell in zip(symbols, row, strict=True):
                listed.add_row(Text(f"  {symbol} {cell}"))
        return listed
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    table.add_column("", overflow="fold", min_width=first)
    for symbol in symbols:
        table.add_column(Text(symbol), justify="right", no_wrap=True)
    for name, row in zip(names, cells, strict=True):
        table.add_row(Text(name), *map(Text, row))
    return table


def _meanings(evaluation: Evaluation, metrics: Sequence[MetricInfo]) -> Table:
    from rich.table import Table
    from rich.text import Text

    lines = Table.grid(padding=(0, _GAP, 0, 0))
    for metric in metrics:
        name, read_with = spelled_out(metric), beside(evaluation, metric)
        text = f"{name}: {metric.summary}" if name else metric.summary
        text += f" (with {read_with})" if read_with else ""
        lines.add_row(Text(readable(metric.symbol), style="bold"), Text(readable(text)))
    return lines


def _differences(evaluation: Evaluation) -> list[str]:
    digits = digits_of(evaluation)
    beyond = [each for each in evaluation.differences if is_told(each, digits.get(each.metric, 2))]
    symbols = {metric.name: metric.symbol for metric in evaluation.metrics}
    lines = ["Beyond noise (of twenty such, one is chance):"] if beyond else []
    for found in beyond[:_MOST_DIFFERENCES]:
        what = symbols.get(found.metric, found.metric)
        lines.append(f"  {difference_sentence(found, digits.get(found.metric, 2), what)}")
    if len(beyond) > _MOST_DIFFERENCES:
        lines.append(f"  and {counted(len(beyond) - _MOST_DIFFERENCES, 'more difference')}")
    rest = len(evaluation.differences) - len(beyond)
    if rest:
        verb = "is" if rest == 1 else "are"
        lines.append(
            f"{counted(rest, 'difference')} {verb} within noise, too small to show, or cannot be told."
        )
    return lines


def _warnings(evaluation: Evaluation) -> list[tuple[str, str, list[str]]]:
    """Code, message and entries of each warning; the same message once."""
    found: dict[tuple[str, str], list[str]] = {}
    for warned in evaluation.warnings:
        found.setdefault((warned.code, warned.message), []).extend(warned.entries)
    return [(*key, list(dict.fromkeys(entries))) for key, entries in found.items()]
