"""A diffusers pipeline folder: what kind it is, and whether it is whole."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylecli.bases.spec import HOMES
from stylecli.errors import StylecliError, UsageError
from stylecli.files import sha256_of

CONFIG = "config.json"

FAMILIES = {
    "StableDiffusionPipeline": "sd15",
    "StableDiffusionImg2ImgPipeline": "sd15",
    "StableDiffusionXLPipeline": "sdxl",
    "StableDiffusionXLImg2ImgPipeline": "sdxl",
}
"""Base family by the pipeline class in ``model_index.json``."""

COMPONENTS = {
    "sd15": ("unet", "vae", "text_encoder", "tokenizer", "scheduler"),
    "sdxl": (
        "unet",
        "vae",
        "text_encoder",
        "text_encoder_2",
        "tokenizer",
        "tokenizer_2",
        "scheduler",
    ),
}
"""The sub-folders that a family needs; a safety checker and the like are never loaded."""


def family_of(folder: Path) -> str:
    """Read the family out of a pipeline folder.

    Raises:
        UsageError: No pipeline folder, or one of another kind.
    """
    index = folder / "model_index.json"
    try:
        kind = str(json.loads(index.read_text(encoding="utf-8"))["_class_name"])
    except FileNotFoundError as problem:
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder.") from problem
        raise UsageError(
            f"{folder}: not a diffusers pipeline folder (it has no model_index.json).",
            "A single-file checkpoint must be converted to the diffusers layout first.",
        ) from problem
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UsageError(f"{index}: damaged or unreadable.") from problem
    if kind not in FAMILIES:
        raise UsageError(
            f"{folder}: a {kind}; stylecli works with {', '.join(sorted(set(FAMILIES)))}."
        )
    return FAMILIES[kind]


def prediction_type_in(folder: Path) -> str:
    """What a whole base's denoiser predicts: "epsilon" or "v_prediction"."""
    try:
        config = json.loads((folder / "scheduler" / "scheduler_config.json").read_text("utf-8"))
        return str(config.get("prediction_type", "epsilon"))
    except (OSError, ValueError, AttributeError) as problem:
        raise UsageError(f"{folder}/scheduler: damaged or unreadable.") from problem


def check_whole(folder: Path, family: str) -> None:
    """Make sure that every file which will be loaded is there and has its full length.

    Raises:
        StylecliError: Something is missing or cut short.
    """
    for component in COMPONENTS[family]:
        place = folder / component
        if component.startswith("tokenizer"):
            whole = (place / "tokenizer.json").is_file() or (
                (place / "vocab.json").is_file() and (place / "merges.txt").is_file()
            )
        elif component == "scheduler":
            whole = (place / "scheduler_config.json").is_file()
        else:
            whole = (place / CONFIG).is_file() and bool(weight_files(place))
        if not whole:
            raise StylecliError(
                f"{folder}: the base is incomplete: {component} is missing or has no .safetensors weights.",
                "If it was downloaded, the download was interrupted: run the command again while online.",
            )
        check_lengths(place)


def check_lengths(place: Path) -> None:
    """Make sure that a component's weight files are not cut short.

    Raises:
        StylecliError: One is.
    """
    for weights in weight_files(place):
        _check_length(weights)


def weight_files(place: Path) -> list[Path]:
    """The `.safetensors` files of one component that are loaded together, sorted.

    Shards count only when all that the index names are there; of a plain file and its fp16
    variant the plain one is taken.

    Raises:
        StylecliError: The index of the shards is damaged.
    """
    for variant in ("", ".fp16"):
        for stem in ("diffusion_pytorch_model", "model"):
            single = place / f"{stem}{variant}.safetensors"
            if single.is_file():
                return [single]
            index = place / f"{stem}.safetensors.index{variant}.json"
            if index.is_file():
                names = _shard_names(index)
                shards = [place / name for name in names]
                if all(shard.is_file() for shard in shards):
                    return shards
    return []


def _shard_names(index: Path) -> list[str]:
    try:
        return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise StylecliError(
            f"{index}: damaged or cut short.", "Delete this file and fetch the base again."
        ) from problem


def config_of(place: Path) -> dict[str, Any]:
    """What a model's ``config.json`` says; it is not loaded.

    Raises:
        UsageError: It is missing or damaged.
    """
    try:
        return dict(json.loads((place / CONFIG).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as problem:
        raise UsageError(f"{place}/{CONFIG}: missing or damaged.") from problem


def levels_of(place: Path) -> int:
    """How many sizes a UNet or autoencoder works at, each half the one before; it is not loaded.

    Raises:
        UsageError: Its configuration is missing or damaged.
    """
    try:
        return len(config_of(place)["block_out_channels"])
    except (KeyError, TypeError) as problem:
        raise UsageError(f"{place}/{CONFIG}: missing or damaged.") from problem


def pixels_per_latent_of(folder: Path) -> int:
    """How many pixels one latent cell of a base covers on a side: 8 for SD 1.5.

    Raises:
        UsageError: Its autoencoder's configuration is missing or damaged.
    """
    return int(2 ** (levels_of(folder / "vae") - 1))


def latent_channels_of(folder: Path) -> int:
    """How many channels the latents of a base have: 4 for SD 1.5; raises as `pixels_per_latent_of`."""
    return int(config_of(folder / "vae").get("latent_channels", 4))


def resolution_of(folder: Path, family: str) -> int:
    """The short side in pixels that a base's UNet is configured for, else what its family's model has.

    Args:
        folder: A diffusers folder, whole or not.
        family: Its family.
    """
    try:
        config = json.loads((folder / "unet" / "config.json").read_text(encoding="utf-8"))
        size = config["sample_size"]
        cells = min(size) if isinstance(size, list) else size
        if type(cells) is int and cells > 0:
            return cells * pixels_per_latent_of(folder)
    # A damaged configuration is told of when the base is opened.
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        pass
    return HOMES[family].resolution


def tokenizer_files(encoder: str) -> tuple[str, ...]:
    """What the tokenizer of a text encoder may consist of, seen from the encoder's folder."""
    place = encoder.replace("text_encoder", "../tokenizer")
    return tuple(f"{place}/{name}" for name in ("tokenizer.json", "vocab.json", "merges.txt"))


def hash_of(place: Path, beside: Sequence[str] = ()) -> str:
    """SHA-256 over a component's weight files and those of the files beside them that are there, in hex."""
    present = [place / name for name in beside if (place / name).is_file()]
    return sha256_of(*weight_files(place), *present)


def variant_of(place: Path) -> str | None:
    """The variant "fp16" where only that one of the component's weights is there, else None."""
    files = weight_files(place)
    return "fp16" if files and ".fp16" in files[0].name else None


def weights_header(path: Path) -> dict[str, Any]:
    """What a safetensors file says it holds: entries by key, ``__metadata__`` among them.

    Raises:
        StylecliError: The header is damaged.
    """
    try:
        with path.open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            header = json.loads(file.read(min(length, path.stat().st_size)))
    except (OSError, struct.error, ValueError) as problem:
        raise _cut_short(path) from problem
    if not isinstance(header, dict):
        raise _cut_short(path)
    return header


def _check_length(path: Path) -> None:
    header = weights_header(path)
    try:
        ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
        with path.open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
        whole = 8 + int(length) + int(max(ends, default=0)) == path.stat().st_size
    except (KeyError, TypeError, IndexError, ValueError):
        whole = False
    if not whole:
        raise _cut_short(path)


def _cut_short(path: Path) -> StylecliError:
    return StylecliError(
        f"{path}: the weights are cut short or damaged.",
        "Delete this file and fetch the base again.",
    )
