"""Which other programs load a LoRA file, told from its keys.

Read in the programs' own loading code and tried with it, module by module (docs: style files):
diffusers 0.42 lora_conversion_utils.py, ComfyUI 0.19 comfy/lora.py, A1111 1.10 networks.py, Forge
dfdcbab comfyui_lora_collection/lora.py, sd-scripts 48d368f networks/lora.py, InvokeAI 6.14
lora_conversions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from stylecli.loras.keys import PIECES, Key, layout_of, read_key

Spelling = Literal["diffusers", "sgm"]

_BOTH: tuple[Spelling, ...] = ("diffusers", "sgm")
_SGM = ("input_blocks", "middle_block", "output_blocks", "time_embed_", "label_emb", "out_2")
_OUTSIDE = (
    "conv_in",
    "conv_out",
    "time_embed",
    "add_embed",
    "label_emb",
    "input_blocks_0_0",
    "out_2",
)
_ATTENTION = frozenset({"q_proj", "k_proj", "v_proj", "out_proj"})
_IN_DIFFUSERS = re.compile(r"(unet|text_encoder|text_encoder_2)\.(?!base_model\.).*lora")
_KOHYA = ("lora_unet_", "lora_te_", "lora_te1_", "lora_te2_")


@dataclass(frozen=True)
class Reader:
    """What a program's loader does with a file in kohya's layout.

    Attributes:
        name: The program.
        sd15: How it may spell the UNet's modules in a file for SD 1.5.
        sdxl: Likewise for SDXL.
        first_text: Beginnings of keys of SD 1.5's text encoder.
        first_text_xl: Beginnings of keys of SDXL's first text encoder.
        bare_text: Whether text encoders' modules may lack "text_model".
        outside: Whether it adapts the first, last and embedding layers.
        strangers: How many tensors that it does not know it bears; with more it loads nothing.
        counts_modules: Whether those of modules that it ignores count, too.
        one_alpha: Whether it gets files wrong in which alphas differ within a part.
        attention: Parts of which it wants q, k, v and out_proj together.
        gaps: Modules of SDXL in diffusers' spelling that it ignores.
        refuses_factorised: Whether a convolution of three matrices (LoCon) makes it refuse the file.
    """

    name: str
    sd15: tuple[Spelling, ...] = _BOTH
    sdxl: tuple[Spelling, ...] = _BOTH
    first_text: tuple[str, ...] = ("lora_te_", "lora_te1_")
    first_text_xl: tuple[str, ...] = ("lora_te_", "lora_te1_")
    bare_text: bool = False
    outside: bool = True
    strangers: float = float("inf")
    counts_modules: bool = False
    one_alpha: bool = False
    attention: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    refuses_factorised: bool = False


READERS = (
    Reader(
        "diffusers",
        sd15=("diffusers",),
        bare_text=True,
        strangers=0,
        one_alpha=True,
        attention=("text_encoder", "text_encoder_2"),
        gaps=("add_embedding_linear_1", "add_embedding_linear_2"),
        refuses_factorised=True,
    ),
    Reader("ComfyUI"),
    Reader(
        "A1111",
        first_text_xl=("lora_te1_",),
        attention=("text_encoder_2",),
        gaps=(
            "up_blocks_0_upsamplers_0_conv",
            "add_embedding_linear_1",
            "add_embedding_linear_2",
        ),
    ),
    Reader("Forge", strangers=12, counts_modules=True),
    Reader(
        "sd-scripts",
        sd15=("diffusers",),
        first_text=("lora_te_",),
        first_text_xl=("lora_te1_",),
        outside=False,
    ),
    Reader(
        "InvokeAI",
        sd15=("diffusers",),
        first_text=("lora_te_",),
        first_text_xl=("lora_te1_",),
        strangers=0,
    ),
)


@dataclass(frozen=True)
class Verdict:
    """What becomes of a file in another program.

    Attributes:
        reader: The program.
        loads: "whole" means with exactly its effect; "unknown" that nobody tried.
        why: What is wrong where it is not whole, or "".
    """

    reader: str
    loads: Literal["whole", "in part", "not", "unknown"]
    why: str = ""


def verdicts(
    keys: Iterable[str], alphas: Mapping[str, float], family: str, embedded: bool = False
) -> list[Verdict]:
    """Say for each of `READERS` whether it loads a file, assuming a base that it fits.

    Args:
        keys: The file's keys.
        alphas: The values of its ``.alpha`` tensors by key, as far as it has any.
        family: "sd15" or "sdxl".
        embedded: Whether it is for a base of stylecli's own, which diffusers alone can load.
    """
    found = _verdicts(list(keys), alphas, family)
    if embedded:
        why = "its base is stylecli's own"
        found = [
            verdict if verdict.reader == "diffusers" else Verdict(verdict.reader, "not", why)
            for verdict in found
        ]
    return found


def _verdicts(labels: list[str], alphas: Mapping[str, float], family: str) -> list[Verdict]:
    lora = {
        label: key
        for label in labels
        if (key := read_key(label)) is not None and key.piece in PIECES
    }
    if not any(key.part != "vae" for key in lora.values()):
        return [Verdict(reader.name, "not", "it holds no LoRA") for reader in READERS]
    layout = layout_of(labels)
    if layout == "kohya":
        return [_verdict(reader, labels, lora, alphas, family) for reader in READERS]
    found = {
        reader.name: Verdict(reader.name, "not", f"it is in {layout} layout") for reader in READERS
    }
    if layout == "comfyui":
        found["ComfyUI"] = Verdict("ComfyUI", "unknown", "not tried with its own layout")
    elif layout == "diffusers":
        odd = [label for label in labels if not _IN_DIFFUSERS.match(label)]
        found["diffusers"] = (
            Verdict("diffusers", "not", f"it does not know {odd[0]}")
            if odd
            else Verdict("diffusers", "whole")
        )
    return list(found.values())


def problem_with(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Why stylecli itself refuses a file with these tensors, or "" where that cannot be seen yet."""
    pieces: dict[tuple[str, str], set[str]] = {}
    for label, shape in shapes.items():
        key = read_key(label)
        if key is None:
            continue
        if key.piece not in PIECES:
            return f"{label} belongs to a {key.piece}"
        if key.piece != "alpha" and (len(shape) < 2 or 0 in shape):
            return f"{label} is of no LoRA"
        pieces.setdefault((key.part, key.module), set()).add(key.piece)
    for (_, module), found in pieces.items():
        if not {"down", "up"} <= found:
            return f"{module} is incomplete"
    return ""


def accepts(reader: Reader, label: str, key: Key, family: str) -> bool:
    """Whether a program finds the module of a kohya key in a model of this family."""
    module = key.module
    if key.part == "unet":
        spelling: Spelling = "sgm" if module.startswith(_SGM) else "diffusers"
        if module.startswith(_OUTSIDE) and not reader.outside:
            return False
        if family == "sdxl" and spelling == "diffusers" and module in reader.gaps:
            return False
        return spelling in (reader.sdxl if family == "sdxl" else reader.sd15)
    if key.part == "vae" or not (module.startswith("text_") or reader.bare_text):
        return False
    if key.part == "text_encoder_2":
        return family == "sdxl"
    return label.startswith(reader.first_text_xl if family == "sdxl" else reader.first_text)


def _verdict(
    reader: Reader,
    labels: list[str],
    lora: Mapping[str, Key],
    alphas: Mapping[str, float],
    family: str,
) -> Verdict:
    foreign = [label for label in labels if not label.startswith(_KOHYA)]
    ignored = [
        label
        for label, key in lora.items()
        if label not in foreign and not accepts(reader, label, key, family)
    ]
    beyond = len(foreign) + (len(ignored) if reader.counts_modules else 0)
    if beyond > reader.strangers:
        what = (
            "the VAE's part"
            if foreign and set(foreign) <= set(lora)
            else "entries it does not know"
        )
        return Verdict(reader.name, "not", f"it refuses {what}")
    if any(_attends_in_part(lora, part) for part in reader.attention):
        if reader.one_alpha:
            return Verdict(
                reader.name, "not", "it wants a text encoder's q, k, v and out_proj together"
            )
        return Verdict(reader.name, "in part", "without the second text encoder's attention")
    if len(ignored) == len(lora) - len([label for label in foreign if label in lora]):
        return Verdict(reader.name, "not", "it finds none of its modules")
    if ignored:
        modules = list(dict.fromkeys(lora[label].module for label in ignored))
        more = f" and {len(modules) - 1} more modules" if len(modules) > 1 else ""
        return Verdict(reader.name, "in part", f"without {modules[0]}{more}")
    if foreign:
        return Verdict(
            reader.name, "in part", f"without {len(foreign)} entries that are not kohya's"
        )
    if any(key.piece == "mid" for key in lora.values()):
        if reader.refuses_factorised:
            return Verdict(reader.name, "not", "it refuses factorised convolutions")
        return Verdict(reader.name, "unknown", "not tried with factorised convolutions")
    if reader.one_alpha and _alphas_differ(lora, alphas):
        return Verdict(reader.name, "in part", "it mixes up alphas that differ between modules")
    return Verdict(reader.name, "whole")


def _alphas_differ(lora: Mapping[str, Key], alphas: Mapping[str, float]) -> bool:
    by_part: dict[str, set[float | None]] = {}
    stated = {
        (lora[label].part, lora[label].module): alphas[label] for label in alphas if label in lora
    }
    if not stated:
        return False
    for key in lora.values():
        by_part.setdefault(key.part, set()).add(stated.get((key.part, key.module)))
    return any(len(values) > 1 for values in by_part.values())


def _attends_in_part(lora: Mapping[str, Key], part: str) -> bool:
    attentions: dict[str, set[str]] = {}
    for key in lora.values():
        attention, _, name = key.module.rpartition("self_attn_")
        if key.part == part and attention and name in _ATTENTION:
            attentions.setdefault(attention, set()).add(name)
    return any(names != _ATTENTION for names in attentions.values())
