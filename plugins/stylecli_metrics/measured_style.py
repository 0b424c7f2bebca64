"""The metrics of style, as the program sees them; the mathematics loads when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import stylecli

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

PHI = "phi-v1"
JUDGE = "judge-v1"
PALETTE = "palette-v1"
PATCHES = "patches-v1"


def phi_of(image: Image) -> NDArray[np.float64]:
    """The 46 features of `stylecli_metrics.features`, standardised."""
    from stylecli_metrics.features import phi_v1

    row: NDArray[np.float64] = phi_v1([image])[0]
    return row


def judge_view_of(image: Image) -> NDArray[np.float64]:
    """What the judge of painters sees, see `stylecli_metrics.deception.judge_features`."""
    from stylecli_metrics.deception import judge_features

    view: NDArray[np.float64] = judge_features([image])[0]
    return view


def palette_of(image: Image) -> NDArray[np.float64]:
    """The distribution of colours, see `stylecli_metrics.palette`."""
    from stylecli_metrics.palette import palette

    return palette(image)


def patches_of(image: Image) -> NDArray[np.float64]:
    """The distribution of patches, see `stylecli_metrics.patches`."""
    from stylecli_metrics.patches import patches

    return patches(image)


class StyleClosure(stylecli.Metric):
    """How much of the way from the photographs to the style the outputs have gone."""

    name = "style-closure"
    symbol = "SC"
    summary = (
        "0 = still the photos, 1 = as near to the style as its own pictures are, "
        "below 0 = farther from it than the photos"
    )
    variant = "energy distance of phi-v1, centre square at 256 px"
    better = "more"
    axis = "style"
    headline = True
    needs = frozenset({"content"})
    features: Mapping[str, stylecli.Extractor] = {PHI: phi_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the reference's own spread."""
        from stylecli_metrics.style_meters import ClosureMeter

        return ClosureMeter(setting, PHI)


class EnergyRatio(stylecli.Metric):
    """Style closure's counterpart for pictures made from text."""

    name = "energy-ratio"
    symbol = "ER"
    summary = (
        "distance to the style over the baseline's: 0 = the style, 1 = no nearer than the base"
    )
    variant = "energy distance of phi-v1, centre square at 256 px"
    better = "less"
    axis = "style"
    headline = True
    needs = frozenset({"baseline"})
    features: Mapping[str, stylecli.Extractor] = {PHI: phi_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the baseline's distances."""
        from stylecli_metrics.style_meters import EnergyRatioMeter

        return EnergyRatioMeter(setting, PHI)


class Deception(stylecli.Metric):
    """The share of outputs that a small judge of painters takes for the style."""

    name = "deception-lite"
    symbol = "DL"
    summary = "share of outputs that a small judge of painters calls by the style's name"
    variant = "kernel ridge on phi at 128 px after JPEG 75, styles and photos of this evaluation"
    better = "more"
    headline = True
    kind = "share"
    beside = ("accuracy", "untouched_photos")
    needs = frozenset({"content", "styles"})

    features: Mapping[str, stylecli.Extractor] = {JUDGE: judge_view_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Train the judge on the setting's styles and photographs."""
        from stylecli_metrics.deception_meter import DeceptionMeter

        return DeceptionMeter(setting, JUDGE)


class Palette(stylecli.Metric):
    """How far the outputs' colours are from the reference's."""

    name = "palette"
    symbol = "PAL"
    summary = "distance of the colours from the style's, in L*a*b*; 0 = the same palette"
    variant = "sliced W1, 24 directions, centre square at 128 px"
    better = "less"
    features: Mapping[str, stylecli.Extractor] = {PALETTE: palette_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the references' palettes."""
        from stylecli_metrics.palette import PALETTE_GRID
        from stylecli_metrics.style_meters import DistributionMeter

        return DistributionMeter(setting, PALETTE, PALETTE_GRID)


class Patches(stylecli.Metric):
    """How far the outputs' small pieces are from the reference's."""

    name = "patch-swd"
    symbol = "SWD"
    summary = "distance of 7 x 7 patches from the style's, over three scales; 0 = the same strokes"
    variant = "sliced W1, 3 Laplacian levels x 16 directions, L*a*b*, centre square at 256 px"
    better = "less"
    features: Mapping[str, stylecli.Extractor] = {PATCHES: patches_of}

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the references' patches."""
        from stylecli_metrics.patches import PATCH_GRID
        from stylecli_metrics.style_meters import DistributionMeter

        return DistributionMeter(setting, PATCHES, PATCH_GRID)
