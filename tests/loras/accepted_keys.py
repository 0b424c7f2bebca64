"""The LoRA keys that other programs' loaders accept, written down from their code, program by program.

Nothing here uses stylecli: the blocks are counted through as the two UNets' own code makes them
(SGM `openaimodel.py`, `unet_2d_blocks.py` of diffusers), the rest as each loader maps it:

- diffusers 0.42.1 `lora_conversion_utils.py`
- ComfyUI 0.19.3 `comfy/lora.py` (`model_lora_keys_unet`, `model_lora_keys_clip`)
- A1111 1.10.1 `extensions-builtin/Lora/networks.py` (`convert_diffusers_name_to_compvis`)
- Forge dfdcbab `packages_3rdparty/comfyui_lora_collection/lora.py`
- sd-scripts 48d368f `networks/lora.py` (`LoRANetwork`, by module class)
- InvokeAI 6.14 `sd_lora_conversion_utils.py`, `sdxl_lora_conversion_utils.py`
"""

from __future__ import annotations

from collections.abc import Iterator

DEPTHS = {"sd15": (1, 1, 1, 0), "sdxl": (0, 2, 10)}
WIDTHS = {"sd15": (320, 640, 1280, 1280), "sdxl": (320, 640, 1280)}
LAYERS = 2
TEXT = ("self_attn_q_proj", "self_attn_k_proj", "self_attn_v_proj", "self_attn_out_proj")
TEXT += ("mlp_fc1", "mlp_fc2")
TOP = (
    ("conv_in", "input_blocks_0_0"),
    ("conv_out", "out_2"),
    ("time_embedding_linear_1", "time_embed_0"),
    ("time_embedding_linear_2", "time_embed_2"),
)
TOP_XL = (
    ("add_embedding_linear_1", "label_emb_0_0"),
    ("add_embedding_linear_2", "label_emb_0_2"),
)

Names = set[tuple[str, str]]


def resnet(diffusers: str, sgm: str, widens: bool) -> Iterator[tuple[str, str]]:
    yield f"{diffusers}_conv1", f"{sgm}_in_layers_2"
    yield f"{diffusers}_time_emb_proj", f"{sgm}_emb_layers_1"
    yield f"{diffusers}_conv2", f"{sgm}_out_layers_3"
    if widens:
        yield f"{diffusers}_conv_shortcut", f"{sgm}_skip_connection"


def transformer(diffusers: str, sgm: str, depth: int) -> Iterator[tuple[str, str]]:
    inner = ["proj_in", "proj_out"]
    for block in range(depth):
        for attention in ("attn1", "attn2"):
            for name in ("to_q", "to_k", "to_v", "to_out_0"):
                inner.append(f"transformer_blocks_{block}_{attention}_{name}")
        inner += [f"transformer_blocks_{block}_ff_net_{name}" for name in ("0_proj", "2")]
    for name in inner:
        yield f"{diffusers}_{name}", f"{sgm}_{name}"


def unet_names(family: str) -> Names:
    """Every module below the top level, in diffusers' and in SGM's words."""
    depths, widths = DEPTHS[family], WIDTHS[family]
    found: Names = set()
    number, before = 1, widths[0]
    for level, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        for layer in range(LAYERS):
            place = f"down_blocks_{level}"
            sgm = f"input_blocks_{number}"
            found |= set(resnet(f"{place}_resnets_{layer}", f"{sgm}_0", width != before))
            before = width
            if depth:
                found |= set(transformer(f"{place}_attentions_{layer}", f"{sgm}_1", depth))
            number += 1
        if level + 1 < len(widths):
            found.add((f"down_blocks_{level}_downsamplers_0_conv", f"input_blocks_{number}_0_op"))
            number += 1
    deepest = max(depths[-1], 1)
    found |= set(resnet("mid_block_resnets_0", "middle_block_0", False))
    found |= set(transformer("mid_block_attentions_0", "middle_block_1", deepest))
    found |= set(resnet("mid_block_resnets_1", "middle_block_2", False))
    number = 0
    for level, depth in enumerate(reversed(depths)):
        for layer in range(LAYERS + 1):
            place = f"up_blocks_{level}"
            sgm = f"output_blocks_{number}"
            # What comes over from the way down is concatenated, so every one of them narrows.
            found |= set(resnet(f"{place}_resnets_{layer}", f"{sgm}_0", True))
            if depth:
                found |= set(transformer(f"{place}_attentions_{layer}", f"{sgm}_1", depth))
            if layer == LAYERS and level + 1 < len(depths):
                last = 2 if depth else 1
                found.add((f"{place}_upsamplers_0_conv", f"{sgm}_{last}_conv"))
            number += 1
    return found


def top_names(family: str) -> Names:
    return set(TOP) | (set(TOP_XL) if family == "sdxl" else set())


def text_keys(prefix: str, layers: int, text_model: bool = True) -> set[str]:
    middle = "text_model_" if text_model else ""
    return {
        f"{prefix}{middle}encoder_layers_{layer}_{name}" for layer in range(layers) for name in TEXT
    }


def text_of(family: str, *first: str, bare: bool = False) -> set[str]:
    """Both encoders' keys, the first one's with any of the given prefixes."""
    found: set[str] = set()
    for prefix in first:
        found |= text_keys(prefix, 12)
        if bare:
            found |= text_keys(prefix, 12, text_model=False)
    if family == "sdxl":
        found |= text_keys("lora_te2_", 32)
        if bare:
            found |= text_keys("lora_te2_", 32, text_model=False)
    return found


def in_diffusers(names: Names) -> set[str]:
    return {f"lora_unet_{diffusers}" for diffusers, _ in names}


def in_sgm(names: Names) -> set[str]:
    return {f"lora_unet_{sgm}" for _, sgm in names}


def accepted(reader: str, family: str) -> set[str]:
    """The keys, without ``.lora_down.weight`` and the like, that a program finds a module for."""
    names, top = unet_names(family), top_names(family)
    xl = family == "sdxl"
    if reader == "diffusers":
        keys = in_diffusers(names | top) | text_of(family, "lora_te_", "lora_te1_", bare=True)
        if xl:
            keys |= in_sgm(names | top)
            keys -= {"lora_unet_add_embedding_linear_1", "lora_unet_add_embedding_linear_2"}
        else:
            # Its block names are not mapped for SD 1.5, the layers outside of blocks are.
            keys |= in_sgm(top)
        return keys
    if reader in ("ComfyUI", "Forge"):
        return (
            in_diffusers(names | top)
            | in_sgm(names | top)
            | text_of(family, "lora_te_", "lora_te1_")
        )
    if reader == "A1111":
        keys = in_diffusers(names | top) | in_sgm(names | top)
        if xl:
            keys -= {
                "lora_unet_up_blocks_0_upsamplers_0_conv",
                "lora_unet_add_embedding_linear_1",
                "lora_unet_add_embedding_linear_2",
            }
            return keys | text_of(family, "lora_te1_")
        return keys | text_of(family, "lora_te_", "lora_te1_")
    if reader == "sd-scripts":
        keys = in_diffusers(names) | (in_sgm(names) if xl else set())
        return keys | text_of(family, "lora_te1_" if xl else "lora_te_")
    if reader == "InvokeAI":
        keys = in_diffusers(names | top) | (in_sgm(names | top) if xl else set())
        return keys | text_of(family, "lora_te1_" if xl else "lora_te_")
    raise KeyError(reader)
