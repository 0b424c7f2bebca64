"""The metrics of content, as the program sees them; the mathematics loads when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import stylecli

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

DRAWING = "drawing-v1"
SSIM = "ssim-wang-256"
GMSD = "gmsd-xue-256"


def drawing_of(image: Image) -> NDArray[np.float64]:
    """Oriented gradients and self-similarity, see `stylecli_metrics.content_retention.drawing`."""
    from stylecli_metrics.content_retention import drawing

    return drawing(image)


def ssim_of(output: Image, content: Image) -> float:
    """See `stylecli_metrics.ssim.ssim`."""
    from stylecli_metrics.ssim import ssim

    return ssim(output, content)


def gmsd_of(output: Image, content: Image) -> float:
    """See `stylecli_metrics.gmsd.gmsd`."""
    from stylecli_metrics.gmsd import gmsd

    return gmsd(output, content)


class ContentRetention(stylecli.Metric):
    """How much of what a photograph shows is still there."""

    name = "content-retention"
    symbol = "CR"
    summary = "1 = the photo's drawing, 0 = no more alike than unrelated pictures are"
    variant = "HOG and self-similarity drawing-v1, centre square at 256 px"
    better = "more"
    axis = "content"
    headline = True
    needs = frozenset({"content"})
    features: Mapping[str, stylecli.Extractor] = {DRAWING: drawing_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the content's drawings."""
        from stylecli_metrics.content_meters import RetentionMeter

        return RetentionMeter(setting, DRAWING)


class Ssim(stylecli.Metric):
    """Structural similarity of output and photo."""

    name = "ssim"
    symbol = "SSIM"
    summary = "structural similarity to the photo, pixel by pixel; 1 = the same picture"
    variant = "Wang et al. 2004 (Gaussian 11, 1.5; luma; valid region), centre square at 256 px"
    better = "more"
    needs = frozenset({"content"})
    pairs: Mapping[str, stylecli.PairExtractor] = {SSIM: ssim_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Nothing to ready: it is a mean over pairs."""
        from stylecli_metrics.content_meters import PairMeter

        return PairMeter(SSIM)


class Gmsd(stylecli.Metric):
    """Gradient magnitude similarity deviation of output and photo."""

    name = "gmsd"
    symbol = "GMSD"
    summary = "how unevenly the edges agree with the photo's; 0 = the same picture"
    variant = "Xue et al. 2014 (Prewitt, c = 170; luma), centre square at 256 px"
    better = "less"
    needs = frozenset({"content"})
    pairs: Mapping[str, stylecli.PairExtractor] = {GMSD: gmsd_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Nothing to ready: it is a mean over pairs."""
        from stylecli_metrics.content_meters import PairMeter

        return PairMeter(GMSD)


class Copies(stylecli.Metric):
    """The share of outputs in which a whole reference picture comes back."""

    name = "copies"
    symbol = "COPY"
    summary = "share of outputs that show a whole reference picture, as it is or mirrored"
    variant = "drawing-v1 nearer than .75 to a reference picture and nearer than to the photo"
    better = "less"
    kind = "share"
    features: Mapping[str, stylecli.Extractor] = {DRAWING: drawing_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the references' drawings."""
        from stylecli_metrics.content_meters import CopyMeter

        return CopyMeter(setting, DRAWING)
