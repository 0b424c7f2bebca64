"""Which autoencoder a base takes, and what it computes in: SDXL's own overflows in fp16."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.bases.folder import CONFIG, check_lengths, config_of, levels_of
from stylecli.bases.spec import BaseSpec
from stylecli.errors import Cancelled, StylecliError, UsageError
from stylecli.models import model_folder
from stylecli.progress import Event, Progress

if TYPE_CHECKING:
    import torch

STAGE = "autoencoder"
WEIGHTS = "diffusion_pytorch_model.safetensors"
_SHARED = {
    "_class_name": "AutoencoderKL",
    "latent_channels": 4,
    "scaling_factor": 0.18215,
    "shift_factor": None,
}
"""What two autoencoders must have in common for a denoiser to take the latents of both, with what
diffusers takes where a configuration is silent."""


def vae_dtype_of(place: Path, device: torch.device, dtype: torch.dtype) -> torch.dtype:
    """What an autoencoder computes in.

    On an accelerator that is what the denoiser computes in where the configuration allows it
    (``force_upcast`` is false), and else fp32. On a CPU bf16, in which nothing overflows, is taken where
    the denoiser takes it; fp16 saves nothing there.

    Args:
        place: Its folder; nothing is loaded.
        device: Where it computes.
        dtype: What the denoiser computes in.

    Raises:
        UsageError: Its configuration is missing or damaged.
    """
    import torch

    if device.type == "cpu":
        return torch.bfloat16 if dtype == torch.bfloat16 else torch.float32
    return torch.float32 if _upcasts(place) else dtype


def vae_folder_of(
    spec: BaseSpec, folder: Path, device: torch.device, dtype: torch.dtype, progress: Progress
) -> Path:
    """The folder of the autoencoder that a base takes: its own, or its `half_vae`, which is fetched.

    The other one is for accelerators, and for a denoiser in half precision. Where it cannot be had, or
    does not fit, the base's own does the same in fp32.

    Args:
        spec: The base.
        folder: Its diffusers folder.
        device: Where it computes.
        dtype: What the denoiser computes in.
        progress: Hears of the download, and of what stands in its way.

    Raises:
        UsageError: The configuration of the base's own is missing or damaged.
    """
    own = folder / "vae"
    if spec.half_vae is None or device.type == "cpu" or vae_dtype_of(own, device, dtype) == dtype:
        return own
    try:
        place = model_folder(str(spec.half_vae), (CONFIG, WEIGHTS), progress)
        _check_fit(spec, place, own)
    except Cancelled:
        raise
    except StylecliError as problem:
        message = (
            f"{problem.message} So the autoencoder of base {spec.name!r} itself is taken, in fp32: "
            "more slowly, and with more memory."
        )
        progress(Event(STAGE, message=message, level="warning"))
        return own
    return place


def _check_fit(spec: BaseSpec, place: Path, own: Path) -> None:
    check_lengths(place)
    if _upcasts(place):
        raise UsageError(f"{spec.half_vae}: wants fp32, too, as its configuration says.")
    theirs, ours = (
        {
            **{key: config_of(each).get(key, usual) for key, usual in _SHARED.items()},
            "levels": levels_of(each),
        }
        for each in (place, own)
    )
    for key, value in theirs.items():
        if value != ours[key]:
            raise UsageError(
                f"{spec.half_vae}: this autoencoder does not fit base {spec.name!r}: its "
                f"{key.strip('_').replace('_', ' ')} is {value}, the base's {ours[key]}."
            )


def _upcasts(place: Path) -> bool:
    # As diffusers has it where the configuration is silent.
    return bool(config_of(place).get("force_upcast", True))
