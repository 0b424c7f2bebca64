"""Which modules a base has, and their shapes, without loading it: what a LoRA must fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.folder import (
    COMPONENTS,
    family_of,
    prediction_type_in,
    weight_files,
    weights_header,
)
from stylecli.bases.locate import present_folder
from stylecli.bases.spec import BaseSpec
from stylecli.loras.module import ModuleShapes
from stylecli.loras.names import bare
from stylecli.styles.foreign import ForBase

if TYPE_CHECKING:
    from torch import nn

_CLIP_L = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
}
_CLIP_G = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "hidden_act": "gelu",
}
_VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
_ARCHITECTURES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "sd15": {"unet": {"cross_attention_dim": 768}, "text_encoder": _CLIP_L},
    "sdxl": {
        "unet": {
            "cross_attention_dim": 2048,
            "block_out_channels": (320, 640, 1280),
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            "transformer_layers_per_block": (1, 2, 10),
            "attention_head_dim": (5, 10, 20),
            "use_linear_projection": True,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": 2816,
        },
        "text_encoder": _CLIP_L,
        "text_encoder_2": {**_CLIP_G, "projection_dim": 1280},
    },
}
"""What differs from the classes' defaults; read in the two models' published configurations."""

_OLD_VAE_NAMES = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def modules_in(
    folder: Path, family: str, folders: Mapping[str, Path] | None = None
) -> ModuleShapes:
    """Read the shapes of a base's modules out of its weight files' headers.

    Args:
        folder: A whole diffusers folder.
        family: "sd15" or "sdxl".
        folders: Of parts that are taken from elsewhere, by their name.
    """
    found = {}
    for part in COMPONENTS[family]:
        if part == "scheduler" or part.startswith("tokenizer"):
            continue
        shapes: dict[str, tuple[int, ...]] = {}
        for path in weight_files((folders or {}).get(part, folder / part)):
            for key, entry in weights_header(path).items():
                if key != "__metadata__":
                    shapes[key] = tuple(entry["shape"])
        found[part] = _adaptable(part, shapes)
    return found


def modules_of(spec: BaseSpec, family: str = "") -> ModuleShapes:
    """The shapes of a base's modules; of one that is not on this machine those of its family's model.

    Args:
        spec: The base.
        family: Of what is to go with it: a hub id does not say its own before it is fetched.
    """
    folder = present_folder(spec)
    if folder is not None:
        return modules_in(folder, family_of(folder))
    return modules_of_family(_family(spec, family))


def modules_of_family(family: str) -> ModuleShapes:
    """The shapes of the modules of SD 1.5 ("sd15") or SDXL 1.0 ("sdxl"), nothing being loaded."""
    found = {}
    for part, model in models_of_family(family).items():
        shapes = {name: tuple(value.shape) for name, value in model.named_parameters()}
        found[part] = _adaptable(part, shapes)
    return found


def context_width(family: str) -> int:
    """How wide the text context is that SD 1.5's ("sd15") or SDXL's ("sdxl") UNet takes."""
    return int(_ARCHITECTURES[family]["unet"]["cross_attention_dim"])


def models_of_family(family: str) -> dict[str, nn.Module]:
    """The models of SD 1.5 ("sd15") or SDXL 1.0 ("sdxl") by part, without weights (on "meta")."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    settings = _ARCHITECTURES[family]
    with torch.device("meta"):
        models: dict[str, nn.Module] = {
            "unet": UNet2DConditionModel(**settings["unet"]),
            "vae": AutoencoderKL(**_VAE),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**settings["text_encoder"])),
        }
        if "text_encoder_2" in settings:
            config = CLIPTextConfig(**settings["text_encoder_2"])
            models["text_encoder_2"] = CLIPTextModelWithProjection(config)
    return models


def target_of(spec: BaseSpec, family: str = "") -> ForBase:
    """What a LoRA from elsewhere must fit to go with a base; nothing is fetched or loaded.

    Args:
        spec: The base.
        family: Of the LoRA; see `modules_of`.

    Raises:
        StylecliError: The base's folder is damaged.
    """
    folder = present_folder(spec)
    return ForBase(
        name=spec.public_name,
        family=_family(spec, family) if folder is None else family_of(folder),
        modules=modules_of(spec, family),
        resolution=spec.resolution,
        prediction_type="epsilon" if folder is None else prediction_type_in(folder),
        embedded=spec.embedded,
    )


def _family(spec: BaseSpec, family: str) -> str:
    return family if family and spec.name == spec.source else spec.family


def _adaptable(part: str, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Linear layers and convolutions among parameters, by the path that the model gives them."""
    found = {}
    for name, shape in shapes.items():
        path = name.removesuffix(".weight")
        if path == name or len(shape) not in (2, 4) or "embeddings." in path:
            continue
        if part == "vae":
            parent, _, last = path.rpartition(".")
            path = f"{parent}.{_OLD_VAE_NAMES.get(last, last)}" if parent else path
            shape = shape if ".attentions." not in path else shape[:2]
        found[bare(path)] = shape
    return found
