"""One run of the denoiser, with all that conditions it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylecli.bases.conditions import Conditions
from stylecli.bases.control import residuals
from stylecli.bases.image_prompt import seen_by

if TYPE_CHECKING:
    from torch import Tensor


def sized(conditions: Conditions, denoiser: Any, latents: Tensor, pixels: int) -> Conditions:
    """What an SDXL denoiser is told of the pictures' size: they are whole, and as large as they are.

    Args:
        conditions: Those that say a size stay as they are, and so do those for other denoisers.
        denoiser: A `diffusers.UNet2DConditionModel`.
        latents: ``(B, C, h, w)``.
        pixels: That a latent cell covers on a side.

    Returns:
        With "time_ids" ``(B, 6)``: original height and width, top and left of the crop, target height
        and width (Podell et al. 2024).
    """
    if denoiser.config.addition_embed_type != "text_time" or "time_ids" in conditions.added:
        return conditions
    height, width = (side * pixels for side in latents.shape[-2:])
    ids = latents.new_tensor([[height, width, 0, 0, height, width]]).expand(len(latents), -1)
    return replace(conditions, added={**conditions.added, "time_ids": ids})


def predicted(denoiser: Any, latents: Tensor, timesteps: Tensor, conditions: Conditions) -> Tensor:
    """Run a denoiser once; see `stylecli.bases.base.Base.predict`.

    Args:
        denoiser: A `diffusers.UNet2DConditionModel`; it is left as it was.
        latents: Noisy latents ``(B, C, h, w)``.
        timesteps: ``(B,)``.
        conditions: For the same batch; a ControlNet follows the words and not the pictures.

    Returns:
        ``(B, C, h, w)`` in the type that it computes in.
    """
    import torch

    sample = latents.to(denoiser.dtype).contiguous(memory_format=torch.channels_last)
    context = conditions.context.to(sample.device, sample.dtype)
    beside = residuals(conditions.control, sample, timesteps, context, conditions.added)
    with seen_by(denoiser, conditions.image, context) as told:
        prediction: Tensor = denoiser(
            sample,
            timesteps,
            told,
            added_cond_kwargs={k: v.to(sample.device) for k, v in conditions.added.items()} or None,
            return_dict=False,
            **beside,
        )[0]
    return prediction
