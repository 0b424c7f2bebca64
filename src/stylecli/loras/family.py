"""Which model a LoRA file is for, from its keys and shapes alone."""

from __future__ import annotations

from collections.abc import Mapping

from stylecli.errors import UsageError
from stylecli.loras.keys import Key, read_key

_BY_CONTEXT = {768: "sd15", 2048: "sdxl"}
_SD2_CONTEXT = 1024
_ONLY_SDXL = ("label_emb", "add_embedding", "transformer_blocks_1_")
_OTHER_MODELS = {
    "double_blocks": "Flux",
    "single_transformer_blocks": "Flux",
    "joint_blocks": "Stable Diffusion 3",
}
_OTHER_BEGINNINGS = {
    "transformer.": "a diffusion transformer",
    "lora_transformer_": "a diffusion transformer",
    "lora_prior_": "Stable Cascade",
}


def family_of_lora(shapes: Mapping[str, tuple[int, ...]], name: str) -> str:
    """The family of the base that a LoRA was made for: "sd15", "sdxl", or "" where it cannot be told.

    Args:
        shapes: Of the file's tensors by key.
        name: What the file is called in error messages.

    Raises:
        UsageError: It is for a model that stylecli does not work with, or is no LoRA.
    """
    others = [
        model for words, model in _OTHER_MODELS.items() if any(words in key for key in shapes)
    ]
    others += [
        model
        for words, model in _OTHER_BEGINNINGS.items()
        if any(key.startswith(words) for key in shapes)
    ]
    if others:
        raise UsageError(f"{name}: a LoRA for {others[0]}; stylecli works with SD 1.5 and SDXL.")
    keys = {label: key for label in shapes if (key := read_key(label)) is not None}
    if not keys:
        some = ", ".join(list(shapes)[:3]) or "none"
        raise UsageError(f"{name}: holds no LoRA; its keys are: {some}.")
    widths = {shapes[label][1] for label, key in keys.items() if _reads_text(key, shapes[label])}
    if widths == {_SD2_CONTEXT}:
        raise UsageError(
            f"{name}: a LoRA for Stable Diffusion 2, which stylecli does not work with."
        )
    if widths:
        return _BY_CONTEXT.get(min(widths), "") if len(widths) == 1 else ""
    modules = [key.module.replace(".", "_") for key in keys.values()]
    if any(key.part == "text_encoder_2" for key in keys.values()) or any(
        words in f"{module}_" for module in modules for words in _ONLY_SDXL
    ):
        return "sdxl"
    # What both families have under one name stays open.
    return "sd15" if any(label.startswith("lora_te_") for label in keys) else ""


def _reads_text(key: Key, shape: tuple[int, ...]) -> bool:
    ends = key.module.replace(".", "_").endswith(("attn2_to_k", "attn2_to_v"))
    return key.part == "unet" and key.piece == "down" and ends and len(shape) > 1
