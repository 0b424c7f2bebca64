"""What conditions a denoiser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Control:
    """Pictures that a ControlNet follows (Zhang et al. 2023).

    Attributes:
        model: A ControlNet that fits the denoiser (`Base.controlnet`).
        pictures: What it follows, edges say: ``(B, 3, H, W)`` in [0, 1], in the size of the result.
        scale: How strongly; 1 as trained, 0 not at all.
    """

    model: Any
    pictures: Tensor
    scale: float = 1.0


@dataclass(frozen=True)
class ImagePrompt:
    """Pictures that are prompts beside the words (IP-Adapter, Ye et al. 2023).

    Attributes:
        model: An IP-Adapter that fits the denoiser (`Base.image_adapter`).
        tokens: What it makes of the pictures: ``(B, n, width)``.
        scale: How strongly the denoiser attends to them; 1 as trained, 0 not at all.
    """

    model: Any
    tokens: Tensor
    scale: float = 1.0


@dataclass(frozen=True)
class Conditions:
    """What a denoiser is told beside its noisy latents, for a batch of pictures.

    Attributes:
        context: ``(B, 77, width)``: the text encoder's hidden states. A method whose attention
            processors choose among several contexts may give them side by side.
        added: Further inputs by the name that the UNet gives them (SDXL: "text_embeds", "time_ids").
        control: A ControlNet and what it follows, or None.
        image: An IP-Adapter and what it makes of pictures, or None.
    """

    context: Tensor
    added: Mapping[str, Tensor] = field(default_factory=dict)
    control: Control | None = None
    image: ImagePrompt | None = None

    def pick(self, indices: Sequence[int]) -> Conditions:
        """The conditions of the pictures with these indices, in this order."""
        chosen = list(indices)
        control, image = self.control, self.image
        if control is not None:
            control = replace(control, pictures=control.pictures[chosen])
        if image is not None:
            image = replace(image, tokens=image.tokens[chosen])
        return Conditions(
            self.context[chosen],
            {key: value[chosen] for key, value in self.added.items()},
            control,
            image,
        )

    def followed_by(self, other: Conditions) -> Conditions:
        """These pictures' conditions and then the other's, as one batch.

        Both are of one kind, with one ControlNet and one IP-Adapter.
        """
        import torch

        control, image = self.control, self.image
        if control is not None and other.control is not None:
            control = replace(
                control, pictures=torch.cat([control.pictures, other.control.pictures])
            )
        if image is not None and other.image is not None:
            image = replace(image, tokens=torch.cat([image.tokens, other.image.tokens]))
        return Conditions(
            torch.cat([self.context, other.context]),
            {key: torch.cat([value, other.added[key]]) for key, value in self.added.items()},
            control,
            image,
        )


Conditioner = Callable[["Tensor"], Conditions]
"""Gives the conditions for a batch at its timesteps ``(B,)``; most ignore the timesteps."""


def constant(conditions: Conditions) -> Conditioner:
    """A conditioner that says the same at every timestep."""
    return lambda timesteps: conditions
