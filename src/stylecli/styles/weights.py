"""Which files make up a LoRA: a file, a folder as diffusers or peft leaves it, or one from the hub."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from stylecli.errors import UsageError
from stylecli.styles.header import PICKLED, SUFFIX, StyleFileError, refuse_pickled

CONFIG = "adapter_config.json"
PEFT_WEIGHTS = "adapter_model.safetensors"
DIFFUSERS_WEIGHTS = "pytorch_lora_weights.safetensors"
PARTS = ("unet", "text_encoder", "text_encoder_2")


@dataclass(frozen=True)
class Weights:
    """One file of a LoRA.

    Attributes:
        path: The `.safetensors` file.
        config: peft's configuration beside it, or None.
        part: The part of the pipeline that its folder is named after, or "".
    """

    path: Path
    config: Path | None = None
    part: str = ""


def is_place(text: str) -> bool:
    """Whether a style is given by its place on the disk and not by its name in the library."""
    return (
        "/" in text
        or "\\" in text
        or text.startswith("~")
        or text.lower().endswith((SUFFIX, *PICKLED))
    )


def weights_in(path: Path) -> list[Weights]:
    """The files of the LoRA at `path`.

    Raises:
        UsageError: There is none, or it cannot be told which of several is meant.
        StyleFileError: There are only pickled weights, which are not read.
    """
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path}: no such file or folder.") from problem
    if not is_folder:
        config = path.parent / CONFIG
        if path.name == PEFT_WEIGHTS and config.is_file():
            return [Weights(path, config, _named_part(path.parent))]
        return [Weights(path)]
    if (path / CONFIG).is_file():
        return [_peft(path, _named_part(path))]
    parts = [path / part for part in PARTS if (path / part / CONFIG).is_file()]
    if parts:
        return [_peft(folder, folder.name) for folder in parts]
    if (path / DIFFUSERS_WEIGHTS).is_file():
        return [Weights(path / DIFFUSERS_WEIGHTS)]
    found = sorted(path.glob("*.safetensors"))
    if len(found) > 1:
        names = ", ".join(file.name for file in found[:8]) + (" …" if len(found) > 8 else "")
        raise UsageError(f"{path}: holds several files: {names}.", "Name one of them.")
    if found:
        return [Weights(found[0])]
    for file in sorted(path.iterdir()):
        refuse_pickled(file)
    raise UsageError(f"{path}: holds no LoRA (no .safetensors file).")


def _named_part(folder: Path) -> str:
    name = folder.absolute().name
    return name if name in PARTS else ""


def _peft(folder: Path, part: str = "") -> Weights:
    weights = folder / PEFT_WEIGHTS
    if not weights.is_file():
        for file in sorted(folder.iterdir()):
            refuse_pickled(file)
        raise StyleFileError(f"{folder}: has {CONFIG} but no {PEFT_WEIGHTS}.")
    return Weights(weights, folder / CONFIG, part)
