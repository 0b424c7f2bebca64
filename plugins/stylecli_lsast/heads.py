"""Prompt heads: what makes the prompts P* out of a few learnable weights.

Each gives ``(prompts, width)`` and starts with the initial word's embedding for every prompt.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.attention import FeedForward
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn

from stylecli_lsast.options import HeadName

HEADS, HEAD_WIDTH = 8, 64


class AttentionHead(nn.Module):  # type: ignore[misc]
    """Attention among the rows of a learnable matrix, one row for each prompt.

    Queries, keys and values are projections of that matrix, the prompts their attention's output.
    """

    def __init__(self, start: Tensor, prompts: int) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.randn(prompts, len(start)))
        self.attention = Attention(len(start), heads=HEADS, dim_head=HEAD_WIDTH)
        _begin_with(self.attention.to_out[0], start)

    def forward(self) -> Tensor:
        """The prompts."""
        made: Tensor = self.attention(self.rows[None])[0]
        return made


class SingleHead(nn.Module):  # type: ignore[misc]
    """The released head: all prompts from one start vector P0.

    Self-attention, cross-attention to P0, then a gated feed-forward layer as wide as all prompts
    together. The softmax over one element is 1, so both attentions are but linear layers.
    """

    start: Tensor

    def __init__(self, start: Tensor, prompts: int) -> None:
        super().__init__()
        width = len(start)
        self.register_buffer("start", start.clone())
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.to_itself = Attention(width, heads=HEADS, dim_head=HEAD_WIDTH)
        self.to_start = Attention(width, width, heads=HEADS, dim_head=HEAD_WIDTH)
        self.feed_forward = FeedForward(width, prompts * width, activation_fn="geglu")
        _begin_with(self.feed_forward.net[-1], start.repeat(prompts))

    def forward(self) -> Tensor:
        """The prompts."""
        start = self.start[None, None]
        hidden = start + self.to_itself(self.norms[0](start))
        hidden = hidden + self.to_start(self.norms[1](hidden), start)
        made: Tensor = self.feed_forward(self.norms[2](hidden))
        return made.view(-1, len(self.start))


class TableHead(nn.Module):  # type: ignore[misc]
    """Every prompt a free vector."""

    def __init__(self, start: Tensor, prompts: int) -> None:
        super().__init__()
        self.rows = nn.Parameter(start.repeat(prompts, 1))

    def forward(self) -> Tensor:
        """The prompts."""
        return self.rows


_KINDS: dict[HeadName, type[nn.Module]] = {
    "attention": AttentionHead,
    "single": SingleHead,
    "table": TableHead,
}


def make_head(name: HeadName, start: Tensor, prompts: int, seed: int) -> nn.Module:
    """Make a head, fp32, on the start vector's device.

    Args:
        name: Which.
        start: The initial word's embedding, ``(width,)``.
        prompts: How many it makes.
        seed: Of its random weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        # Drawn on the CPU, so that a seed means the same on every device.
        return _KINDS[name](start.detach().float().cpu(), prompts).to(start.device)


def _begin_with(layer: Any, values: Tensor) -> None:
    """Let a linear layer give these values until it has learnt something."""
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(values)
