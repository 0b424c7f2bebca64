"""Distances of outputs and references, each taken as a whole; the mathematics loads when they are used."""

from __future__ import annotations

from typing import ClassVar

import stylecli
from stylecli_judges import published, readers
from stylecli_judges.judged import JudgedMetric, Seen

_INCEPTION = (readers.inception, (published.INCEPTION,))
CLEAN = Seen("inception-fid-clean", "clean", *_INCEPTION)
LEGACY = Seen("inception-fid-legacy", "legacy", *_INCEPTION)
ART = Seen("inception-art-512", "of_art", readers.inception_of_art, (published.ART_INCEPTION,))
CLIP = Seen("clip-vit-l14-336", "clip_336", readers.clip, (published.CLIP,))
DINOV2 = Seen("dinov2-vit-l14-224", "dinov2_224", readers.dinov2, (published.DINOV2,))
LPIPS_WEIGHTS = (published.ALEXNET, published.LPIPS)
LPIPS = Seen("lpips-alex-512", "pair", readers.perceptual, LPIPS_WEIGHTS)


class FrechetDistance(JudgedMetric):
    """A Fréchet distance of its one feature, with the kernel distance beside it.

    Attributes:
        repeated: Whether a reference counts as often as outputs were painted after it.
    """

    better = "less"
    beside = ("kid",)
    kind = "biased"
    repeated: ClassVar[bool] = False

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the references' features."""
        from stylecli_judges.distance_meters import FrechetMeter

        return FrechetMeter(setting, self.features_seen[0].name, self.repeated)


class Fid(FrechetDistance):
    """The Fréchet Inception distance, resized as clean-fid does."""

    name = "fid"
    symbol = "FID"
    summary = "Fréchet Inception distance to the style's pictures; only figures of equal N compare"
    variant = "Inception 2015 pool3, clean-fid's resize to 299 (bicubic, antialiased, not rounded)"
    with_others = ("kid",)
    weights = CLEAN.weights
    features_seen = (CLEAN,)


class FidLegacy(FrechetDistance):
    """The Fréchet Inception distance, resized as its first implementation did."""

    name = "fid-legacy"
    symbol = "FIDL"
    summary = "Fréchet Inception distance as TensorFlow resized; only figures of equal N compare"
    variant = (
        "Inception 2015 pool3, TensorFlow 1's resize to 299 (bilinear, aliased; torch-fidelity's)"
    )
    with_others = ("kid",)
    weights = LEGACY.weights
    features_seen = (LEGACY,)


class Kid(JudgedMetric):
    """The kernel Inception distance."""

    name = "kid"
    symbol = "KID"
    summary = (
        "kernel Inception distance to the style's pictures; 0 = the same, whatever their number"
    )
    variant = (
        "Inception 2015 pool3, clean-fid's resize to 299; (x.y / 2048 + 1)^3, unbiased over all "
        "pairs, no subsets"
    )
    better = "less"
    weights = CLEAN.weights
    features_seen = (CLEAN,)

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the references' features."""
        from stylecli_judges.distance_meters import KernelMeter
        from stylecli_judges.kernels import polynomial

        return KernelMeter(setting, CLEAN.name, polynomial, unbiased=True)


class FidOfArt(FrechetDistance):
    """ArtFID's Fréchet distance: how StyleID and those who follow it mean FID."""

    name = "fid-art"
    symbol = "FIDA"
    summary = "Fréchet distance by an Inception trained on art; only figures of equal N compare"
    variant = (
        "ArtFID's Inception, [0, 1], short side 512 px bilinear; a reference counts as often as "
        "outputs were painted after it, where names tell"
    )
    weights = ART.weights
    features_seen = (ART,)
    repeated = True


class ArtFid(JudgedMetric):
    """ArtFID: style and content in one figure, beside which both stand."""

    name = "artfid"
    symbol = "ARTFID"
    summary = "(1 + LPIPS)(1 + FID by an Inception trained on art); only figures of equal N compare"
    variant = "(1 + lpips)(1 + fid-art), " + FidOfArt.variant
    better = "less"
    beside = ("fid_art", "lpips")
    kind = "biased"
    needs = frozenset({"content"})
    weights = (*ART.weights, *LPIPS.weights)
    features_seen = (ART,)
    pairs_seen = (LPIPS,)

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the references' features."""
        from stylecli_judges.distance_meters import ArtFidMeter

        return ArtFidMeter(setting, ART.name, LPIPS.name)


class Cmmd(JudgedMetric):
    """The maximum mean discrepancy of CLIP's embeddings."""

    name = "cmmd"
    symbol = "CMMD"
    summary = "discrepancy of CLIP's embeddings from the style's pictures; 0 = the same"
    variant = (
        "CLIP ViT-L/14-336, centre square at 336 px bicubic; Gaussian kernel, sigma 10, x 1000, "
        "biased as in the authors' code"
    )
    better = "less"
    kind = "biased"
    weights = CLIP.weights
    features_seen = (CLIP,)

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the references' embeddings."""
        from stylecli_judges.distance_meters import KernelMeter
        from stylecli_judges.kernels import gaussian

        return KernelMeter(setting, CLIP.name, gaussian, unbiased=False, scale=1000)


class FdDinov2(FrechetDistance):
    """The Fréchet distance in DINOv2's space."""

    name = "fd-dinov2"
    symbol = "FDD"
    summary = "Fréchet distance of DINOv2's features; only figures of equal N compare"
    variant = (
        "DINOv2 ViT-L/14, whole picture to 224 x 224 bicubic (dgm-eval's, not its clean resize)"
    )
    weights = DINOV2.weights
    features_seen = (DINOV2,)
