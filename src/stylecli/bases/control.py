"""ControlNets: finding the one that goes with a base, and running it before the denoiser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.conditions import Control
from stylecli.bases.loading import load_part
from stylecli.bases.modules import context_width
from stylecli.bases.spec import HOMES, BaseSpec
from stylecli.errors import UsageError
from stylecli.models import model_folder
from stylecli.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

CONFIG, WEIGHTS = "config.json", "diffusion_pytorch_model.safetensors"
_SHARED = (
    *("cross_attention_dim", "block_out_channels", "down_block_types", "layers_per_block"),
    "mid_block_type",
)
"""What a ControlNet's configuration must have in common with the UNet's for its residuals to fit."""


def load_controlnet(spec: BaseSpec, denoiser: Any, name: str, progress: Progress) -> Any:
    """Load a ControlNet (`diffusers.ControlNetModel`) for a base; see `Base.controlnet`."""
    width = int(denoiser.config.cross_attention_dim)
    folder = controlnet_folder(spec, width, name, progress)
    model = load_part(folder, "controlnet", denoiser.device, denoiser.dtype)
    for key in _SHARED:
        own, theirs = (_plain(config.get(key)) for config in (model.config, denoiser.config))
        if own != theirs:
            raise UsageError(
                f"The ControlNet {name!r} does not fit base {spec.name!r}: "
                f"its {key.replace('_', ' ')} is {own}, the base's {theirs}.",
                "Name one that was made for this base with --controlnet, or --controlnet none.",
            )
    return model


def controlnet_folder(spec: BaseSpec, width: int, name: str, progress: Progress) -> Path:
    """The folder of a ControlNet: of the one that goes with a base, or of one by its own name.

    Args:
        spec: The base.
        width: Of its context: a base like SD 1.5 takes SD 1.5's ControlNets, being a fine-tuned one.
        name: What it follows, a folder or a hub id.
        progress: Hears of a download.

    Raises:
        UsageError: There is none.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    known = dict(spec.controlnets)
    if width == context_width(spec.family):
        known = {**HOMES[spec.family].controlnets, **known}
    source = known.get(name, name)
    named = name and ("/" in name or Path(name).expanduser().is_dir())
    if source == name and not named:
        listed = ", ".join(sorted(known)) or "none"
        raise UsageError(
            f"Base {spec.name!r} has no ControlNet {name!r} (it has: {listed}).",
            "Name a folder or a hub id with --controlnet, or --controlnet none.",
        )
    # A hub repository often has half-precision weights beside these, which need not be fetched too.
    weights = WEIGHTS.replace(".", "*.", 1) if Path(source).expanduser().is_dir() else WEIGHTS
    instead = "name a local folder with --controlnet, or use --controlnet none"
    return model_folder(str(source), (CONFIG, weights), progress, instead=instead)


def residuals(
    control: Control | None,
    sample: Tensor,
    timesteps: Tensor,
    context: Tensor,
    added: Mapping[str, Tensor],
) -> dict[str, Any]:
    """Run a ControlNet; what it adds to the UNet's features, by the UNet's names for it.

    Args:
        control: The ControlNet and what it follows, or None.
        sample: Noisy latents ``(B, C, h, w)``.
        timesteps: ``(B,)``.
        context: As the UNet gets it.
        added: Likewise.
    """
    if control is None or control.scale == 0:
        return {}
    down, mid = control.model(
        sample,
        timesteps,
        encoder_hidden_states=context,
        controlnet_cond=control.pictures.to(sample.device, sample.dtype),
        conditioning_scale=control.scale,
        added_cond_kwargs=dict(added) or None,
        return_dict=False,
    )
    return {"down_block_additional_residuals": down, "mid_block_additional_residual": mid}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value
