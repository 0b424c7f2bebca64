"""Metrics of style transfer that need no weights."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_metrics() -> Iterable[stylecli.Metric]:
    """Give the metrics, the headline figures first."""
    from stylecli_metrics.measured_content import ContentRetention, Copies, Gmsd, Ssim
    from stylecli_metrics.measured_style import (
        Deception,
        EnergyRatio,
        Palette,
        Patches,
        StyleClosure,
    )

    return [
        StyleClosure(),
        ContentRetention(),
        Deception(),
        EnergyRatio(),
        Palette(),
        Patches(),
        Ssim(),
        Gmsd(),
        Copies(),
    ]
