"""One entry through all the meters: figures, intervals, values of every picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from stylecli.errors import StylecliError, told
from stylecli.evaluation.checking import checked
from stylecli.evaluation.features import Compared
from stylecli.evaluation.figures import Figure, Interval, Stamp
from stylecli.evaluation.halves import half_sample_interval, wilson_interval
from stylecli.evaluation.weights.networks import NO_NETWORKS, Networks
from stylecli.metric import Caution, Measurement, Meter, Metric, Sample, Setting, subset_means


@dataclass(frozen=True)
class Readied:
    """A metric with its meter, or why there is none.

    Attributes:
        metric: The metric.
        meter: Its meter, or None.
        failure: Why it cannot measure, or "".
        weights: Digests of the networks that it rests on, for the stamp, or "".
    """

    metric: Metric
    meter: Meter | None
    failure: str = ""
    weights: str = ""


@dataclass(frozen=True)
class Measured:
    """What the meters say of one entry.

    Attributes:
        figures: By metric.
        values: Values of every picture by metric.
        flags: Codes by the index of a picture.
        cautions: What the reader must know, each with the metric it is about.
    """

    figures: Mapping[str, Figure]
    values: Mapping[str, tuple[float, ...]]
    flags: Mapping[int, tuple[str, ...]]
    cautions: tuple[tuple[str, Caution], ...]


def ready(
    metrics: Sequence[Metric],
    setting: Setting,
    broken: Mapping[str, str],
    failed: Mapping[str, str] = MappingProxyType({}),
    networks: Networks = NO_NETWORKS,
) -> list[Readied]:
    """Make metrics ready; one that cannot be is named and left out, the others go on.

    Args:
        metrics: The metrics.
        setting: What is measured against.
        broken: Features that could not be taken, with what happened.
        failed: Metrics that could not take their networks, with what happened.
        networks: What metrics rest on.
    """
    readied = []
    for metric in metrics:
        weights = networks.stamp(metric)
        if failure := failed.get(metric.name) or _broken(metric.features, broken):
            readied.append(Readied(metric, None, failure, weights))
            continue
        try:
            readied.append(Readied(metric, metric.meter(setting), weights=weights))
        except StylecliError as problem:
            readied.append(Readied(metric, None, problem.message, weights))
        # A metric is anybody's code and may raise anything.
        except KeyboardInterrupt:
            raise
        except BaseException as problem:
            readied.append(Readied(metric, None, told(problem), weights))
    return readied


def measure(
    readied: Sequence[Readied],
    sample: Sample,
    compared: Compared,
    units: int,
    protocol: Stamp,
    against: Mapping[str, str],
) -> Measured:
    """Measure one entry.

    Args:
        readied: The metrics.
        sample: The outputs; its pairs are filled in here, those that each metric names.
        compared: Values of all pair extractors.
        units: Number of different content pictures: what is independent.
        protocol: The stamp that all figures share; the rest is filled in.
        against: Fingerprints of what else metrics need, by the name of the need.
    """
    figures: dict[str, Figure] = {}
    values: dict[str, tuple[float, ...]] = {}
    flags: dict[int, tuple[str, ...]] = {}
    cautions: list[tuple[str, Caution]] = []
    for each in readied:
        metric = each.metric
        found = _one(each, sample, compared)
        replicates = found.replicates
        if not replicates and found.per_picture and len(sample.subsets):
            replicates = subset_means(found.per_picture, sample.subsets)
        interval = _interval(metric, found, replicates, units)
        others = sorted(against[need] for need in metric.needs if need in against)
        stamp = replace(
            protocol,
            metric=metric.name,
            variant=metric.variant,
            weights=each.weights,
            against=" ".join(others),
        )
        kept = tuple(replicates) if found.value is not None else ()
        figures[metric.name] = Figure(found.value, interval, stamp, found.details, kept)
        if found.per_picture:
            values[metric.name] = found.per_picture
        for code, places in found.flags.items():
            for place in places:
                flags[place] = (*flags.get(place, ()), code)
        cautions += [(metric.name, caution) for caution in found.cautions]
    return Measured(figures, values, flags, tuple(cautions))


def _one(readied: Readied, sample: Sample, compared: Compared) -> Measurement:
    metric = readied.metric
    failure = readied.failure or _broken(metric.pairs, compared.broken)
    if readied.meter is not None and not failure:
        own = replace(sample, pairs={name: compared.values[name] for name in metric.pairs})
        try:
            return checked(readied.meter(own), len(sample.outputs), len(sample.subsets))
        except StylecliError as problem:
            failure = problem.message
        except KeyboardInterrupt:
            raise
        except BaseException as problem:
            failure = told(problem)
    caution = Caution("metric-failed", f"{metric.name} could not be measured: {failure}")
    return Measurement(None, cautions=(caution,))


def _broken(names: Iterable[str], broken: Mapping[str, str]) -> str:
    return next((f"{name} {broken[name]}" for name in names if name in broken), "")


def _interval(
    metric: Metric, found: Measurement, replicates: Sequence[float], units: int
) -> Interval | None:
    if found.value is None:
        return None
    if metric.kind == "share":
        return wilson_interval(found.value, units)
    interval = half_sample_interval(found.value, replicates, units)
    return replace(interval, how="spread") if interval and metric.kind == "biased" else interval
