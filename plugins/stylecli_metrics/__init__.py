"""Metrics of style transfer that need no weights."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_metrics() -> Iterable[stylecli.Metric]:
    """Give the metrics."""
    return []
