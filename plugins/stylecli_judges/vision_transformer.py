"""The vision transformer (Dosovitskiy et al. 2021) of CLIP, CSD and DINOv2, by names of its own.

Their files call the same parts by three sets of names, and each change of the libraries by more; a
module that belongs to none takes them all. Sizes are read from the weights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from stylecli_judges.state_files import State, fill, of_one_network

# All of them, from ViT-S to ViT-g, have heads of so many.
_HEAD = 64


class Attention(nn.Module):  # type: ignore[misc]
    """Every place looks at every other one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inside = nn.Linear(width, 3 * width)
        self.outside = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, places, width) to the same."""
        batch, places, width = x.shape
        parts = self.inside(x).view(batch, places, 3, width // _HEAD, _HEAD)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value)
        return self.outside(seen.transpose(1, 2).reshape(batch, places, width))


class Block(nn.Module):  # type: ignore[misc]
    """Attention and two layers, each added to what it was given."""

    def __init__(self, width: int, inner: int, epsilon: float, scaled: bool, quick: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, epsilon)
        self.attention = Attention(width)
        self.scale1 = nn.Parameter(torch.ones(width)) if scaled else None
        self.norm2 = nn.LayerNorm(width, epsilon)
        self.rise = nn.Linear(width, inner)
        self.fall = nn.Linear(inner, width)
        self.scale2 = nn.Parameter(torch.ones(width)) if scaled else None
        self._quick = quick

    def forward(self, x: Tensor) -> Tensor:
        """(B, places, width) to the same."""
        seen = self.attention(self.norm1(x))
        x = x + (seen if self.scale1 is None else seen * self.scale1)
        risen = self.rise(self.norm2(x))
        # CLIP was trained with an approximation of GELU, and is that network with no other.
        risen = risen * torch.sigmoid(1.702 * risen) if self._quick else functional.gelu(risen)
        fallen = self.fall(risen)
        return x + (fallen if self.scale2 is None else fallen * self.scale2)


class VisionTransformer(nn.Module):  # type: ignore[misc]
    """The transformer, up to the normalised first place that stands for the picture.

    Args:
        state: Weights by the names here, which say the sizes.
        quick: Whether the approximation of GELU is CLIP's.
        epsilon: Of the normalisations.
    """

    def __init__(self, state: State, quick: bool, epsilon: float) -> None:
        super().__init__()
        width, channels, patch, _ = state["patches.weight"].shape
        inner = len(state["blocks.0.rise.weight"])
        depth = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
        scaled = "blocks.0.scale1" in state
        self.patches = nn.Conv2d(channels, width, patch, patch, bias="patches.bias" in state)
        self.first = nn.Parameter(torch.zeros(width))
        self.positions = nn.Parameter(
            torch.zeros_like(state["positions"], device=self.first.device)
        )
        self.before = nn.LayerNorm(width, epsilon) if "before.weight" in state else None
        self.blocks = nn.Sequential(
            *(Block(width, inner, epsilon, scaled, quick) for _ in range(depth))
        )
        self.after = nn.LayerNorm(width, epsilon)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W), normalised, of the size that there are positions for, to (B, width)."""
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(len(x), 1, -1), x], dim=1) + self.positions
        if self.before is not None:
            x = self.before(x)
        return self.after(self.blocks(x)[:, 0])


def renamed(state: State, names: Mapping[str, str]) -> dict[str, Tensor]:
    """Weights by the names here.

    Args:
        state: By the names of a file.
        names: A pattern of a file's name, all of it, to a name here; ``\\1`` is its first group.

    Returns:
        What matched; names that match nothing stay as they are.
    """
    return {_own_name(name, names): each for name, each in state.items()}


def _own_name(name: str, names: Mapping[str, str]) -> str:
    for pattern, own in names.items():
        if found := re.fullmatch(pattern, name):
            return found.expand(own)
    return name


def make_transformer(state: State, path: Path, quick: bool, epsilon: float) -> VisionTransformer:
    """A transformer with its weights.

    Raises:
        StylecliError: The weights are another network's.
    """
    with of_one_network(path), torch.device("meta"):
        network = VisionTransformer(state, quick, epsilon)
    fill(network, state, path)
    return network
