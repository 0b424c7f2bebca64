"""Which metrics ``stylecli eval`` measures, and the networks that they rest on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from stylecli.errors import UsageError
from stylecli.places import Places
from stylecli.registry import Registry

if TYPE_CHECKING:
    from stylecli.evaluation.weights.digests import Digests
    from stylecli.evaluation.weights.looking import Found
    from stylecli.evaluation.weights.networks import Networks
    from stylecli.metric import Metric

LIST = "stylecli eval weights list"


def chosen_metrics(
    registry: Registry,
    names: str | None,
    there: Collection[str],
    tell: Callable[[str], None],
    warn: Callable[[str], None],
) -> tuple[list[Metric], Networks]:
    """The metrics that were named, or all that can be measured, and their networks.

    Args:
        registry: What is installed.
        names: As typed after ``--metrics``, or None.
        there: Which of "content", "baseline", "styles" there are.
        tell: Says a sentence to the user.
        warn: Says that something is wrong.

    Raises:
        UsageError: None is named, one is unknown, or one needs what is not there.
        StylecliError: A network's file is missing of a metric that was named, or is another than the
            published one.
    """
    named = None if names is None else _named(registry, names, there)
    fitting = [metric for metric in registry.metrics.values() if metric.needs <= set(there)]
    metrics = fitting if named is None else _with_others(named, fitting)
    if not any(metric.weights for metric in metrics):
        from stylecli.evaluation.weights.networks import NO_NETWORKS

        return metrics, NO_NETWORKS
    return _with_networks(metrics, named or (), tell, warn)


class Remarks:
    """What is said of the metrics once all else that was asked for has turned out to be possible."""

    def __init__(self) -> None:
        self._said: list[tuple[str, bool]] = []

    def note(self, text: str) -> None:
        """Keep a sentence for the user."""
        self._said.append((text, False))

    def warn(self, text: str) -> None:
        """Keep a warning."""
        self._said.append((text, True))

    def tell(self, note: Callable[[str], None], warn: Callable[[str], None]) -> None:
        """Say them."""
        for text, is_warning in self._said:
            (warn if is_warning else note)(text)


def remembered_digests() -> Digests:
    """What is remembered of large files."""
    from stylecli.evaluation.weights.digests import DIGESTS, Digests

    return Digests(Places.default().cache / DIGESTS)


def _named(registry: Registry, names: str, there: Collection[str]) -> list[Metric]:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        raise UsageError(
            "--metrics names none.", f"There are: {', '.join(registry.metrics) or 'none'}."
        )
    chosen = list({id(each): each for each in map(registry.metric, wanted)}.values())
    for metric in chosen:
        missing = sorted(metric.needs - set(there))
        if missing:
            needs = " and ".join(sorted(metric.needs))
            raise UsageError(f"{metric.name} needs {needs}.", _HINTS[missing[0]])
    return chosen


def _with_others(named: Iterable[Metric], fitting: Iterable[Metric]) -> list[Metric]:
    """Each metric, and behind it those that it must not be read without."""
    known = {metric.name: metric for metric in fitting}
    found: dict[str, Metric] = {}
    for metric in named:
        for each in (metric, *(known[name] for name in metric.with_others if name in known)):
            found.setdefault(each.name, each)
    return list(found.values())


def _with_networks(
    metrics: list[Metric],
    named: Collection[Metric],
    tell: Callable[[str], None],
    warn: Callable[[str], None],
) -> tuple[list[Metric], Networks]:
    from stylecli.evaluation.weights.networks import NO_NETWORKS, Networks, split_by_weights

    found, unusable = split_by_weights(metrics, Places.default().weights, remembered_digests())
    _refuse_lacking(named, unusable)
    lacking = _lacking(metrics, unusable, "missing")
    if lacking and not named:
        verb = "metric needs" if len(lacking) == 1 else "metrics need"
        tell(f"{len(lacking)} more {verb} a network's weights: {LIST}")
    for name, files in unusable.items():
        if files.state == "wrong":
            without = _lacking(metrics, {name: files}, "wrong")
            names = ", ".join(metric.name for metric in without)
            warn(f"Not measured: {names}. {files.problem}")
    metrics = [metric for metric in metrics if all(each.name in found for each in metric.weights)]
    resting = [metric.name for metric in metrics if metric.weights]
    if not resting:
        return metrics, NO_NETWORKS
    from stylecli.bases.device import pick_device

    device = str(pick_device())
    if not named and device == "cpu":
        # On a processor the largest take seconds a picture.
        tell(
            f"Networks measure, too ({', '.join(resting)}); to be quicker name others: --metrics sc,cr"
        )
    return metrics, Networks(found, device)


def _refuse_lacking(named: Iterable[Metric], unusable: Mapping[str, Found]) -> None:
    """Raise why metrics that were named cannot be measured, if a network is missing or wrong."""
    from stylecli.evaluation.weights.looking import fetch_of

    lacking = [metric for metric in named if any(each.name in unusable for each in metric.weights)]
    needed = dict.fromkeys(
        each.name for metric in lacking for each in metric.weights if each.name in unusable
    )
    found = [unusable[name] for name in needed]
    for each in found:
        if each.state == "wrong" and each.problem:
            raise each.problem
    if not found:
        return
    rest = "rests on" if len(lacking) == 1 else "rest on"
    what, it = ("a network that is", "it") if len(found) == 1 else ("networks that are", "them")
    files = " ".join(each.problem.message for each in found if each.problem)
    raise UsageError(
        f"{', '.join(metric.name for metric in lacking)} {rest} {what} not here: {files}",
        f"Fetch {it} with {fetch_of([each.weights for each in found])}, or put {it} there.",
    )


def _lacking(metrics: Iterable[Metric], unusable: Mapping[str, Found], state: str) -> list[Metric]:
    names = {name for name, files in unusable.items() if files.state == state}
    return [metric for metric in metrics if names & {each.name for each in metric.weights}]


_HINTS = {
    "baseline": "Give the base's own pictures with --baseline.",
    "content": "Give the photos with --content.",
    "styles": "Give pictures of two styles or more with --reference.",
}
