"""CSD, contrastive style descriptors (Somepalli et al. 2024): a style apart from what is shown."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from stylecli_judges.clip import EPSILON
from stylecli_judges.state_files import of_one_network, read_state, under
from stylecli_judges.vision_transformer import VisionTransformer, make_transformer, renamed

# What OpenAI's own code calls the parts.
_NAMES = {
    r"conv1\.weight": r"patches.weight",
    r"class_embedding": r"first",
    r"positional_embedding": r"positions",
    r"ln_pre\.(.*)": r"before.\1",
    r"ln_post\.(.*)": r"after.\1",
    r"transformer\.resblocks\.(\d+)\.ln_(.*)": r"blocks.\1.norm\2",
    r"transformer\.resblocks\.(\d+)\.attn\.in_proj_(.*)": r"blocks.\1.attention.inside.\2",
    r"transformer\.resblocks\.(\d+)\.attn\.out_proj\.(.*)": r"blocks.\1.attention.outside.\2",
    r"transformer\.resblocks\.(\d+)\.mlp\.c_fc\.(.*)": r"blocks.\1.rise.\2",
    r"transformer\.resblocks\.(\d+)\.mlp\.c_proj\.(.*)": r"blocks.\1.fall.\2",
}


class StyleDescriptors(nn.Module):  # type: ignore[misc]
    """CLIP's ViT-L/14 at 224 px, trained further, with a head for style and one for content."""

    def __init__(self, transformer: VisionTransformer, style: Tensor, content: Tensor) -> None:
        super().__init__()
        self.transformer = transformer
        self.heads = nn.Parameter(torch.stack([style, content]), requires_grad=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, 3, 224, 224), normalised, to (B, 2, 768): style and content, each of length 1."""
        seen = torch.einsum("bw,hwd->bhd", self.transformer(pictures), self.heads)
        return functional.normalize(seen, dim=-1)


def read_style_descriptors(path: Path) -> StyleDescriptors:
    """The network with its published weights, from the training checkpoint that the authors gave.

    Raises:
        StylecliError: The file is not this network's.
    """
    state = read_state(path, inside="model_state_dict")
    if all(name.startswith("module.") for name in state):
        state = under(state, "module.")
    backbone = renamed(under(state, "backbone."), _NAMES)
    transformer = make_transformer(backbone, path, quick=True, epsilon=EPSILON)
    with of_one_network(path):
        style, content = (state[f"last_layer_{kind}"].float() for kind in ("style", "content"))
        return StyleDescriptors(transformer, style, content)
