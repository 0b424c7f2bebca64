"""Entries against each other: paired differences, methods over several styles, the best checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from stylecli.evaluation.figures import Figure, Interval, MetricInfo
from stylecli.evaluation.halves import (
    FEWEST,
    half_sample_interval,
    independent_interval,
    paired_share_interval,
)
from stylecli.evaluation.result import BestStep, Difference, Entry, MethodMean

if TYPE_CHECKING:
    import numpy as np

# With more entries than this each is compared with the first alone.
_ALL_PAIRS = 6
_FEWEST_STYLES = 3


def units_of(entry: Entry) -> int:
    """The number of independent pictures of an entry: its different content or prompts, else its outputs."""
    return len({picture.content or picture.prompt or picture.digest for picture in entry.pictures})


def difference(first: Entry, second: Entry, metric: MetricInfo) -> Difference | None:
    """First less second; None where one of them has no figure, or they must not be subtracted.

    See `interval_of_difference`.
    """
    one, other = first.figures.get(metric.name), second.figures.get(metric.name)
    if one is None or other is None or one.value is None or other.value is None:
        return None
    if unequal(one, other, metric):
        return None
    interval, _ = interval_of_difference(first, second, metric)
    return Difference(first.name, second.name, metric.name, one.value - other.value, interval)


def unequal(one: Figure, other: Figure, metric: MetricInfo) -> bool:
    """Whether two figures move with the number of pictures, and are of different numbers."""
    return metric.kind == "biased" and one.stamp.n != other.stamp.n


def interval_of_difference(
    first: Entry, second: Entry, metric: MetricInfo, same_halves: bool = True
) -> tuple[Interval | None, bool]:
    """The interval of first less second, and whether it was taken in pairs.

    Pairs are of the same content, or of the same prompts: for a mean the same halves of it, for a share the pictures
    themselves. Otherwise the figures are taken for independent.

    Args:
        first: An entry with a figure of the metric.
        second: Another.
        metric: The metric.
        same_halves: Whether both were drawn with one seed.
    """
    one, other = first.figures[metric.name], second.figures[metric.name]
    if one.value is None or other.value is None:
        return None, False
    count = units_of(first)
    if one.stamp.content == other.stamp.content != "" and count >= FEWEST:
        if metric.kind == "share":
            rows = _by_content(first, metric.name), _by_content(second, metric.name)
            if rows[0].keys() == rows[1].keys() and rows[0]:
                hits = [[row[name] for name in sorted(row)] for row in rows]
                return paired_share_interval(hits[0], hits[1]), True
        elif same_halves and len(one.replicates) == len(other.replicates) > 0:
            replicates = [a - b for a, b in zip(one.replicates, other.replicates, strict=True)]
            return half_sample_interval(one.value - other.value, replicates, count), True
    return independent_interval(one.value, one.interval, other.value, other.interval), False


def _by_content(entry: Entry, metric: str) -> dict[str, bool]:
    """Whether the output of each content picture counts; {} where one has several outputs."""
    found = {
        row.content: row.values[metric] > 0.5
        for row in entry.pictures
        if row.content is not None and metric in row.values
    }
    return found if len(found) == len(entry.pictures) else {}


def differences(entries: Sequence[Entry], metrics: Sequence[MetricInfo]) -> tuple[Difference, ...]:
    """Differences of the headline metrics between entries that imitate one style."""
    if len(entries) <= _ALL_PAIRS:
        chosen = list(combinations(entries, 2))
    else:
        chosen = [(entry, entries[0]) for entry in entries[1:]]
    found = [
        difference(first, second, metric)
        for first, second in chosen
        for metric in metrics
        if metric.headline and first.target == second.target
    ]
    return tuple(each for each in found if each is not None)


def method_means(
    entries: Sequence[Entry], metrics: Sequence[MetricInfo], seed: int
) -> tuple[MethodMean, ...]:
    """Methods that were tried with several styles: means over the styles, one strength at a time.

    Crossed design: for every random half of the content pictures the styles are drawn anew, so that
    40 outputs of 20 photos in 2 styles count as what they are.
    """
    import numpy as np

    found = []
    for name, own in _groups(entries).items():
        targets = list(dict.fromkeys(entry.target for entry in own))
        if len(targets) < 2:
            continue
        for metric in metrics:
            figures = [entry.figures[metric.name] for entry in own if metric.name in entry.figures]
            known = [figure.value for figure in figures if figure.value is not None]
            if not metric.headline or len(known) < len(own):
                continue
            values = [
                float(np.mean([v for v, e in zip(known, own, strict=True) if e.target == target]))
                for target in targets
            ]
            generator = np.random.Generator(np.random.PCG64(seed))
            interval = _over_styles(own, targets, figures, values, generator)
            if interval is not None and metric.kind == "share":
                interval = replace(
                    interval, low=max(0.0, interval.low), high=min(1.0, interval.high)
                )
            names = tuple(entry.name for entry in own)
            found.append(MethodMean(name, names, metric.name, float(np.mean(values)), interval))
    return tuple(found)


def _groups(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries that one method made at one strength and full scale, by what to call them."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.method and entry.step is None and entry.settings.get("scale", 1) == 1:
            strength = entry.settings.get("strength")
            key = (entry.method, "" if strength is None else f" at {strength:g}")
            groups.setdefault(key, []).append(entry)
    several = len({method for method, _ in groups}) < len(groups)
    return {
        f"{method}{strength}" if several else method: own
        for (method, strength), own in groups.items()
    }


def _over_styles(
    entries: Sequence[Entry],
    targets: Sequence[str],
    figures: Sequence[Figure],
    values: Sequence[float],
    generator: np.random.Generator,
) -> Interval | None:
    """The interval of a mean over styles; with two styles that of these two."""
    import numpy as np

    counts = {len(figure.replicates) for figure in figures}
    if counts == {0} or len(counts) > 1 or len({figure.stamp.content for figure in figures}) > 1:
        return None
    # Several entries of one style are no several styles.
    table = np.array(
        [
            np.mean(
                [
                    figure.replicates
                    for figure, entry in zip(figures, entries, strict=True)
                    if entry.target == target
                ],
                axis=0,
            )
            for target in targets
        ]
    )
    styles, draws = table.shape
    mean, units = float(np.mean(values)), units_of(entries[0])
    if styles < _FEWEST_STYLES:
        return half_sample_interval(mean, table.mean(axis=0).tolist(), units)
    # One fewer than there are: the spread of means of n - 1 draws from n is that of n styles.
    drawn = generator.integers(0, styles, (styles - 1, draws))
    replicates = table[drawn, np.arange(draws)].mean(axis=0)
    return half_sample_interval(mean, replicates.tolist(), units, styles)


def best_step(entries: Sequence[Entry], metric: MetricInfo) -> BestStep | None:
    """The best of the checkpoints by one metric, and those that cannot be told from it.

    None where fewer than two have a step and a figure.
    """
    rated = [
        (entry, entry.figures[metric.name].value)
        for entry in entries
        if entry.step is not None and metric.name in entry.figures
    ]
    known = [(entry, value) for entry, value in rated if value is not None]
    if len(known) < 2:
        return None
    sign = -1 if metric.better == "less" else 1
    # Of two that are equal the earlier one is better: it has changed the base less.
    best, _ = max(known, key=lambda pair: (sign * pair[1], -(pair[0].step or 0)))
    within = []
    told = False
    for entry, _ in known:
        gap = difference(entry, best, metric)
        told = told or (gap is not None and gap.interval is not None)
        # What too few pictures cannot tell apart is not worse.
        if entry is best or gap is None or not gap.beyond_noise:
            within.append(entry.step or 0)
    steps = tuple(sorted(within))
    return BestStep(metric.name, best.name, best.step or 0, steps, steps[0], not told)
