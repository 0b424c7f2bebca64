"""Metrics of style transfer that rest on published networks."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_metrics() -> Iterable[stylecli.Metric]:
    """Give the metrics, distances of sets first."""
    from stylecli_judges.deception import Deception
    from stylecli_judges.distances import (
        ArtFid,
        Cmmd,
        FdDinov2,
        Fid,
        FidLegacy,
        FidOfArt,
        Kid,
    )
    from stylecli_judges.likenesses import (
        Cfsd,
        ClipContent,
        ClipStyle,
        Csd,
        DinoContent,
        DinoStyle,
        Lpips,
        LpipsGrey,
    )

    return [
        Fid(),
        FidLegacy(),
        Kid(),
        Cmmd(),
        FdDinov2(),
        ArtFid(),
        FidOfArt(),
        Lpips(),
        LpipsGrey(),
        Cfsd(),
        Csd(),
        ClipContent(),
        ClipStyle(),
        DinoContent(),
        DinoStyle(),
        Deception(),
    ]
