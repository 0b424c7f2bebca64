"""CLIP's picture half (Radford et al. 2021), ViT-L/14 at 336 px."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from stylecli_judges.state_files import State, of_one_network, read_state, under
from stylecli_judges.vision_transformer import VisionTransformer, make_transformer, renamed

EPSILON = 1e-5
# What transformers calls the parts in the files it publishes.
_NAMES = {
    r"embeddings\.patch_embedding\.weight": r"patches.weight",
    r"embeddings\.class_embedding": r"first",
    r"embeddings\.position_embedding\.weight": r"positions",
    r"pre_layrnorm\.(.*)": r"before.\1",
    r"post_layernorm\.(.*)": r"after.\1",
    r"encoder\.layers\.(\d+)\.layer_norm(.*)": r"blocks.\1.norm\2",
    r"encoder\.layers\.(\d+)\.self_attn\.out_proj\.(.*)": r"blocks.\1.attention.outside.\2",
    r"encoder\.layers\.(\d+)\.mlp\.fc1\.(.*)": r"blocks.\1.rise.\2",
    r"encoder\.layers\.(\d+)\.mlp\.fc2\.(.*)": r"blocks.\1.fall.\2",
}
_QUERY = re.compile(r"(encoder\.layers\.)(\d+)(\.self_attn\.)q_proj\.(.*)")


class PictureEmbedding(nn.Module):  # type: ignore[misc]
    """The transformer and the way into the space that pictures and words share."""

    def __init__(self, transformer: VisionTransformer, projection: Tensor) -> None:
        super().__init__()
        self.transformer = transformer
        self.projection = nn.Parameter(projection, requires_grad=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, 3, 336, 336), normalised, to (B, 768) of length 1."""
        return functional.normalize(self.transformer(pictures) @ self.projection.T, dim=-1)


def read_clip(path: Path) -> PictureEmbedding:
    """The network with its published weights; the half for words is left in the file.

    Raises:
        StylecliError: The file is not this network's.
    """
    state = read_state(path)
    with of_one_network(path):
        vision = _joined(under(state, "vision_model."))
        # Older files keep the numbers of the positions, too.
        vision.pop("embeddings.position_ids", None)
        transformer = make_transformer(renamed(vision, _NAMES), path, quick=True, epsilon=EPSILON)
        return PictureEmbedding(transformer, state["visual_projection.weight"].float())


def _joined(state: State) -> dict[str, Tensor]:
    """Query, key and value as one layer."""
    found = dict(state)
    for name in state:
        if match := _QUERY.fullmatch(name):
            before, block, attention, kind = match.groups()
            parts = [
                found.pop(f"{before}{block}{attention}{part}_proj.{kind}", torch.empty(0))
                for part in "qkv"
            ]
            found[f"blocks.{block}.attention.inside.{kind}"] = torch.cat(parts)
    return found
