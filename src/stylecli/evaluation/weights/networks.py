"""Metrics with their networks at hand: what goes into stamps and keys of the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stylecli.errors import told
from stylecli.evaluation.result import Warned
from stylecli.evaluation.weights.digests import Digests
from stylecli.evaluation.weights.looking import Found, look
from stylecli.metric import Metric, declared_weights
from stylecli.weights import LocalWeights


@dataclass(frozen=True)
class Networks:
    """Networks on this machine that metrics rest on.

    Attributes:
        found: Their files by name.
        device: Where they compute: "cpu", "cuda".
    """

    found: Mapping[str, LocalWeights] = field(default_factory=dict)
    device: str = "cpu"

    def stamp(self, metric: Metric) -> str:
        """The digests of a metric's networks, joined by plus signs; "" where it has none."""
        return "+".join(self.found[each.name].digest for each in metric.weights)

    def given_to(self, metrics: Sequence[Metric]) -> tuple[list[Metric], dict[str, str]]:
        """The metrics with their networks, and why some could not take them, by name."""
        given: list[Metric] = []
        failed: dict[str, str] = {}
        for metric in metrics:
            if not metric.weights:
                given.append(metric)
                continue
            own = {each.name: self.found[each.name] for each in metric.weights}
            try:
                given.append(metric.with_weights(own, self.device))
            # A metric is anybody's code and may raise anything.
            except KeyboardInterrupt:
                raise
            except BaseException as problem:
                failed[metric.name] = told(problem)
                given.append(metric)
        return given, failed

    def of_features(self, metrics: Sequence[Metric]) -> dict[str, str]:
        """The digests that each feature and comparison rests on, by its name.

        What several metrics share rests only on networks that all of them have.
        """
        resting: dict[str, set[str]] = {}
        for metric in metrics:
            own = {self.found[each.name].digest for each in metric.weights}
            for name in (*metric.features, *metric.pairs):
                resting[name] = resting.get(name, own) & own
        return {name: "+".join(sorted(digests)) for name, digests in resting.items() if digests}

    def unknown_in(self, metrics: Sequence[Metric]) -> set[str]:
        """Names of the metrics of whose networks nobody can say that they are the published ones."""
        return {
            metric.name
            for metric in metrics
            if not all(self.found[each.name].known for each in metric.weights)
        }

    def warnings(self, metrics: Sequence[Metric]) -> list[Warned]:
        """Of networks of which nobody can say that they are the published ones."""
        found = []
        for name, local in self.found.items():
            resting = [
                metric.name
                for metric in metrics
                if name in {each.name for each in metric.weights} and not local.known
            ]
            if resting:
                message = (
                    f"whether {name} is the network that others measure with is not known: its published hash is not; "
                    f"here it is {local.digest[:12]}"
                )
                found.append(Warned("unknown-weights", message, (), tuple(resting)))
        return found


NO_NETWORKS = Networks()


def split_by_weights(
    metrics: Sequence[Metric], folder: Path, digests: Digests
) -> tuple[dict[str, LocalWeights], dict[str, Found]]:
    """The networks that are here, and those of which a file is missing or wrong, by name.

    Args:
        metrics: Of which the networks are looked for.
        folder: Where they are: ``NAME/FILE``.
        digests: What is remembered of files.
    """
    found, unusable = {}, {}
    for name, weights in declared_weights(metrics).items():
        files = look(weights, folder, digests)
        if files.state in ("missing", "wrong"):
            unusable[name] = files
        else:
            found[name] = files.local()
    return found, unusable
