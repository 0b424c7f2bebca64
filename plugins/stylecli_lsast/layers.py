"""Which layer of the denoiser hears which context: attention processors that choose.

The contexts of a stage travel side by side, ``(B, layers, 77, width)``. Inside `by_layer` every
cross-attention takes its own out of them and goes on with the processor that it had before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import stylecli

if TYPE_CHECKING:
    from torch import Tensor

DOWN_MIDDLE_UP = 3


class OneLayer:
    """An attention processor that hands one of the contexts to another processor."""

    def __init__(self, inner: Any, layer: int) -> None:
        self.inner = inner
        self.layer = layer

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        *args: Any,
        **kwargs: Any,
    ) -> Tensor:
        """Attend to this layer's context; the arguments are diffusers'."""
        context = encoder_hidden_states[:, self.layer]
        attended: Tensor = self.inner(attn, hidden_states, context, *args, **kwargs)
        return attended


def layer_of_block(denoiser: Any, layers: int) -> dict[str, int]:
    """The layer that each block with cross-attention belongs to, in the order in which they run.

    Args:
        denoiser: A `diffusers.UNet2DConditionModel`.
        layers: 1 for all blocks together; 3 for down, middle and up; or as many as there are blocks.

    Raises:
        UsageError: Another number.
    """
    order = {"down_blocks": 0, "mid_block": 1, "up_blocks": 2}
    blocks = sorted(
        {_block(path) for path, _ in _cross_attentions(denoiser)},
        key=lambda block: (order[block.partition(".")[0]], block),
    )
    if layers == 1:
        return dict.fromkeys(blocks, 0)
    if layers == DOWN_MIDDLE_UP:
        return {block: order[block.partition(".")[0]] for block in blocks}
    if layers == len(blocks):
        return {block: number for number, block in enumerate(blocks)}
    raise stylecli.UsageError(
        f"Prompts for {layers} layers: this base's denoiser has {len(blocks)} blocks with cross-attention.",
        f"--layers takes 1 (all alike), 3 (down, middle, up) or {len(blocks)} (each its own).",
    )


@contextmanager
def by_layer(layer_of: Mapping[str, int], *models: Any) -> Iterator[None]:
    """Let models understand contexts ``(B, layers, 77, width)`` inside; they are left as they were.

    Args:
        layer_of: From `layer_of_block`.
        models: The denoiser, and a ControlNet of its shape.
    """
    before = []
    try:
        for model in models:
            for path, attention in _cross_attentions(model):
                before.append((attention, attention.processor))
                attention.set_processor(OneLayer(attention.processor, layer_of[_block(path)]))
        yield
    finally:
        for attention, processor in before:
            attention.set_processor(processor)


def _cross_attentions(model: Any) -> Iterator[tuple[str, Any]]:
    for path, module in model.named_modules():
        if getattr(module, "is_cross_attention", False):
            yield path, module


def _block(path: str) -> str:
    first, number, *_ = path.split(".")
    return first if first == "mid_block" else f"{first}.{number}"
