"""One entry through all the meters: figures, intervals, values of every picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.errors import StylecliError
from stylecli.evaluation.figures import Figure, Interval, Stamp
from stylecli.evaluation.halves import half_sample_interval, wilson_interval
from stylecli.metric import Caution, Measurement, Meter, Metric, Sample, Setting, subset_means

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Readied:
    """A metric with its meter, or why there is none.

    Attributes:
        metric: The metric.
        meter: Its meter, or None.
        failure: Why it cannot measure, or "".
    """

    metric: Metric
    meter: Meter | None
    failure: str = ""


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


def ready(metrics: Sequence[Metric], setting: Setting) -> list[Readied]:
    """Make metrics ready; one that cannot be is named and left out, the others go on."""
    readied = []
    for metric in metrics:
        try:
            readied.append(Readied(metric, metric.meter(setting)))
        except StylecliError as problem:
            readied.append(Readied(metric, None, problem.message))
        # A metric is anybody's code and may raise anything.
        except Exception as problem:
            readied.append(Readied(metric, None, f"{type(problem).__name__}: {problem}"))
    return readied


def measure(
    readied: Sequence[Readied],
    sample: Sample,
    pairs: Mapping[str, NDArray[np.float32]],
    units: int,
    protocol: Stamp,
) -> Measured:
    """Measure one entry.

    Args:
        readied: The metrics.
        sample: The outputs; its pairs are filled in here, those that each metric names.
        pairs: Values of all pair extractors.
        units: Number of different content pictures: what is independent.
        protocol: The stamp that all figures share; metric and variant are filled in.
    """
    figures: dict[str, Figure] = {}
    values: dict[str, tuple[float, ...]] = {}
    flags: dict[int, tuple[str, ...]] = {}
    cautions: list[tuple[str, Caution]] = []
    for each in readied:
        metric = each.metric
        found = _one(each, sample, pairs)
        replicates = found.replicates
        if not replicates and found.per_picture and len(sample.subsets):
            replicates = subset_means(found.per_picture, sample.subsets)
        interval = _interval(metric, found, replicates, units)
        stamp = Stamp(
            metric.name,
            metric.variant,
            protocol.weights,
            protocol.reference,
            protocol.content,
            protocol.format,
            protocol.n,
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


def _one(readied: Readied, sample: Sample, pairs: Mapping[str, NDArray[np.float32]]) -> Measurement:
    metric = readied.metric
    failure = readied.failure
    if readied.meter is not None:
        own = Sample(
            sample.outputs,
            sample.target,
            sample.content,
            {name: pairs[name] for name in metric.pairs},
            sample.subsets,
        )
        try:
            return _checked(metric, readied.meter(own), len(sample.outputs), len(sample.subsets))
        except StylecliError as problem:
            failure = problem.message
        except Exception as problem:
            failure = f"{type(problem).__name__}: {problem}"
    return Measurement(
        None,
        cautions=(Caution("metric-failed", f"{metric.name} could not be measured: {failure}"),),
    )


def _checked(metric: Metric, found: Measurement, outputs: int, subsets: int) -> Measurement:
    """Refuse what cannot be a measurement, so that no report shows it as one."""
    numbers = [*found.per_picture, *found.replicates]
    if found.value is not None:
        numbers.append(found.value)
    if not all(math.isfinite(number) for number in numbers):
        raise StylecliError("it gave what is no finite number")
    if found.per_picture and len(found.per_picture) != outputs:
        raise StylecliError(f"it gave {len(found.per_picture)} values for {outputs} pictures")
    if found.replicates and len(found.replicates) != subsets:
        raise StylecliError(f"it gave {len(found.replicates)} values for {subsets} subsets")
    return found


def _interval(
    metric: Metric, found: Measurement, replicates: Sequence[float], units: int
) -> Interval | None:
    if found.value is None:
        return None
    if metric.kind == "share":
        return wilson_interval(found.value, units)
    return half_sample_interval(found.value, replicates, units)
