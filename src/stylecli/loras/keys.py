"""What a key of a LoRA file means, whichever program wrote the file. Looks at keys alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stylecli.loras.names import VAE_PREFIX

PIECES = ("down", "up", "mid", "alpha")
"""The tensors of a LoRA's module; "mid" is the core of a factorised convolution (LoCon)."""


@dataclass(frozen=True)
class Key:
    """One key, understood.

    Attributes:
        part: Of the pipeline: "unet", "text_encoder", "text_encoder_2" or "vae".
        module: The module's path as the file spells it, with dots or underscores.
        piece: One of `PIECES`, or the name of another kind of adapter: "DoRA", "LoHa", …
    """

    part: str
    module: str
    piece: str


# Longest first where one is the end of another.
_ENDINGS = [
    (re.compile(pattern + r"\Z"), piece)
    for pattern, piece in (
        (r"[._]lora\.down\.weight", "down"),
        (r"[._]lora\.up\.weight", "up"),
        (r"\.lora_linear_layer\.down\.weight", "down"),
        (r"\.lora_linear_layer\.up\.weight", "up"),
        (r"\.lora_down\.weight", "down"),
        (r"\.lora_up\.weight", "up"),
        (r"\.lora_mid\.weight", "mid"),
        (r"\.lora_A(\.\w+)?\.weight", "down"),
        (r"\.lora_B(\.\w+)?\.weight", "up"),
        (r"\.alpha", "alpha"),
        (r"\.dora_scale|\.lora_magnitude_vector(\.\w+)*", "DoRA"),
        (r"\.hada_(w[12]_[ab]|t[12])", "LoHa"),
        (r"\.lokr_(w[12](_[ab])?|t[12])", "LoKr"),
        (r"\.oft_(blocks|diag|R)(\.\w+)*", "OFT"),
        (r"\.(a1|a2|b1|b2|bm1|bm2)\.weight", "GLoRA"),
        (r"\.on_input", "(IA)3"),
    )
]
_PREFIXES = (
    ("lora_unet_", "unet"),
    ("lora_te1_", "text_encoder"),
    ("lora_te2_", "text_encoder_2"),
    ("lora_te_", "text_encoder"),
    (VAE_PREFIX, "vae"),
    ("unet.", "unet"),
    ("text_encoder.", "text_encoder"),
    ("text_encoder_2.", "text_encoder_2"),
    ("vae.", "vae"),
    ("diffusion_model.", "unet"),
    ("text_encoders.clip_l.transformer.", "text_encoder"),
    ("text_encoders.clip_g.transformer.", "text_encoder_2"),
)
_PEFT = "base_model.model."
_UNPREFIXED = (
    (
        re.compile(r"(down_blocks|mid_block|up_blocks|conv_in|conv_out|time_embedding)\b"),
        "unet",
    ),
    (re.compile(r"(text_model|encoder\.layers|text_projection)\b"), "text_encoder"),
)
_OLD_TEXT = {"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}


def read_key(key: str) -> Key | None:
    """Understand a key of kohya's, diffusers' (old and new) or peft's layout, or give None."""
    for pattern, piece in _ENDINGS:
        ending = pattern.search(key)
        if ending:
            located = _locate(key[: ending.start()])
            return None if located is None else Key(*located, piece)
    return None


def parts_of(keys: Iterable[str]) -> frozenset[str]:
    """The parts of the pipeline that a LoRA with these keys changes; none where it is no LoRA."""
    found = {read_key(key) for key in keys if key.endswith((".weight", ".alpha"))}
    return frozenset(key.part for key in found if key is not None and key.piece in PIECES)


def is_lora(keys: Iterable[str]) -> bool:
    """Whether there are keys and all are a LoRA's."""
    found = [read_key(key) for key in keys]
    return bool(found) and all(key is not None and key.piece in PIECES for key in found)


def layout_of(keys: Iterable[str]) -> str:
    """Whose layout it is, as a word for people: "kohya", "diffusers", "peft" or "comfyui"."""
    named = list(keys)
    if any(_PEFT in key for key in named):
        return "peft"
    if any(key.startswith(("lora_unet_", "lora_te")) for key in named):
        return "kohya"
    if any(key.startswith(("diffusion_model.", "text_encoders.")) for key in named):
        return "comfyui"
    return "diffusers"


def _locate(name: str) -> tuple[str, str] | None:
    name = name.removeprefix(_PEFT)
    for prefix, part in _PREFIXES:
        if name.startswith(prefix):
            return part, _module(name.removeprefix(prefix).removeprefix(_PEFT), part)
    for pattern, part in _UNPREFIXED:
        if pattern.match(name):
            return part, _module(name, part)
    return None


def _module(name: str, part: str) -> str:
    if part == "unet":
        # diffusers' attention processors: attn1.processor.to_out_lora is attn1.to_out.0.
        name = re.sub(r"\.processor\.(to_\w+)", r".\1", name)
        name = re.sub(r"(\.attn\d\.to_out)\Z", r"\1.0", name)
    elif part.startswith("text_encoder"):
        name = re.sub(
            r"(\.self_attn\.)(to_\w+)\Z",
            lambda found: found[1] + _OLD_TEXT.get(found[2], found[2]),
            name,
        )
    return name
