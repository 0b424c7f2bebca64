"""``stylecli eval compare``: two evaluations against each other; ``anchors``: published figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stylecli.cli.console import escape, note, out, print_json
from stylecli.cli.parameters import JsonOption
from stylecli.evaluation.report.verdicts import shows_nothing
from stylecli.evaluation.report.wording import interval_text, listed, number

if TYPE_CHECKING:
    from stylecli.evaluation.comparing import Change

_DIGITS = 3


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="The earlier eval.json, or its folder.")
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="The later one.")],
    as_json: JsonOption = False,
) -> None:
    """Compare two evaluations: what changed, and whether that is more than noise.

    Entries of the same name are compared. Where both were made from the same photos, the difference is
    taken photo by photo. Figures of another protocol (other features, other reference) are not compared.
    """
    from stylecli.evaluation.comparing import changes, only_in
    from stylecli.evaluation.report.record import read_evaluation

    files = [path / "eval.json" if path.is_dir() else path for path in (first, second)]
    before, after = (read_evaluation(file) for file in files)
    found = changes(before, after)
    if as_json:
        print_json([_plain(change) for change in found])
    else:
        _print(found)
    for place, lone in ((first, only_in(before, after)), (second, only_in(after, before))):
        for names, one, more in (
            (lone.entries, "entry", "entries"),
            (lone.metrics, "metric", "metrics"),
        ):
            if names:
                note(
                    f"Only in {place}, not compared: {one if len(names) == 1 else more} {listed(names)}."
                )


def anchors(as_json: JsonOption = False) -> None:
    """List published figures, each with its protocol.

    A report shows them beside its own figures only where the protocols are the same.
    """
    from rich.table import Table

    from stylecli.evaluation.anchors import anchor_tables

    tables = anchor_tables()
    if as_json:
        print_json(
            [
                {
                    "protocol": table.protocol,
                    "summary": table.summary,
                    "source": table.source,
                    "ordinal": table.ordinal,
                    "metrics": dict(table.metrics),
                    "rows": {method: dict(values) for method, values in table.rows.items()},
                }
                for table in tables
            ]
        )
        return
    console = out()
    for table in tables:
        console.print(f"[bold]{escape(table.protocol)}[/]: {escape(table.summary)}")
        shown = Table(box=None, pad_edge=False, header_style="bold")
        shown.add_column("method")
        for metric in table.metrics:
            shown.add_column(metric, justify="right")
        for method, values in table.rows.items():
            shown.add_row(
                method,
                *(f"{values[metric]:g}" if metric in values else "–" for metric in table.metrics),
            )
        console.print(shown)
        console.print(f"Source: {escape(table.source)}\n")


def _print(found: Sequence[Change]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("entry", "metric", "before", "after", "change", "95 % interval", ""):
        table.add_column(column, justify="left" if column in ("entry", "metric", "") else "right")
    before = ""
    for change in found:
        interval = change.interval
        table.add_row(
            escape(change.entry) if change.entry != before else "",
            change.metric.symbol,
            _number(change.before.value),
            _number(change.after.value),
            _number(change.difference, signed=True),
            "–" if interval is None else interval_text(interval, _DIGITS, signed=True),
            escape(_verdict(change)),
        )
        before = change.entry
    out().print(table)
    if any(change.interval is not None and not change.paired for change in found):
        note(
            "Where photos, seed or number of pictures differ the interval is that of independent samples."
        )


def _verdict(change: Change) -> str:
    if change.difference is None:
        return f"not compared: {change.reason}"
    more = f" ({change.reason})" if change.reason else ""
    if change.interval is None:
        return "too few pictures to tell" + more
    if not change.beyond_noise:
        return "within noise" + more
    if shows_nothing(change.difference, _DIGITS):
        return "too small to show" + more
    if change.metric.better is None:
        return "changed" + more
    risen = change.difference > 0
    return ("better" if risen == (change.metric.better == "more") else "worse") + more


def _number(value: float | None, signed: bool = False) -> str:
    return "–" if value is None else number(value, _DIGITS, signed)


def _plain(change: Change) -> dict[str, object]:
    interval = change.interval
    return {
        "entry": change.entry,
        "metric": change.metric.name,
        "before": change.before.value,
        "after": change.after.value,
        "difference": change.difference,
        "interval": None if interval is None else [interval.low, interval.high],
        "paired": change.paired,
        "beyond_noise": change.beyond_noise,
        "reason": change.reason,
    }
