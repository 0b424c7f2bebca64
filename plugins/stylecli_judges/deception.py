"""Deception by a network: whom a classifier of artists takes the painter for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import stylecli
from stylecli_judges import published, readers
from stylecli_judges.judged import JudgedMetric, Seen

ARTIST = Seen("artist-classifier", "pixels", readers.classifier, (published.CLASSIFIER,))


class Deception(JudgedMetric):
    """The share of outputs that a classifier of artists gives to the style's (Sanakoyeu et al. 2018)."""

    name = "deception"
    symbol = "DEC"
    summary = "share of outputs that a classifier of artists takes for the style's own"
    variant = "artist of the highest probability, by the classifier that is there"
    better = "more"
    kind = "share"
    beside = ("of_references", "untouched_photos")
    weights = ARTIST.weights
    features_seen = (ARTIST,)

    def __init__(self) -> None:
        self._artists: tuple[str, ...] = ()

    def with_weights(self, found: Mapping[str, stylecli.LocalWeights], device: str = "cpu") -> Self:
        """Give it its classifier, whose artists are read at once."""
        from stylecli_judges.artists import artists_of

        made = super().with_weights(found, device)
        made._artists = artists_of(found[published.CLASSIFIER.name].paths[published.CONFIG])
        return made

    def meter(self, setting: stylecli.Setting) -> stylecli.Meter:
        """Nothing to ready: the classifier knows its artists."""
        from stylecli_judges.likeness_meters import ArtistMeter

        return ArtistMeter(setting, ARTIST.name, self._artists)
