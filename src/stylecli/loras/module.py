"""The low-rank change of one module, and of a model by its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class LoraModule:
    """The low-rank change of one module: W + alpha / rank * up @ down (Hu et al. 2021).

    Attributes:
        down: ``(rank, in)``, for a convolution ``(rank, in, k, k)``.
        up: ``(out, rank)``, for a convolution ``(out, rank, 1, 1)``.
        alpha: The scale's numerator.
    """

    down: Tensor
    up: Tensor
    alpha: float

    @property
    def rank(self) -> int:
        """How many directions the change has."""
        return int(self.down.shape[0])

    @property
    def scale(self) -> float:
        """What ``up @ down`` is multiplied by."""
        return self.alpha / self.rank

    def delta(self) -> Tensor:
        """What is added to the module's weight, in that weight's shape, float32."""
        product = self.up.float().flatten(1) @ self.down.float().flatten(1)
        return (self.scale * product).reshape(self.up.shape[0], *self.down.shape[1:])


LoraModules: TypeAlias = Mapping[str, Mapping[str, LoraModule]]
"""A LoRA by part of the pipeline ("unet", "text_encoder", "text_encoder_2", "vae") and module path.

A path is the module's in the diffusers or transformers model, without a leading "text_model.".
"""

ModuleShapes: TypeAlias = Mapping[str, Mapping[str, tuple[int, ...]]]
"""Shape of every linear layer's and convolution's weight, by part and module path likewise."""
