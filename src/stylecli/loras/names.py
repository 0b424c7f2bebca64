"""What modules are called: in diffusers' models, in SGM's UNet, and in kohya's keys.

Sources: `kohya-ss/sd-scripts` networks/lora.py and library/sdxl_model_util.py (the keys, and which
UNet they are named after), `Stability-AI/generative-models` openaimodel.py (SGM's blocks).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

PREFIXES: Mapping[str, Mapping[str, str]] = {
    "sd15": {"unet": "lora_unet_", "text_encoder": "lora_te_"},
    "sdxl": {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"},
}
"""How kohya's keys begin, by family and part of the pipeline."""

VAE_PREFIX = "stylecli.vae."
"""How the keys of a VAE's LoRA begin: kohya has none, so they are ours; the path keeps its dots."""

_OUTSIDE = {
    "conv_in": "input_blocks.0.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}
_RESNET = {
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_BLOCK = re.compile(
    r"(?:(down|up)_blocks\.(\d+)|mid_block)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)"
)


def kohya_names(family: str, part: str, paths: Collection[str]) -> dict[str, str]:
    """The kohya key of every module, without the ending, by path.

    SD 1.5 is named after diffusers' UNet, SDXL after SGM's; that is what the most programs read.

    Args:
        family: "sd15" or "sdxl".
        part: Of the pipeline: "unet", "text_encoder", "text_encoder_2" or "vae".
        paths: All modules of the whole model: SGM counts its blocks through.
    """
    if part == "vae":
        return {path: VAE_PREFIX + path for path in paths}
    prefix = PREFIXES[family][part]
    if part == "unet":
        inside = sgm_paths(paths) if family == "sdxl" else {}
        return {path: prefix + underscored(inside.get(path, path)) for path in paths}
    return {path: prefix + underscored(in_text_model(path)) for path in paths}


def spellings(part: str, paths: Collection[str]) -> dict[str, str]:
    """The path of every module by each name that a file may give it, dots as underscores."""
    found = {}
    if part == "unet":
        found = {underscored(name): path for path, name in sgm_paths(paths).items()}
    elif part.startswith("text_encoder"):
        found = {underscored(in_text_model(path)): path for path in paths}
    return found | {underscored(path): path for path in paths}


def sgm_paths(paths: Collection[str]) -> dict[str, str]:
    """Where modules of a diffusers UNet are in SGM's, by path; others are left out."""
    layers = 1 + _highest(paths, r"down_blocks\.0\.resnets\.(\d+)\.")
    attentive = {
        match[1] for path in paths if (match := re.match(r"up_blocks\.(\d+)\.attentions\.", path))
    }
    found = {path: _OUTSIDE[path] for path in paths if path in _OUTSIDE}
    for path in paths:
        match = _BLOCK.fullmatch(path)
        if match:
            direction, block, kind, index, rest = match.groups()
            inner = _RESNET.get(rest, rest) if kind == "resnets" else rest
            place = _place(direction, block, kind, int(index), layers, block in attentive)
            found[path] = f"{place}.op" if kind == "downsamplers" else f"{place}.{inner}"
    return found


def in_text_model(path: str) -> str:
    """A text encoder's module as older transformers and every file name it."""
    return path if path.startswith("text_projection") else f"text_model.{path}"


def bare(path: str) -> str:
    """A text encoder's module without the "text_model." that only some versions and classes have."""
    return path.removeprefix("text_model.")


def underscored(path: str) -> str:
    """A path as a part of a key."""
    return path.replace(".", "_")


def _place(
    direction: str | None, block: str | None, kind: str, index: int, layers: int, attends: bool
) -> str:
    if direction is None:
        return f"middle_block.{2 * index if kind == 'resnets' else 1}"
    first = int(block or 0) * (layers + 1)
    if direction == "down":
        if kind == "downsamplers":
            return f"input_blocks.{first + layers + 1}.0"
        return f"input_blocks.{first + index + 1}.{int(kind == 'attentions')}"
    if kind == "upsamplers":
        return f"output_blocks.{first + layers}.{1 + attends}"
    return f"output_blocks.{first + index}.{int(kind == 'attentions')}"


def _highest(paths: Iterable[str], pattern: str) -> int:
    return max((int(match[1]) for path in paths if (match := re.match(pattern, path))), default=0)
