"""How much memory it takes to train whole parts of a base, known before anything is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base
from stylecli.bases.folder import weight_files, weights_header
from stylecli.errors import UsageError
from stylecli.training.optimizers import why_not_8bit
from stylecli.training.options import TrainingOptions

if TYPE_CHECKING:
    import torch

_SMALL = 4096
"""8-bit AdamW keeps the states of tensors under so many elements in 32 bits (Dettmers et al. 2022)."""
_BLOCK = 256
"""For every block of so many elements 8-bit AdamW keeps a scale of 32 bits for each of two states."""
_HOLES = 0.5
"""On a CPU the C library's heap keeps holes between tensors that come and go: about so much of what
they hold, and `_STARTED` bytes go to code that is loaded by the first step (benchmarks/memory_estimate.py)."""
_STARTED = 32_000_000


@dataclass(frozen=True)
class WholeTraining:
    """What is trained whole, and what decides how much memory that takes.

    Attributes:
        parts: "unet", "text_encoder" or both.
        batch_size: Pictures of the data set in one pass.
        pictures: All that go through the denoiser in one pass: with prior preservation twice as many.
        side: Of a training square, in pixels.
        checkpointing: Whether gradients are checkpointed.
        eight_bit: Whether AdamW keeps its states in 8 bits.
        average: Whether a moving average of the weights is kept.
        accumulation: Passes for one step of the optimiser.
        previews: Whether all parts stay loaded, for pictures on the way.
        side_flag: What the user gives for another side.
    """

    parts: tuple[str, ...]
    batch_size: int
    pictures: int
    side: int
    checkpointing: bool = False
    eight_bit: bool = False
    average: bool = False
    accumulation: int = 1
    previews: bool = False
    side_flag: str = "--resolution"


@dataclass(frozen=True)
class MemoryNeed:
    """What a training needs, in bytes.

    Attributes:
        weights: fp32 of what is trained; what stays loaded beside it in its own type.
        gradients: fp32, of what is trained.
        optimizer: AdamW's two states.
        average: The moving average of the weights, fp32.
        activations: What a step holds at its fullest beyond the gradients: what the forward pass keeps,
            with weights that are cast, or what the optimiser needs for a moment where that is more;
            on a CPU also what the process's heap wastes meanwhile.
    """

    weights: int
    gradients: int
    optimizer: int
    average: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.average + self.activations


def whole_training(
    options: TrainingOptions, parts: Sequence[str], pictures: int, device: torch.device
) -> WholeTraining:
    """What a run's options mean for its memory.

    Args:
        options: Of the run.
        parts: "unet", "text_encoder" or both.
        pictures: As in `WholeTraining`.
        device: Where it is trained: not everywhere AdamW can keep its states in 8 bits.
    """
    return WholeTraining(
        parts=tuple(parts),
        batch_size=options.batch_size,
        pictures=pictures,
        side=options.crop_size or options.resolution,
        checkpointing=options.gradient_checkpointing,
        eight_bit=options.optimizer == "adamw-8bit" and why_not_8bit(device) is None,
        average=options.ema_decay > 0,
        accumulation=options.accumulation,
        previews=options.previews,
        side_flag="--resolution" if options.crop_size is None else "--crop-size",
    )


def memory_needed(base: Base, training: WholeTraining) -> MemoryNeed:
    """What a training needs: sizes are read, and a step is rehearsed; no weights are loaded.

    Left out is what kernels take for themselves on CUDA, and what the process holds anyway.

    Raises:
        UsageError: A part's configuration is missing, damaged or of another architecture.
        StylecliError: The header of a weight file is damaged.
    """
    import torch

    from stylecli.training.rehearsal import Rehearsal

    models = {part: _without_weights(base.place(part), part) for part in {"unet", *training.parts}}
    on_cpu = base.device.type == "cpu"
    own = torch.float32 if on_cpu or "unet" in training.parts else base.dtype
    # Diffusers' own `to` warns of modules that stay in fp32, even where there are none.
    torch.nn.Module.to(models["unet"], dtype=own, memory_format=torch.channels_last)
    for part, model in models.items():
        model.requires_grad_(part in training.parts)
    sizes = [value.numel() for part in training.parts for value in models[part].parameters()]
    rehearsal = Rehearsal(
        models["unet"],
        models.get("text_encoder"),
        base.dtype,
        cuda=not on_cpu,
        checkpointing=training.checkpointing,
    )
    fullest = rehearsal.peak(
        training.pictures,
        max(1, training.side // base.pixels_per_latent),
        training.accumulation,
    )
    beside = {"unet", *(("vae", "text_encoder") if training.previews else ())}
    loaded = sum(
        _elements(base.place(part)) * (own.itemsize if part == "unet" else 4)
        for part in beside - set(training.parts)
    )
    gradients = 4 * sum(sizes)
    activations = max(fullest - gradients, _for_a_moment(sizes, training.eight_bit, on_cpu))
    if on_cpu:
        activations += int(_HOLES * activations) + _STARTED
    return MemoryNeed(
        weights=4 * sum(sizes) + loaded,
        gradients=gradients,
        optimizer=sum(_states(size, training.eight_bit) for size in sizes),
        average=4 * sum(sizes) if training.average else 0,
        activations=activations,
    )


def memory_free(device: torch.device) -> int | None:
    """The bytes that a device has left for tensors; None where that is not known.

    On CUDA also what torch holds and can give to other tensors, on a CPU what the system can spare.
    """
    if device.type == "cuda":
        import torch

        held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + int(held)
    if device.type == "cpu":
        import psutil

        return int(psutil.virtual_memory().available)
    return None


def _states(size: int, eight_bit: bool) -> int:
    if not eight_bit or size < _SMALL:
        return 8 * size
    return 2 * size + 8 * -(-size // _BLOCK)


def _for_a_moment(sizes: list[int], eight_bit: bool, on_cpu: bool) -> int:
    """What AdamW's update holds beside the states: for all at once on CUDA, one by one on a CPU."""
    if eight_bit:
        return 0
    return 8 * max(sizes) if on_cpu else 4 * sum(sizes)


def _elements(place: Path) -> int:
    return sum(prod(shape) for shape in _shapes(place))


def _shapes(place: Path) -> Iterator[list[int]]:
    for path in weight_files(place):
        for key, entry in weights_header(path).items():
            if key != "__metadata__":
                yield entry["shape"]


def _without_weights(place: Path, part: str) -> Any:
    import torch
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    try:
        config = json.loads((place / "config.json").read_text(encoding="utf-8"))
        with torch.device("meta"):
            if part == "unet":
                return UNet2DConditionModel.from_config(config)
            return CLIPTextModel(CLIPTextConfig.from_dict(config))
    # What a damaged configuration raises differs between the libraries' versions.
    except Exception as problem:
        raise UsageError(f"{place}/config.json: missing or damaged.") from problem
