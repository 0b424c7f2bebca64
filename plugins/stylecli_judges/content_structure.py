"""CFSD, content feature structural distance (Chung et al. 2024, StyleID): does the layout still stand?

How alike each place of a picture is to every other one, as VGG-19's third block sees them, is a
distribution for each place; the distance is the sum over the places of the Kullback-Leibler
divergence from the photo's to the output's.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from stylecli_judges.state_files import fill, read_state, under
from stylecli_judges.views import IMAGENET

# At 512 px there are 16384 places: so many rows take 4 MiB, which stays near the processor.
_ROWS = 64


class Structure(nn.Module):  # type: ignore[misc]
    """VGG-19 up to ``relu3_1`` (Simonyan & Zisserman 2015), numbered as torchvision's file is."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(128, 128, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(128, 256, 3, padding=1),
            nn.ReLU(),
        )

    def forward(self, output: Tensor, content: Tensor) -> Tensor:
        """The distance (), at least 0, of pictures (1, 3, H, W) of one size in [0, 1]."""
        mine, theirs = self._places(output), self._places(content)
        total = 0.0
        for first in range(0, len(mine), _ROWS):
            rows = slice(first, first + _ROWS)
            divergences = _divergences(mine[rows] @ mine.T, theirs[rows] @ theirs.T)
            total += math.fsum(divergences.tolist())
        return torch.tensor(total, dtype=torch.float64)

    def _places(self, picture: Tensor) -> Tensor:
        """(places, 256): features divided by their number, as the reference does."""
        mean, deviation = (
            torch.tensor(each, device=picture.device)[:, None, None] for each in IMAGENET
        )
        features = self.features((picture - mean) / deviation)[0]
        return features.flatten(1).T / len(features)


def _divergences(own: Tensor, photos: Tensor) -> Tensor:
    """The divergence of each row's softmax (n,), the photo's from the output's; rows are (n, places).

    The softmaxes are nearly even: a divergence is a part in 10^5 of the logarithms that it is the
    difference of, and single precision would lose it. About the rows' means nothing large is left.
    """
    own, photos = (each - each.mean(dim=-1, keepdim=True) for each in (own, photos))
    mine, theirs = own.expm1().mean(dim=-1), photos.expm1()
    rise = theirs.mean(dim=-1)
    # A place's share is (1 + theirs) / (1 + rise) of an even one. What rounding left of the rows' means
    # is in all three terms, and cancels.
    apart = photos - own
    across = ((theirs * apart).mean(dim=-1) + apart.mean(dim=-1)) / (1 + rise)
    return across + mine.log1p() - rise.log1p()


def read_structure(path: Path) -> Structure:
    """The network with VGG-19's published weights; its later layers are left in the file.

    Raises:
        StylecliError: The file is not this network's.
    """
    with torch.device("meta"):
        network = Structure()
    later = tuple(f"{index}." for index in range(12, 37))
    fill(network.features, under(read_state(path), "features."), path, unused=later)
    network.eval()
    return network
