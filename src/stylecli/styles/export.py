"""Styles written for other programs, in the layout that each reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stylecli.errors import UsageError
from stylecli.files import write_folder_whole, write_whole
from stylecli.loras.kohya import TensorPrecision, to_kohya, torch_dtype
from stylecli.loras.lowrank import balanced
from stylecli.loras.module import LoraModule, ModuleShapes
from stylecli.loras.names import in_text_model
from stylecli.loras.reading import fit, gather
from stylecli.styles.format import tensor_bytes, with_metadata, write_style
from stylecli.styles.metadata import style_metadata
from stylecli.styles.style import Style
from stylecli.styles.weights import CONFIG, PARTS, PEFT_WEIGHTS

if TYPE_CHECKING:
    import torch
    from torch import Tensor

ExportLayout = Literal["kohya", "diffusers", "peft"]


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        path: The file, or peft's folder.
        left_out: What other programs have no place for, as words for people.
    """

    path: Path
    left_out: tuple[str, ...]


def export_style(
    style: Style,
    path: Path,
    layout: ExportLayout,
    modules: ModuleShapes,
    precision: TensorPrecision = "fp16",
) -> Exported:
    """Write a style for other programs.

    Args:
        style: A LoRA.
        path: The file to write, of "peft" the folder; what is there is replaced.
        layout: "kohya" (most programs), "diffusers" (`load_lora_weights`) or "peft" (one adapter
            folder for each part of the pipeline).
        modules: Shapes of the modules of the base that it was trained on.
        precision: The number type.

    Raises:
        UsageError: It holds no LoRA, or does not fit the modules.
        StylecliError: The place is read-only or the disk is full.
    """
    if not style.parts:
        raise UsageError(
            f"{style.name!r} is no LoRA (method {style.method}), so no other program can use it."
        )
    name = f"style {style.name!r}"
    gathered = gather(style.tensors, name)
    fitted = fit(gathered, modules, name)
    left_out = [*gathered.left_out, *fitted.strangers]
    changes = {part: found for part, found in fitted.modules.items() if part != "vae"}
    vae = fitted.modules.get("vae", {})
    if vae:
        left_out.insert(0, f"the VAE's part ({len(vae)} module{'s' if len(vae) > 1 else ''})")
    if not changes:
        raise UsageError(f"{style.name!r} changes only the VAE, which no other program can use.")
    dtype = torch_dtype(precision)
    if layout == "kohya":
        tensors = to_kohya(changes, style.family, modules, dtype)
        write_style(replace(style, tensors=tensors), path)
        return Exported(path, tuple(left_out))
    # Recent transformers have no "text_model" in a bare encoder; diffusers takes keys with it always.
    dotted = ("text_encoder", "text_encoder_2") if layout == "diffusers" else ("text_encoder_2",)
    if layout == "peft" and style.prompt.prefix:
        left_out.append(f"the words before the prompt: {style.prompt.prefix}")
    left_out.append("how it was trained, and the options that suit it")
    flat = {part: _flat(found, part in dotted, dtype) for part, found in changes.items()}
    if layout == "diffusers":
        whole = {
            f"{part}.{key}": tensor
            for part, tensors in flat.items()
            for key, tensor in tensors.items()
        }
        metadata = {
            key: value
            for key, value in style_metadata(style, "").items()
            if key.startswith("modelspec.") and not key.endswith("hash_sha256")
        }
        content = with_metadata(tensor_bytes(whole, style.name), {"format": "pt", **metadata})
        write_whole(path, lambda temporary: _write(temporary, content))
        return Exported(path, tuple(left_out))
    files = {}
    for part, tensors in flat.items():
        named = {f"base_model.model.{key}": tensor for key, tensor in tensors.items()}
        files[f"{part}/{PEFT_WEIGHTS}"] = with_metadata(
            tensor_bytes(named, style.name), {"format": "pt"}
        )
        config = json.dumps(_peft_config(changes[part]), indent=2, sort_keys=True)
        files[f"{part}/{CONFIG}"] = config.encode() + b"\n"
    parts = [f"{part}/{name}" for part in PARTS for name in (CONFIG, PEFT_WEIGHTS)]
    write_folder_whole(path, files, [name for name in parts if name not in files])
    return Exported(path, tuple(left_out))


def _flat(changes: Mapping[str, LoraModule], dotted: bool, dtype: torch.dtype) -> dict[str, Tensor]:
    """A part's modules with the scale in their matrices: alpha is the rank, said or not said."""
    tensors = {}
    for path, module in changes.items():
        place = in_text_model(path) if dotted else path
        level = balanced(module)
        tensors[f"{place}.lora_A.weight"] = level.down.to(dtype)
        tensors[f"{place}.lora_B.weight"] = level.up.to(dtype)
    return tensors


def _peft_config(changes: Mapping[str, LoraModule]) -> dict[str, Any]:
    ranks = {path: module.rank for path, module in changes.items()}
    rank = max(ranks.values())
    others = {path: found for path, found in ranks.items() if found != rank}
    return {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": rank,
        "rank_pattern": others,
        "alpha_pattern": others,
        "target_modules": sorted(changes),
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "base_model_name_or_path": None,
        "task_type": None,
    }


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
