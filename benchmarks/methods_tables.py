"""Tables of `methods_compared.py`: from ``eval.json`` files to Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import half_sample_interval
from stylecli.evaluation.report.record import read_evaluation
from stylecli.evaluation.result import Entry, Evaluation
from stylecli.registry import load_registry

LEVELS = (0.6, 0.5)
"""Content retentions at which the methods are compared."""

SC, CR, DL = "style-closure", "content-retention", "deception-lite"


@dataclass(frozen=True)
class Ladder:
    """A style, or the base alone, at several strengths, rising.

    Attributes:
        strengths: (k,).
        values: By metric (k,).
        replicates: By metric (k, draws), on the same halves of the photographs everywhere.
        photos: How many photographs.
    """

    strengths: NDArray[np.float64]
    values: Mapping[str, NDArray[np.float64]]
    replicates: Mapping[str, NDArray[np.float64]]
    photos: int

    def strength_at(self, retention: float) -> float | None:
        """The strength that keeps so much of the photographs, or None beyond the ladder."""
        kept = self.values[CR]
        if not kept.min() <= retention <= kept.max():
            return None
        return _crossing(kept, self.strengths, retention)

    def at(self, metric: str, retention: float) -> float:
        """A figure there, between the neighbouring strengths."""
        return _crossing(self.values[CR], self.values[metric], retention)

    def halves_at(self, metric: str, retention: float) -> NDArray[np.float64]:
        """The same on every half of the photographs."""
        pairs = zip(self.replicates[CR].T, self.replicates[metric].T, strict=True)
        return np.array([_crossing(kept, values, retention) for kept, values in pairs])


def _crossing(kept: NDArray[np.float64], values: NDArray[np.float64], retention: float) -> float:
    # Retention falls as strength rises; interpolation wants it rising.
    return float(np.interp(-retention, np.maximum.accumulate(-kept), values))


def ladders(evaluation: Evaluation) -> tuple[Ladder, Ladder]:
    """The style's, and that of its base alone."""
    alone = [entry for entry in evaluation.entries if entry.settings.get("scale") == 0]
    styled = [entry for entry in evaluation.entries if entry.settings.get("scale") != 0]
    return _ladder(styled), _ladder(alone)


def _ladder(entries: list[Entry]) -> Ladder:
    entries = sorted(entries, key=lambda entry: float(entry.settings["strength"]))
    values, replicates = {}, {}
    for metric in (SC, CR, DL):
        figures = [entry.figures.get(metric) for entry in entries]
        values[metric] = np.array(
            [np.nan if each is None or each.value is None else each.value for each in figures]
        )
        if all(each is not None and each.replicates for each in figures):
            replicates[metric] = np.array([each.replicates for each in figures if each])
    strengths = np.array([float(entry.settings["strength"]) for entry in entries])
    return Ladder(strengths, values, replicates, len(entries[0].pictures))


def own_strength(method: str, base: str) -> float:
    """What the base recommends for the method."""
    return float(load_registry().bases[base].recommended(method, "transfer")["strength"])


def own_table(files: Mapping[tuple[str, str], Path], bases: Mapping[str, str]) -> str:
    """Each method as its base recommends it, and that base alone at the same settings.

    Args:
        files: The ``eval.json`` of each painter and method.
        bases: The base of each method.
    """
    heading = ("", "", "base", "strength", "SC", "CR", "DL", "base alone: SC", "CR", "DL")
    lines = _lines(heading)
    for (painter, method), file in files.items():
        entries, wanted = read_evaluation(file).entries, own_strength(method, bases[method])
        at = {
            strength: [each for each in entries if each.settings["strength"] == strength]
            for strength in {float(each.settings["strength"]) for each in entries}
        }
        strength = min(at, key=lambda each: abs(each - wanted))
        (alone,) = [each for each in at[strength] if each.settings.get("scale") == 0]
        (styled,) = [each for each in at[strength] if each is not alone]
        cells = [painter, method, bases[method], f"{strength:g}"]
        cells += [_figure(styled, metric) for metric in (SC, CR, DL)]
        cells += [_figure(alone, metric, bare=True) for metric in (SC, CR, DL)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def equal_table(files: Mapping[tuple[str, str], Path], bases: Mapping[str, str]) -> str:
    """The methods where they keep as much of the photographs, between the strengths that were painted."""
    heading = ("CR", "", "", "base", "strength", "SC", "SC less the base's", "DL", "the base's DL")
    lines = _lines(heading)
    for level in LEVELS:
        for (painter, method), file in files.items():
            cells = [f"{level:g}", painter, method, bases[method]]
            cells += _at(*ladders(read_evaluation(file)), level)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _lines(heading: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(heading)} |", "|---" * len(heading) + "|"]


def _at(styled: Ladder, alone: Ladder, level: float) -> list[str]:
    strength, of_base = styled.strength_at(level), alone.strength_at(level)
    if strength is None:
        return ["beyond the ladder", "–", "–", "–", "–"]
    closure = gap = "–"
    if SC in styled.replicates and CR in styled.replicates:
        halves, value = styled.halves_at(SC, level), styled.at(SC, level)
        closure = _text(value, half_sample_interval(value, halves.tolist(), styled.photos))
        if of_base is not None and SC in alone.replicates:
            halves = halves - alone.halves_at(SC, level)
            value -= alone.at(SC, level)
            gap = _text(value, half_sample_interval(value, halves.tolist(), styled.photos))
    called = f"{alone.at(DL, level):.2f}" if of_base is not None else "–"
    return [f"{strength:.2f}", closure, gap, f"{styled.at(DL, level):.2f}", called]


def cost_table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """What each method takes; times as ratios to the first method's, which stand below."""
    name, first = next(iter(rows.items()))
    heading = ("", "training, launch to file", "peak", "a photo", "peak", "style file")
    lines = _lines(heading)
    for method, row in rows.items():
        cells = [method, f"{row['train_seconds'] / first['train_seconds']:.2f}"]
        cells += [f"{row['train_mb']:.0f} MB"]
        cells += [f"{row['photo_seconds'] / first['photo_seconds']:.2f}"]
        cells += [f"{row['transfer_mb']:.0f} MB", f"{row['file_kb']:.0f} kB"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"Times are ratios to {name}'s, which took {first['train_seconds']:.0f} s from launch to file and "
        f"{first['photo_seconds']:.2f} s a photo in that run. The libraries alone, imported, hold "
        f"{first['libraries_mb']:.0f} MB.",
    ]
    return "\n".join(lines)


def _figure(entry: Entry, metric: str, bare: bool = False) -> str:
    found = entry.figures.get(metric)
    if found is None or found.value is None:
        return "–"
    return _text(found.value, None if bare else found.interval)


def _text(value: float, interval: Interval | None) -> str:
    sure = f" ({interval.low:.2f} to {interval.high:.2f})" if interval else ""
    return f"{value:.2f}{sure}"
