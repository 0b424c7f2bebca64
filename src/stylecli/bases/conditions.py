"""What conditions a denoiser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Conditions:
    """The text side of a denoiser's input, for a batch of pictures.

    Attributes:
        context: ``(B, 77, width)``: the text encoder's hidden states.
        added: Further inputs by the name that the UNet gives them (SDXL: "text_embeds", "time_ids").
    """

    context: Tensor
    added: Mapping[str, Tensor] = field(default_factory=dict)

    def pick(self, indices: Sequence[int]) -> Conditions:
        """The conditions of the pictures with these indices, in this order."""
        chosen = list(indices)
        return Conditions(
            self.context[chosen], {key: value[chosen] for key, value in self.added.items()}
        )


Conditioner = Callable[["Tensor"], Conditions]
"""Gives the conditions for a batch at its timesteps ``(B,)``; most ignore the timesteps."""


def constant(conditions: Conditions) -> Conditioner:
    """A conditioner that says the same at every timestep."""
    return lambda timesteps: conditions
