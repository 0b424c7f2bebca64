"""Style pictures and class pictures in one batch (Ruiz et al. 2023, prior preservation)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import stylecli

if TYPE_CHECKING:
    import numpy as np


class Pairs:
    """Batches of as many class pictures as style pictures; an epoch sees all of the larger set.

    The loss of a batch is the style pictures' mean plus a weight times the class pictures' mean.

    Args:
        instances: The style pictures.
        classes: The class pictures.
        prior_weight: How much the class pictures' loss counts.

    Attributes:
        pictures: How many style pictures there are.
    """

    def __init__(
        self, instances: stylecli.Examples, classes: stylecli.Examples, prior_weight: float
    ) -> None:
        self.pictures = len(instances)
        self._instances = instances
        self._classes = classes
        self._weight = prior_weight

    def __len__(self) -> int:
        return max(len(self._instances), len(self._classes))

    def batch(self, indices: Sequence[int], random: np.random.Generator) -> stylecli.Batch:
        """Draw a batch: the smaller set's pictures come round more often."""
        import torch

        of_style, of_class = (
            examples.batch([index % len(examples) for index in indices], random)
            for examples in (self._instances, self._classes)
        )
        # The loss is the mean over both halves: twice a half's share of it is that half's mean.
        weights = [2.0] * len(indices) + [2.0 * self._weight] * len(indices)
        return stylecli.Batch(
            torch.cat([of_style.latents, of_class.latents]),
            of_style.conditions.followed_by(of_class.conditions),
            torch.tensor(weights),
        )
