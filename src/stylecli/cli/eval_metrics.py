"""Which metrics ``stylecli eval`` measures."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from stylecli.errors import UsageError
from stylecli.registry import Registry

if TYPE_CHECKING:
    from stylecli.metric import Metric


def chosen_metrics(registry: Registry, names: str | None, there: Collection[str]) -> list[Metric]:
    """The metrics that were named, or all that can be measured.

    Args:
        registry: What is installed.
        names: As typed after ``--metrics``, or None.
        there: Which of "content", "baseline", "styles" there are.

    Raises:
        UsageError: None is named, one is unknown, or one needs what is not there.
    """
    if names is None:
        return [metric for metric in registry.metrics.values() if metric.needs <= set(there)]
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


_HINTS = {
    "baseline": "Give the base's own pictures with --baseline.",
    "content": "Give the photos with --content.",
    "styles": "Give pictures of two styles or more with --reference.",
}
