"""What the checks of a metric work with: pictures, what it says of them, and what it does beside."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from stylecli.errors import StylecliError
from stylecli.evaluation.checking import checked
from stylecli.evaluation.weights.digests import DIGESTS, Digests
from stylecli.evaluation.weights.networks import split_by_weights
from stylecli.metric import Measurement, Metric, Sample, Setting
from stylecli.places import Places
from stylecli.testing.checks import Nonconformance, NotApplicable
from stylecli.testing.metric_pictures import Gallery
from stylecli.testing.session import package_folders
from stylecli.testing.watching import captured, watched
from stylecli.testing.written import OURS
from stylecli.weights import LocalWeights


class MetricTable:
    """A metric, pictures of two styles, and what it says of them.

    Attributes:
        declared: The metric as it was given.
        printed: What it printed so far.
        strays: Files and folders that it wrote so far.

    Args:
        metric: The metric.
        networks: See `stylecli.testing.metrics.metric_checks`.
    """

    def __init__(self, metric: Metric, networks: Mapping[str, LocalWeights] | None) -> None:
        self.declared = metric
        self._networks = networks
        self._count = 0
        self.printed = ""
        self.strays: list[str] = []

    @cached_property
    def _folder(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(prefix=OURS)

    @contextlib.contextmanager
    def seen(self) -> Iterator[None]:
        """See what the metric prints and where it writes inside; its networks are found before."""
        _ = self.metric
        self._count += 1
        around = Path(self._folder.name) / str(self._count)
        precious = package_folders(type(self.declared))
        with watched(around, precious) as strays, captured() as output:
            yield
        self.printed += output.text
        self.strays += strays.files

    @cached_property
    def metric(self) -> Metric:
        """The metric, with its networks where it rests on some."""
        if not self.declared.weights:
            return self.declared
        found = self._at_hand() if self._networks is None else self._networks
        return self.declared.with_weights(found)

    @cached_property
    def gallery(self) -> Gallery:
        """The pictures, by the metric's features."""
        return Gallery(self.metric)

    def _at_hand(self) -> Mapping[str, LocalWeights]:
        places = Places.default()
        digests = Digests(places.cache / DIGESTS)
        found, unusable = split_by_weights([self.declared], places.weights, digests)
        for name, files in unusable.items():
            if files.state == "missing":
                raise NotApplicable(f"Its network {name} is not on this machine.")
            raise NotApplicable(str(files.problem))
        return found

    @cached_property
    def found(self) -> Measurement:
        """What it says of outputs that are half photo, half style."""
        return self.measure(self.gallery.setting, self.gallery.sample())

    def measure(self, setting: Setting, sample: Sample) -> Measurement:
        """One figure."""
        try:
            meter = self.metric.meter(setting)
            return checked(meter(sample), len(sample.outputs), len(sample.subsets))
        except StylecliError as problem:
            raise Nonconformance(
                f"It could not measure {len(sample.outputs)} pictures: {problem.message}.",
                "A `Measurement`: finite numbers, one a picture, one a subset; None with a caution.",
            ) from problem
