"""The space of prompts P*: one for each stage of the noise schedule and each layer of the denoiser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import stylecli

if TYPE_CHECKING:
    from torch import Tensor

KEY = "stylecli.lsast.prompts"
WORD = "*"
AT_ONCE = 64
"""How many texts are encoded together."""


@dataclass(frozen=True)
class PromptSpace:
    """Prompts as vectors that stand in for the word "*".

    Attributes:
        vectors: ``(stages, layers, width)``; stage 0 is the least noisy, layers are in the order of
            the denoiser's blocks.
    """

    vectors: Tensor

    @property
    def stages(self) -> int:
        """How many parts the noise schedule is in."""
        return int(self.vectors.shape[0])

    @property
    def layers(self) -> int:
        """How many prompts a stage has."""
        return int(self.vectors.shape[1])

    def stage(self, base: stylecli.Base, timesteps: Tensor) -> Tensor:
        """The stage of each timestep: floor(t * stages / T)."""
        count = len(base.alphas_cumprod)
        return (timesteps * self.stages).long().div(count, rounding_mode="floor")

    def contexts(self, base: stylecli.Base, text: str, stages: Tensor | None = None) -> Tensor:
        """Encode a text with the prompts of some stages.

        Args:
            base: Whose text encoder reads it.
            text: It holds the word "*".
            stages: ``(n,)``; default: all.

        Returns:
            ``(n, layers, 77, width)``; it can be differentiated by the vectors.
        """
        import torch

        chosen = self.vectors if stages is None else self.vectors[stages]
        encoded = [
            base.contexts([text] * len(part), stylecli.WordVectors(WORD, part)).context
            for part in chosen.flatten(0, 1).split(AT_ONCE)
        ]
        return torch.cat(encoded).unflatten(0, chosen.shape[:2])


def space_of(style: stylecli.Style, base: stylecli.Base) -> PromptSpace:
    """The prompts in a style file.

    Raises:
        UsageError: It holds none, or they do not fit the base.
    """
    vectors, spec = style.tensors.get(KEY), base.spec
    if vectors is None or vectors.ndim != 3:
        raise stylecli.UsageError(f"Style {style.name!r} holds no prompts of lsast.")
    trained_on = style.provenance.base
    hint = f"It was trained on {trained_on!r}. Use --base {trained_on}."
    width = int(base.denoiser.config.cross_attention_dim)
    if vectors.shape[-1] != width:
        raise stylecli.UsageError(
            f"Style {style.name!r} does not fit base {spec.name!r}: its prompts are {vectors.shape[-1]} wide, "
            f"the base's context {width}.",
            hint,
        )
    return PromptSpace(vectors.to(base.device).float())


def grouped(prompts: Tensor, stages: int, layers: int, sliding: bool) -> PromptSpace:
    """Group a head's prompts ``(stages * layers, width)`` by stage and layer.

    Args:
        prompts: The prompts.
        stages: Stages.
        layers: Layers.
        sliding: Whether stage s uses the prompts s, s+1, … as the released code does, which leaves
            most of them unused, instead of those of its own.
    """
    if not sliding:
        return PromptSpace(prompts.unflatten(0, (stages, layers)))
    return PromptSpace(prompts.unfold(0, layers, 1)[:stages].transpose(1, 2))


def learning_conditioner(
    base: stylecli.Base, space: Callable[[], PromptSpace], text: str, only_up: bool
) -> stylecli.Conditioner:
    """Tell the denoiser the prompts of each picture's stage, such that they learn from its error.

    Args:
        base: Whose text encoder reads them.
        space: Gives the prompts as they are now.
        text: Holds the word "*".
        only_up: Whether only the last layer's learn: the released code runs the down and middle
            blocks without gradients.
    """
    import torch

    def conditions(timesteps: Tensor) -> stylecli.Conditions:
        now = space()
        stages, place = now.stage(base, timesteps).unique(return_inverse=True)
        contexts = now.contexts(base, text, stages)
        if only_up:
            contexts = torch.cat([contexts[:, :-1].detach(), contexts[:, -1:]], dim=1)
        return stylecli.Conditions(contexts[place])

    return conditions
