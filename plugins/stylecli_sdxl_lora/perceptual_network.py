"""A vision model of transformers, whose hidden states pictures are compared by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stylecli
from stylecli_sdxl_lora.perceptual_features import apart, grams_apart

if TYPE_CHECKING:
    import torch
    from torch import Tensor

OPTION = "--perceptual-network"
CONFIG, PREPARATION = "config.json", "preprocessor_config.json"
NEEDED = (CONFIG, PREPARATION, "model*.safetensors")
WANTED = ("model.safetensors.index.json",)
LAYERS = 4
"""How many layers are compared: the last one, and others in even steps before it."""
USUAL_SIDE = 224
_HINT = (
    "Name a CLIP, DINOv2, ViT, ResNet or ConvNeXt in the layout of transformers, or leave it out."
)


def load_network(
    name: str, device: torch.device, progress: stylecli.Progress
) -> Callable[[Tensor, Tensor], Tensor]:
    """Load a network, frozen, in fp32.

    Args:
        name: A folder, or ``org/name`` or ``org/name@revision`` on the hub.
        device: Where it computes.
        progress: Hears of a download.

    Returns:
        What gives the distance ``(B,)`` of two batches of pictures ``(B, 3, H, W)`` in [-1, 1],
        differentiable by the first: mean over layers of the distances of the features and of their
        Gram matrices, 0 where they are the same.

    Raises:
        UsageError: There is no such network, or it gives no hidden states of pictures.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    import torch

    try:
        folder = stylecli.model_folder(name, NEEDED, progress, WANTED, f"leave {OPTION} out")
    except stylecli.UsageError as problem:
        raise _refused(problem.message, problem.hint) from problem
    prepare = _preparation(folder, device)
    model = _loaded(folder).to(device)

    def states(pixels: Tensor) -> list[Tensor]:
        hidden = model(pixel_values=prepare(pixels), output_hidden_states=True).hidden_states
        # What it begins with are patches without a neighbourhood.
        layers = hidden[1:]
        step = max(1, len(layers) // LAYERS)
        return [_places_last(layer).float() for layer in layers[::-1][::step][:LAYERS]]

    def distance(one: Tensor, other: Tensor) -> Tensor:
        with torch.no_grad():
            second = states(other)
        return torch.stack(
            [_states_apart(a, b) for a, b in zip(states(one), second, strict=True)]
        ).mean(dim=0)

    try:
        with torch.no_grad():
            states(torch.zeros(1, 3, 32, 32, device=device))
    except Exception as problem:
        raise _refused(
            f"{folder}: gives no hidden states of pictures ({_first(problem)})."
        ) from problem
    return distance


def _states_apart(one: Tensor, other: Tensor) -> Tensor:
    """The mean of how far features and their Gram matrices are apart, ``(B,)``."""
    energy = (one.pow(2) + other.pow(2)).mean(dim=2, keepdim=True) / 2
    # Networks have channels that are a hundred times as large as the others.
    scale = (energy + 1e-6).rsqrt()
    return (apart(one * scale, other * scale) + grams_apart(one, other)) / 2


def _places_last(layer: Tensor) -> Tensor:
    """A hidden state as ``(B, C, N)``: maps are flattened, of tokens the channels come first."""
    return layer.flatten(2) if layer.dim() == 4 else layer.mT


def _loaded(folder: Path) -> Any:
    config = _read(folder / CONFIG)
    if "auto_map" in config:
        raise _refused(f"{folder}: a model with code of its own, which is not run.")
    from transformers import AutoModel

    try:
        model, report = AutoModel.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, output_loading_info=True
        )
    except Exception as problem:
        raise _refused(f"{folder}: cannot be loaded ({_first(problem)}).") from problem
    # A pooler, which many weights are without, comes after the hidden states.
    lacking = [key for key in map(str, report["missing_keys"]) if "pooler" not in key]
    wrong = sorted([*lacking, *map(str, report["mismatched_keys"])])
    if wrong:
        raise _refused(
            f"{folder}: its weights are not whole; {len(wrong)} tensors are missing or of another shape, "
            f"such as {wrong[0]!r}."
        )
    # Of a model of words and pictures the half that sees.
    return getattr(model, "vision_model", model).requires_grad_(False).eval()


def _preparation(folder: Path, device: torch.device) -> Callable[[Tensor], Tensor]:
    """What makes the network's pixels of pictures in [-1, 1]: its size, its mean and deviation."""
    import torch
    from torch.nn import functional

    told = _read(folder / PREPARATION)
    try:
        mean, deviation = (
            torch.tensor(told[key], dtype=torch.float32, device=device).view(1, 3, 1, 1)
            for key in ("image_mean", "image_std")
        )
        side = _side(told.get("crop_size") or told.get("size") or USUAL_SIDE)
    except (KeyError, TypeError, ValueError, RuntimeError) as problem:
        raise _refused(
            f"{folder / PREPARATION}: says no image_mean and image_std of three numbers, or no size."
        ) from problem

    def prepare(pixels: Tensor) -> Tensor:
        sized = functional.interpolate(pixels, (side, side), mode="bilinear", antialias=True)
        return ((sized + 1) / 2 - mean) / deviation

    return prepare


def _side(size: Any) -> int:
    """The side that a preparation names, as a number or in one of transformers' forms."""
    if isinstance(size, dict):
        size = size.get("height") or size["shortest_edge"]
    return int(size)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise _refused(f"{path}: cannot be read.") from problem
    if not isinstance(found, dict):
        raise _refused(f"{path}: cannot be read.")
    return found


def _first(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]


def _refused(what: str, hint: str | None = None) -> stylecli.UsageError:
    return stylecli.UsageError(f"{OPTION}: {what}", hint or _HINT)
