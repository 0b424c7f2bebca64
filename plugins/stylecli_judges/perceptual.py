"""LPIPS (Zhang et al. 2018), version 0.1 on AlexNet: how far apart two pictures look."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from stylecli_judges.state_files import fill, read_state, under

_MEAN, _DEVIATION = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_CHANNELS = (64, 192, 384, 256, 256)
# After which of AlexNet's layers it is listened to: its rectifiers.
_LISTENED = (2, 5, 8, 10, 12)


def alexnet_features() -> nn.Sequential:
    """AlexNet up to its last convolution (Krizhevsky 2014), numbered as torchvision's file is."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(64, 192, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(192, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1),
        nn.ReLU(),
    )


class Lpips(nn.Module):  # type: ignore[misc]
    """The distance."""

    def __init__(self) -> None:
        super().__init__()
        self.features = alexnet_features()
        self.weights = nn.ModuleList(nn.Conv2d(each, 1, 1, bias=False) for each in _CHANNELS)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Distances (B,) of pictures (B, 3, H, W) in [0, 1]; 0 for the same."""
        total = one.new_zeros(len(one))
        for mine, theirs, weigh in zip(
            self._seen(one), self._seen(other), self.weights, strict=True
        ):
            total = total + weigh((mine - theirs) ** 2).mean(dim=(1, 2, 3))
        return total

    def _seen(self, pictures: Tensor) -> list[Tensor]:
        """What five layers say at each place, each brought to length 1."""
        mean, deviation = (
            torch.tensor(each, device=pictures.device)[:, None, None]
            for each in (_MEAN, _DEVIATION)
        )
        x = (2 * pictures - 1 - mean) / deviation
        seen = []
        for first, last in pairwise((0, *_LISTENED)):
            x = self.features[first:last](x)
            seen.append(x / (x.square().sum(dim=1, keepdim=True).sqrt() + 1e-10))
        return seen


def read_lpips(alexnet: Path, weights: Path) -> Lpips:
    """The network with AlexNet's published weights and LPIPS' own.

    Raises:
        StylecliError: A file is not this network's.
    """
    with torch.device("meta"):
        network = Lpips()
    fill(network.features, under(read_state(alexnet), "features."), alexnet)
    own = read_state(weights)
    named = {_own_name(name): each for name, each in own.items()}
    fill(network.weights, named, weights)
    network.eval()
    return network


def _own_name(name: str) -> str:
    """``lin0.model.1.weight`` to ``0.weight``; other names stay, and are refused."""
    first, *_, last = name.split(".")
    return f"{first.removeprefix('lin')}.{last}" if name.startswith("lin") else name
