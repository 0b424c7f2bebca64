"""One run of the denoiser, with all that conditions it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylecli.bases.conditions import Conditions
from stylecli.bases.control import residuals
from stylecli.bases.image_prompt import seen_by

if TYPE_CHECKING:
    from torch import Tensor


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
            added_cond_kwargs=dict(conditions.added) or None,
            return_dict=False,
            **beside,
        )[0]
    return prediction
