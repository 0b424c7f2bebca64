"""Limits that a script sets: ``sc=0.5,cr=0.3``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stylecli.errors import UsageError, did_you_mean
from stylecli.evaluation.result import Evaluation
from stylecli.metric import Metric


@dataclass(frozen=True)
class Limit:
    """A limit of one metric.

    Attributes:
        metric: The metric's name.
        symbol: What tables call it.
        value: The limit.
        upper: Whether figures must not lie above it, rather than below.
    """

    metric: str
    symbol: str
    value: float
    upper: bool


def read_limits(option: str, text: str, metrics: Sequence[Metric], upper: bool) -> list[Limit]:
    """Read ``NAME=VALUE,NAME=VALUE``; a name is a metric's, or its symbol.

    Raises:
        UsageError: No such metric here, no number, or a limit on the wrong side: that less of
            something is bad cannot be said of a metric of which less is better.
    """
    limits = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = part.partition("=")
        if not equals:
            raise UsageError(f"{option}: {part!r} is not NAME=NUMBER.", "Write it as in sc=0.5.")
        metric = _metric(option, name.strip(), metrics)
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise UsageError(f"{option}: {part!r} is not NAME=NUMBER.", "Write it as in sc=0.5.")
        better = "less" if upper else "more"
        if metric.better not in (better, None):
            other = "--fail-under" if upper else "--fail-over"
            raise UsageError(
                f"{option}: {metric.name} is better when it is {'larger' if upper else 'smaller'}.",
                f"Use {other} {name.strip()}={number}.",
            )
        limits.append(Limit(metric.name, metric.symbol, value, upper))
    return limits


def broken(evaluation: Evaluation, limits: Sequence[Limit]) -> list[str]:
    """A sentence for every figure that lies beyond a limit, or that is undefined."""
    found = []
    for entry in evaluation.entries:
        for limit in limits:
            value = entry.figures[limit.metric].value
            if value is None:
                found.append(f"{entry.name}: {limit.symbol} is undefined, and a limit was set.")
            elif value > limit.value if limit.upper else value < limit.value:
                side = "above" if limit.upper else "below"
                found.append(f"{entry.name}: {limit.symbol} {value:.3f} is {side} {limit.value:g}.")
    return found


def _metric(option: str, name: str, metrics: Sequence[Metric]) -> Metric:
    for metric in metrics:
        if name.casefold() in (metric.name.casefold(), metric.symbol.casefold()):
            return metric
    names = [known for metric in metrics for known in (metric.name, metric.symbol.lower())]
    listed = ", ".join(dict.fromkeys(names))
    hint = did_you_mean(name.lower(), names) or f"There are: {listed}."
    raise UsageError(
        f"{option}: {name!r} is not measured here.",
        hint,
    )
