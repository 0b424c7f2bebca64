"""The tables of `methods_compared.py` put together, and into a page."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from methods_bench import BASES, FEW, Bench
from methods_tables import cost_table, equal_table, own_table


def tables(bench: Bench, painters: Sequence[str]) -> dict[str, str]:
    """The tables of all that is there, by name."""
    known = {
        (painter, method): bench.figures(method, painter)
        for painter in painters
        for method in bench.methods
        if bench.figures(method, painter).exists()
    }
    found = {"own": own_table(known, BASES), "equal": equal_table(known, BASES)} if known else {}
    costs = rows_of_costs(bench, painters[0])
    return {**found, "costs": cost_table(costs)} if costs else found


def write_tables(bench: Bench, painters: Sequence[str], page: Path | None) -> None:
    """Write them into ``tables.md``, and into a page in place of those that stand in it.

    The page has a comment ``<!-- own -->`` before the table of that name and ``<!-- /own -->`` behind it.
    """
    found = tables(bench, painters)
    parts = [f"{_opening(name)}\n\n{table}\n\n{_closing(name)}" for name, table in found.items()]
    (bench.out / "tables.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    if page is None:
        return
    text = page.read_text(encoding="utf-8")
    for name, part in zip(found, parts, strict=True):
        pattern = re.escape(_opening(name)) + ".*?" + re.escape(_closing(name))
        text = re.sub(pattern, lambda _, part=part: part, text, flags=re.DOTALL)
    page.write_text(text, encoding="utf-8")


def _opening(name: str) -> str:
    return f"<!-- {name} -->"


def _closing(name: str) -> str:
    return f"<!-- /{name} -->"


def rows_of_costs(bench: Bench, painter: str) -> Mapping[str, Mapping[str, float]]:
    """For each method that was measured whole what it took, by name."""
    costs = bench.costs()
    rows = {}
    for method in bench.methods:
        turns = [
            (found, costs[name.replace("-many-", "-few-")])
            for name, found in costs.items()
            if name.startswith(f"transfer-{method}-many-")
        ]
        trained = costs.get(f"train-{method}-{painter}")
        if not turns or trained is None:
            continue
        more = len(list((bench.out / "data" / "many").iterdir())) - FEW
        apart = [(many.seconds - few.seconds) / max(more, 1) for many, few in turns]
        rows[method] = {
            "train_seconds": trained.seconds,
            "train_mb": trained.peak_mb,
            "photo_seconds": statistics.median(apart),
            "transfer_mb": max(many.peak_mb for many, _ in turns),
            "file_kb": bench.style(method, painter).stat().st_size / 1e3,
            "libraries_mb": costs["libraries"].peak_mb,
        }
    return rows
