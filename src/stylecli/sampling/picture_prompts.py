"""Pictures as prompts beside the words (IP-Adapter, Ye et al. 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stylecli.bases.conditions import Conditioner, Conditions, ImagePrompt
from stylecli.bases.image_prompt import ImageAdapter
from stylecli.sampling.denoise import Guidance

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


def with_pictures(
    guidance: Guidance, adapter: ImageAdapter, pictures: Sequence[Image], scale: float
) -> Guidance:
    """Guidance towards these pictures, too, and away from none, as diffusers has it.

    Args:
        guidance: What the words say.
        adapter: The base's IP-Adapter.
        pictures: A picture prompt for each picture of the batch.
        scale: How strongly; 1 as the adapter was trained.
    """
    shown = ImagePrompt(adapter, adapter.encode(pictures), scale)
    nothing = ImagePrompt(adapter, adapter.nothing(len(pictures)), scale)
    return replace(
        guidance, towards=_beside(guidance.towards, shown), away=_beside(guidance.away, nothing)
    )


def _beside(words: Conditioner, image: ImagePrompt) -> Conditioner:
    def both(timesteps: Tensor) -> Conditions:
        return replace(words(timesteps), image=image)

    return both
