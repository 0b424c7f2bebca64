"""Entries against each other: paired differences, methods over several styles, the best checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from stylecli.evaluation.figures import Figure, Interval, MetricInfo
from stylecli.evaluation.halves import half_sample_interval
from stylecli.evaluation.result import BestStep, Difference, Entry, MethodMean

if TYPE_CHECKING:
    import numpy as np

# With more entries than this each is compared with the first alone.
_ALL_PAIRS = 6
_FEWEST_STYLES = 3


def units_of(entry: Entry) -> int:
    """The number of independent pictures of an entry: its different content, else its outputs."""
    return len({picture.content or picture.digest for picture in entry.pictures})


def difference(first: Entry, second: Entry, metric: str) -> Difference | None:
    """First less second; None where one of them has no figure.

    The interval comes from the same halves of the same content pictures; where content differs
    there is none.
    """
    one, other = first.figures.get(metric), second.figures.get(metric)
    if one is None or other is None or one.value is None or other.value is None:
        return None
    value = one.value - other.value
    interval = None
    paired = one.stamp.content == other.stamp.content and units_of(first) == units_of(second)
    if paired and len(one.replicates) == len(other.replicates):
        replicates = [a - b for a, b in zip(one.replicates, other.replicates, strict=True)]
        interval = half_sample_interval(value, replicates, units_of(first))
    return Difference(first.name, second.name, metric, value, interval)


def differences(entries: Sequence[Entry], metrics: Sequence[MetricInfo]) -> tuple[Difference, ...]:
    """Differences of the headline metrics between entries that imitate one style."""
    if len(entries) <= _ALL_PAIRS:
        chosen = list(combinations(entries, 2))
    else:
        chosen = [(entry, entries[0]) for entry in entries[1:]]
    found = [
        difference(first, second, metric.name)
        for first, second in chosen
        for metric in metrics
        if metric.headline and first.target == second.target
    ]
    return tuple(each for each in found if each is not None)


def method_means(
    entries: Sequence[Entry], metrics: Sequence[MetricInfo], seed: int
) -> tuple[MethodMean, ...]:
    """Methods that were tried with several styles: means over the styles.

    Crossed design: for every random half of the content pictures the styles are drawn anew, so that
    40 outputs of 20 photos in 2 styles count as what they are.
    """
    import numpy as np

    found = []
    for method in dict.fromkeys(entry.method for entry in entries if entry.method):
        own = [entry for entry in entries if entry.method == method and entry.step is None]
        if len({entry.target for entry in own}) < 2:
            continue
        generator = np.random.Generator(np.random.PCG64(seed))
        for metric in metrics:
            figures = [entry.figures[metric.name] for entry in own if metric.name in entry.figures]
            values = [figure.value for figure in figures if figure.value is not None]
            if not metric.headline or len(values) < len(own):
                continue
            interval = _over_styles(own, figures, values, generator)
            names = tuple(entry.name for entry in own)
            found.append(MethodMean(method, names, metric.name, float(np.mean(values)), interval))
    return tuple(found)


def _over_styles(
    entries: Sequence[Entry],
    figures: Sequence[Figure],
    values: Sequence[float],
    generator: np.random.Generator,
) -> Interval | None:
    """The interval of a mean over styles; with two styles that of these two."""
    import numpy as np

    counts = {len(figure.replicates) for figure in figures}
    if counts == {0} or len(counts) > 1 or len({figure.stamp.content for figure in figures}) > 1:
        return None
    table = np.array([figure.replicates for figure in figures])
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
    for entry, _ in known:
        gap = difference(entry, best, metric.name)
        if entry is best or (gap is not None and gap.interval is not None and not gap.beyond_noise):
            within.append(entry.step or 0)
    steps = tuple(sorted(within))
    return BestStep(metric.name, best.name, best.step or 0, steps, steps[0])
