"""What the metrics with networks share: how they come by them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import stylecli
from stylecli_judges.judging import features_by, judge, pairs_by


@dataclass(frozen=True)
class Seen:
    """A feature, or a comparison of pairs, that a network gives.

    Attributes:
        name: Of the feature; one name means one function for ever.
        view: What the network is shown: a function of `stylecli_judges.views`.
        read: Makes the network of the files, in the order of `weights` and of their names.
        weights: Its files.
    """

    name: str
    view: str
    read: Callable[..., Any]
    weights: tuple[stylecli.Weights, ...]


class JudgedMetric(stylecli.Metric):
    """A metric whose features, or comparisons, networks give.

    Attributes:
        features_seen: Its features.
        pairs_seen: Its comparisons.
    """

    features_seen: ClassVar[tuple[Seen, ...]] = ()
    pairs_seen: ClassVar[tuple[Seen, ...]] = ()

    def with_weights(self, found: Mapping[str, stylecli.LocalWeights], device: str = "cpu") -> Self:
        """Give it its networks, which are read at their first pictures."""
        made = copy.copy(self)
        made.features = {
            seen.name: features_by(judge(seen.read, found, seen.weights, device), seen.view)
            for seen in self.features_seen
        }
        made.pairs = {
            seen.name: pairs_by(judge(seen.read, found, seen.weights, device), seen.view)
            for seen in self.pairs_seen
        }
        return made
