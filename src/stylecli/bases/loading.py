"""Loading one part of a pipeline, frozen, laid out and typed for where it computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.folder import variant_of
from stylecli.errors import UsageError

if TYPE_CHECKING:
    import torch


def load_part(place: Path, part: str, device: torch.device, dtype: torch.dtype) -> Any:
    """Load a model, tokenizer or scheduler.

    Args:
        place: Its folder.
        part: What it is in a pipeline: "unet", "vae", "text_encoder", "tokenizer", "scheduler", of SDXL's
            also "text_encoder_2" and "tokenizer_2",
            or beside it: "controlnet", "image_encoder".
        device: Where it computes.
        dtype: What the denoiser and its ControlNet compute in; the others compute in fp32.

    Raises:
        UsageError: The folder is damaged, or holds something else.
    """
    import torch
    from diffusers import AutoencoderKL, ControlNetModel, DDPMScheduler, UNet2DConditionModel
    from diffusers.utils import logging as diffusers_logging
    from transformers import (
        CLIPTextModel,
        CLIPTextModelWithProjection,
        CLIPTokenizer,
        CLIPVisionModelWithProjection,
    )
    from transformers.utils import logging as transformers_logging

    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    # A CPU keeps fp32 weights and autocasts: half-precision weights are slower there. So does an
    # autoencoder everywhere: where it overflows it goes on in fp32, and its weights are small beside
    # what it computes.
    half = part in ("unet", "controlnet") and device.type != "cpu"
    with telling_damage(place):
        if part.startswith("tokenizer"):
            return CLIPTokenizer.from_pretrained(place, local_files_only=True)
        if part == "scheduler":
            return DDPMScheduler.from_pretrained(place, local_files_only=True)
        kind = {
            "unet": UNet2DConditionModel,
            "controlnet": ControlNetModel,
            "vae": AutoencoderKL,
            "text_encoder": CLIPTextModel,
            "text_encoder_2": CLIPTextModelWithProjection,
            "image_encoder": CLIPVisionModelWithProjection,
        }[part]
        model = kind.from_pretrained(
            place,
            local_files_only=True,
            use_safetensors=True,
            variant=variant_of(place),
            torch_dtype=dtype if half else torch.float32,
        )
    model.requires_grad_(False).eval()
    layout = {} if part.startswith("text_encoder") else {"memory_format": torch.channels_last}
    return model.to(device, **layout)


def checkpoint_gradients(model: Any, on: bool) -> None:
    """Switch checkpointed gradients of a model of diffusers or transformers on or off."""
    if hasattr(model, "enable_gradient_checkpointing"):
        model.enable_gradient_checkpointing() if on else model.disable_gradient_checkpointing()
        return
    # Newer transformers name it anew, and warn of the old name.
    name = "activation" if hasattr(model, "activation_checkpointing_enable") else "gradient"
    if not on:
        getattr(model, f"{name}_checkpointing_disable")()
        return
    # The other kind gives no gradients where those begin behind frozen embeddings, as a LoRA's do.
    settings = {f"{name}_checkpointing_kwargs": {"use_reentrant": False}}
    getattr(model, f"{name}_checkpointing_enable")(**settings)


@contextmanager
def telling_damage(place: Path) -> Iterator[None]:
    """Turn whatever is raised inside into a `UsageError` that names the folder that is loaded.

    What a damaged folder raises differs between the libraries' versions.
    """
    try:
        yield
    except Exception as problem:
        raise UsageError(
            f"{place}: cannot be loaded ({(str(problem).splitlines() or [type(problem).__name__])[0][:200]})."
        ) from problem


def image_processor() -> Any:
    """CLIP's image processor that works with Pillow alone; newer transformers name it apart."""
    import transformers

    if hasattr(transformers, "CLIPImageProcessorPil"):
        return transformers.CLIPImageProcessorPil
    return transformers.CLIPImageProcessor
