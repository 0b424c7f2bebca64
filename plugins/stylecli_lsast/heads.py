"""Prompt heads: what makes the prompts P* out of a few learnable weights.

Each gives ``(prompts, width)`` and starts with the initial word's embedding for every prompt.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.attention import FeedForward
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn
from torch.nn import functional

from stylecli_lsast.options import HeadName

HEADS, HEAD_WIDTH = 8, 64
APART = 3.0
"""How far apart the attention head's rows begin: such that each attends to few of the others. Nearer
together, all prompts would begin as one mean and stay much alike."""
SIZE = 0.1
"""Root mean square of what the attention head's last layer is given: AdamW moves a prompt per step by up
to the learning rate times this times the layer's inputs, 8 x 64 of them, however many prompts there are."""


class AttentionHead(nn.Module):  # type: ignore[misc]
    """Attention among the rows of a learnable matrix, one row for each prompt.

    Queries, keys and values are projections of that matrix, the prompts their attention's output.
    What is attended to is brought to one size: the mean of many rows is smaller than one row, and
    the number of prompts would otherwise decide how far a step moves them.
    """

    def __init__(self, start: Tensor, prompts: int) -> None:
        super().__init__()
        inner = HEADS * HEAD_WIDTH
        self.rows = nn.Parameter(APART * torch.randn(prompts, len(start)))
        self.to_q, self.to_k, self.to_v = (
            nn.Linear(len(start), inner, bias=False) for _ in range(3)
        )
        self.norm = nn.RMSNorm(inner, elementwise_affine=False)
        self.to_out = nn.Linear(inner, len(start))
        _begin_with(self.to_out, start)

    def forward(self) -> Tensor:
        """The prompts."""
        queries, keys, values = (
            project(self.rows).unflatten(-1, (HEADS, HEAD_WIDTH)).transpose(0, 1)[None]
            for project in (self.to_q, self.to_k, self.to_v)
        )
        attended = functional.scaled_dot_product_attention(queries, keys, values)
        made: Tensor = self.to_out(SIZE * self.norm(attended[0].transpose(0, 1).flatten(1)))
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
    """Every prompt a free vector, scaled so that it takes the attention head's learning rate."""

    start: Tensor

    def __init__(self, start: Tensor, prompts: int) -> None:
        super().__init__()
        self.register_buffer("start", start.clone())
        self.rows = nn.Parameter(torch.zeros(prompts, len(start)))

    def forward(self) -> Tensor:
        """The prompts."""
        return self.start + SIZE * HEADS * HEAD_WIDTH * self.rows


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
