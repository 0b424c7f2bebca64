"""The checks of a metric."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any

from stylecli.metric import NEEDS, Metric
from stylecli.testing.checks import Check, Nonconformance, NotApplicable, demand
from stylecli.testing.describing import check_name_and_summary
from stylecli.testing.metric_pictures import COUNT, TARGET
from stylecli.testing.metric_table import MetricTable
from stylecli.weights import LocalWeights

_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "better": ("more", "less", None),
    "axis": ("style", "content", None),
    "kind": ("mean", "share", "biased"),
}


def check_metric(metric: Metric, networks: Mapping[str, LocalWeights] | None = None) -> None:
    """Run all checks of a metric; see `metric_checks`.

    Raises:
        Nonconformance: With everything that is wrong.
    """
    demand(metric_checks(metric, networks), f"Metric {metric.name!r}")


def metric_checks(
    metric: Metric, networks: Mapping[str, LocalWeights] | None = None
) -> list[Check]:
    """The checks of a metric, on small sets of pictures; nothing is done before the first is run.

    Args:
        metric: The metric.
        networks: Files of its `weights` by name: with random numbers, say. None for those in the
            user's library; where one is missing, only what the metric says of itself is checked.
    """
    table = MetricTable(metric, networks)
    return [Check(name, says, partial(run, table)) for name, says, run in _CHECKS]


def _seen(run: Callable[[MetricTable], None]) -> Callable[[MetricTable], None]:
    """A check in which it is seen what the metric does beside."""

    @wraps(run)
    def check(table: MetricTable) -> None:
        with table.seen():
            run(table)

    return check


def _described(table: MetricTable) -> None:
    metric = table.declared
    check_name_and_summary(metric)
    for name in ("symbol", "variant"):
        value = getattr(metric, name, "")
        if not isinstance(value, str) or not value.strip():
            raise Nonconformance(f"Its {name} is {value!r}.", "A short text.")
    for name, choices in _CHOICES.items():
        if getattr(metric, name) not in choices:
            raise Nonconformance(
                f"{name} is {getattr(metric, name)!r}.", f"One of {', '.join(map(repr, choices))}."
            )
    if not set(metric.needs) <= set(NEEDS):
        raise Nonconformance(f"needs is {set(metric.needs)!r}.", f"Some of {sorted(NEEDS)}.")
    if not metric.weights:
        _looks(metric)


def _looks(metric: Metric) -> None:
    if not metric.features and not metric.pairs:
        raise Nonconformance("It has no features and no pairs.", "What it looks at, by name.")


@_seen
def _features(table: MetricTable) -> None:
    _looks(table.metric)
    contract = "Of every picture finite numbers of one shape, the same every time; the picture stays as it is."
    problem = table.gallery.problem_with_features()
    if problem:
        raise Nonconformance(problem, contract)


@_seen
def _measures(table: MetricTable) -> None:
    found, subsets = table.found, len(table.gallery.sample().subsets)
    if found.value is None:
        if not found.cautions:
            raise Nonconformance("It gave None.", "None comes with a `Caution` that says why.")
        raise NotApplicable(f"It has no figure for these pictures: {found.cautions[0].message}")
    if not found.per_picture and not found.replicates and table.metric.kind == "mean":
        raise Nonconformance(
            f"It gave a figure alone, for {COUNT} pictures and {subsets} subsets.",
            "A value of each picture, or the figure on each subset: intervals come from them.",
        )
    if found.per_picture and not found.replicates:
        mean = math.fsum(found.per_picture) / len(found.per_picture)
        if not math.isclose(mean, found.value, rel_tol=1e-5, abs_tol=1e-6):
            raise Nonconformance(
                f"The figure is {found.value:.6g}, the mean of its pictures' values {mean:.6g}.",
                "Without replicates the figure is the mean of per_picture.",
            )
    missing = [name for name in table.metric.beside if name not in found.details]
    if missing:
        raise Nonconformance(
            f"Its details lack {missing[0]!r}.", "What stands in `beside` is there."
        )


@_seen
def _repeatable(table: MetricTable) -> None:
    found = table.found
    again = table.measure(table.gallery.setting, table.gallery.sample())
    if (found.value, found.per_picture, found.replicates) != (
        again.value,
        again.per_picture,
        again.replicates,
    ):
        raise Nonconformance(
            f"The same pictures give {found.value} and {again.value}.",
            "The same pictures give the same figures; what is random comes from setting.seed.",
        )


@_seen
def _order(table: MetricTable) -> None:
    gallery, found = table.gallery, table.found
    order = [*range(1, COUNT, 2), *range(0, COUNT, 2)]
    turned = table.measure(gallery.turned(order), gallery.sample(order=order))
    if found.value is None or turned.value is None:
        if found.value is not turned.value:
            raise Nonconformance("In another order it has no figure.", "The order does not matter.")
        return
    if not math.isclose(found.value, turned.value, rel_tol=1e-4, abs_tol=1e-5):
        raise Nonconformance(
            f"In another order of pictures the figure is {turned.value:.6g}, not {found.value:.6g}.",
            "The order of pictures does not matter.",
        )
    values = [found.per_picture[number] for number in order] if found.per_picture else []
    if not all(
        math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-5)
        for one, other in zip(values, turned.per_picture, strict=True)
    ):
        raise Nonconformance(
            "In another order the values do not go with their pictures.",
            "per_picture follows outputs.",
        )


@_seen
def _direction(table: MetricTable) -> None:
    metric, gallery = table.metric, table.gallery
    if metric.better is None or metric.axis is None:
        raise NotApplicable("Neither more nor less of it is better for style or content alone.")
    best, worst = (
        table.measure(gallery.setting, gallery.sample(kind)).value
        for kind in (("style", "photo") if metric.axis == "style" else ("photo", "style"))
    )
    if best is None or worst is None:
        raise NotApplicable("It has no figure for these pictures.")
    good = best >= worst if metric.better == "more" else best <= worst
    if not good:
        ends = {
            "style": f"other pictures of {TARGET} and photos as they are",
            "content": "photos as they are and pictures that show something else",
        }
        raise Nonconformance(
            f"{ends[metric.axis]} are rated {best:.4g} and {worst:.4g}.",
            f"better = {metric.better!r} and axis = {metric.axis!r} say that the former are better.",
        )


def _quiet(table: MetricTable) -> None:
    with table.seen():
        _ = table.found
    if table.printed.strip():
        said = table.printed.strip().splitlines()[0]
        raise Nonconformance(
            f"It printed {said[:120]!r}.", "Print nothing: figures are read by programs."
        )
    if table.strays:
        raise Nonconformance(
            f"It wrote {', '.join(dict.fromkeys(table.strays[:3]))}.",
            "Write nothing: stylecli keeps features and figures itself.",
        )


_CHECKS = (
    ("described", "name, symbol, variant, axis and needs are usable", _described),
    ("features", "features are finite, of one shape, and the same every time", _features),
    ("measures", "the figure goes with its pictures' values", _measures),
    ("repeatable", "the same pictures give the same figure", _repeatable),
    ("order", "the order of pictures does not matter", _order),
    ("direction", "what is plainly better is rated better", _direction),
    ("quiet", "it prints nothing and writes nothing", _quiet),
)
