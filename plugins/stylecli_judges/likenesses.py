"""Figures of each output beside its photo and the style; the mathematics loads when they are used."""

from __future__ import annotations

from typing import ClassVar

import stylecli
from stylecli_judges import published, readers
from stylecli_judges.distances import CLIP, DINOV2, LPIPS, LPIPS_WEIGHTS
from stylecli_judges.judged import JudgedMetric, Seen

LPIPS_GREY = Seen("lpips-alex-grey-512", "grey_pair", readers.perceptual, LPIPS_WEIGHTS)
CFSD = Seen("cfsd-vgg19-512", "pair", readers.structure, (published.VGG19,))
CSD = Seen("csd-vit-l-224", "clip_224", readers.style_descriptors, (published.CSD,))
_SIZE = "short side 512 px bilinear, the photo at the output's size"


class PairMean(JudgedMetric):
    """The mean of its one comparison of output and photo: how far apart they are."""

    better = "less"
    needs = frozenset({"content"})

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Nothing to ready: it is a mean over pairs."""
        from stylecli_judges.likeness_meters import PairMeter

        return PairMeter(self.pairs_seen[0].name)


class ContentCosine(JudgedMetric):
    """The mean cosine of output and photo by its one feature."""

    better = "more"
    beside = ("other",)
    needs = frozenset({"content"})

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the photos' features."""
        from stylecli_judges.likeness_meters import ContentMeter

        return ContentMeter(setting, self.features_seen[0].name)


class StyleCosine(JudgedMetric):
    """The mean cosine of outputs and references by its one feature.

    Attributes:
        head: Which of several features of a picture, where its network gives several.
    """

    better = "more"
    beside = ("gap",)
    head: ClassVar[int | None] = None

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Ready the references' features."""
        from stylecli_judges.likeness_meters import StyleMeter

        return StyleMeter(setting, self.features_seen[0].name, self.head)


class Lpips(PairMean):
    """How far apart output and photo look."""

    name = "lpips"
    symbol = "LPIPS"
    summary = "how far output and photo look apart; 0 = the same picture"
    variant = f"LPIPS 0.1 alex, {_SIZE}"
    weights = LPIPS.weights
    pairs_seen = (LPIPS,)


class LpipsGrey(PairMean):
    """How far apart output and photo look without their colours."""

    name = "lpips-grey"
    symbol = "LPIPSG"
    summary = "how far output and photo look apart without colour; 0 = the same picture"
    variant = f"LPIPS 0.1 alex, grey (BT.601), {_SIZE}"
    weights = LPIPS_GREY.weights
    pairs_seen = (LPIPS_GREY,)


class Cfsd(PairMean):
    """How far the layout of the photo is gone."""

    name = "cfsd"
    symbol = "CFSD"
    summary = "how far the photo's layout is gone; 0 = the same picture, more for larger pictures"
    variant = (
        f"StyleID's, VGG-19 relu3_1, KL of softmaxed self-similarity summed over places, {_SIZE}"
    )
    weights = CFSD.weights
    pairs_seen = (CFSD,)


class Csd(StyleCosine):
    """How alike outputs and the style's pictures are to a network that was taught style."""

    name = "csd"
    symbol = "CSD"
    summary = (
        "style similarity to the style's pictures; the gap says how much less than among these"
    )
    variant = "CSD ViT-L style head, short side 224 px bicubic, centre crop; mean cosine over all references"
    weights = CSD.weights
    features_seen = (CSD,)
    head = 0


class ClipContent(ContentCosine):
    """Whether CLIP still sees the same in output and photo."""

    name = "clip-content"
    symbol = "CLIPC"
    summary = "CLIP's cosine of output and photo; 1 = the same to it"
    variant = "CLIP ViT-L/14-336 image embeddings, centre square at 336 px bicubic"
    weights = CLIP.weights
    features_seen = (CLIP,)


class ClipStyle(StyleCosine):
    """How alike outputs and the style's pictures are to CLIP."""

    name = "clip-style"
    symbol = "CLIPS"
    summary = (
        "CLIP's mean cosine to the style's pictures; the gap says how much less than among these"
    )
    variant = ClipContent.variant + "; mean cosine over all references"
    weights = CLIP.weights
    features_seen = (CLIP,)


class DinoContent(ContentCosine):
    """Whether DINOv2 still sees the same in output and photo."""

    name = "dino-content"
    symbol = "DINOC"
    summary = "DINOv2's cosine of output and photo; 1 = the same to it"
    variant = "DINOv2 ViT-L/14 class token, whole picture to 224 x 224 bicubic"
    weights = DINOV2.weights
    features_seen = (DINOV2,)


class DinoStyle(StyleCosine):
    """How alike outputs and the style's pictures are to DINOv2."""

    name = "dino-style"
    symbol = "DINOS"
    summary = (
        "DINOv2's mean cosine to the style's pictures; the gap says how much less than among these"
    )
    variant = DinoContent.variant + "; mean cosine over all references"
    weights = DINOV2.weights
    features_seen = (DINOV2,)
