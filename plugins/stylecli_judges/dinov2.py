"""DINOv2 (Oquab et al. 2023), ViT-L/14, at 224 px."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from stylecli_judges.state_files import of_one_network, read_state
from stylecli_judges.vision_transformer import VisionTransformer, make_transformer, renamed

PATCHES = 16
"""On a side, at 224 px."""
_NAMES = {
    r"patch_embed\.proj\.(.*)": r"patches.\1",
    r"cls_token": r"first",
    r"pos_embed": r"positions",
    r"norm\.(.*)": r"after.\1",
    r"blocks\.(\d+)\.attn\.qkv\.(.*)": r"blocks.\1.attention.inside.\2",
    r"blocks\.(\d+)\.attn\.proj\.(.*)": r"blocks.\1.attention.outside.\2",
    r"blocks\.(\d+)\.ls(\d)\.gamma": r"blocks.\1.scale\2",
    r"blocks\.(\d+)\.mlp\.fc1\.(.*)": r"blocks.\1.rise.\2",
    r"blocks\.(\d+)\.mlp\.fc2\.(.*)": r"blocks.\1.fall.\2",
}


def read_dinov2(path: Path) -> VisionTransformer:
    """The network with its published weights: (B, 3, 224, 224), normalised, to (B, 1024).

    Raises:
        StylecliError: The file is not this network's.
    """
    state = renamed(read_state(path), _NAMES)
    # For patches that are hidden while it learns.
    state.pop("mask_token", None)
    with of_one_network(path):
        state["first"] = state["first"].flatten()
        state["positions"] = _positions(state["positions"][0].float())
    return make_transformer(state, path, quick=False, epsilon=1e-6)


def _positions(published: Tensor) -> Tensor:
    """Positions (1 + 37², width) of 518 px for `PATCHES` a side, by the rule of the authors' code.

    It asks for a tenth of a patch more than there are, and so samples a little off the plain places.
    """
    first, grid = published[:1], published[1:]
    side = math.isqrt(len(grid))
    if side == PATCHES:
        return published
    scale = (PATCHES + 0.1) / side
    square = grid.view(1, side, side, -1).permute(0, 3, 1, 2)
    fewer = functional.interpolate(square, scale_factor=(scale, scale), mode="bicubic")
    return torch.cat([first, fewer[0].flatten(1).T])
