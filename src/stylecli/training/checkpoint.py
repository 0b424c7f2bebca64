"""The state of a training run in one file: trained weights, optimiser, position."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.errors import StylecliError
from stylecli.files import write_whole

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

FILE_NAME = "checkpoint.safetensors"


@dataclass(frozen=True)
class Position:
    """Where a run stands.

    Attributes:
        step: Optimiser steps done.
        seconds: Time spent on them.
        scaler: State of the fp16 gradient scaler; empty for other precisions.
    """

    step: int
    seconds: float
    scaler: Mapping[str, Any]


def save_checkpoint(
    path: Path,
    parameters: Mapping[str, Tensor],
    optimizer: Optimizer,
    position: Position,
    averages: Mapping[str, Tensor] | None = None,
) -> None:
    """Write the state whole or not at all.

    What is random in a step is derived from the seed and the step's number, so that no random
    state needs keeping.

    Args:
        path: The file.
        parameters: What is trained, by name.
        optimizer: Of these; every entry of its state is a tensor, a number or a text.
        position: Where the run stands.
        averages: Moving averages of the parameters, by the same names.

    Raises:
        StylecliError: The folder is read-only or the disk is full.
    """
    import torch
    from safetensors.torch import save_file

    tensors: dict[str, Tensor] = {}
    plain: dict[str, dict[str, Any]] = {}
    places: set[int] = set()
    for name, value in parameters.items():
        tensors[f"weight/{name}"] = _stored(value)
        # Not its `state_dict`, which some wrap; all of them take the plain state back.
        for entry, state in optimizer.state.get(value, {}).items():
            if not isinstance(state, torch.Tensor):
                plain.setdefault(name, {})[entry] = state
                continue
            stored = _stored(state)
            # An 8-bit optimiser's parameters share tables, which the file's format forbids.
            shared = stored.data_ptr() in places
            places.add(stored.data_ptr())
            tensors[f"optimizer/{entry}/{name}"] = stored.clone() if shared else stored
    for name, value in (averages or {}).items():
        tensors[f"average/{name}"] = _stored(value)
    metadata = {
        "step": position.step,
        "seconds": position.seconds,
        "scaler": dict(position.scaler),
        "optimizer": type(optimizer).__name__,
        "state": plain,
    }
    described = {"stylecli.checkpoint": json.dumps(metadata)}
    write_whole(path, lambda temporary: save_file(tensors, str(temporary), metadata=described))


def load_checkpoint(
    path: Path,
    parameters: Mapping[str, Tensor],
    optimizer: Optimizer,
    averages: Mapping[str, Tensor] | None = None,
) -> Position:
    """Put a saved state back into the parameters, the optimiser and the averages.

    Raises:
        StylecliError: The file is damaged, or belongs to other parameters or another optimiser.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = json.loads((file.metadata() or {})["stylecli.checkpoint"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError) as problem:
        raise StylecliError(f"{path}: the checkpoint cannot be read ({problem}).") from problem
    targets = {f"weight/{name}": value for name, value in parameters.items()}
    targets |= {f"average/{name}": value for name, value in (averages or {}).items()}
    saved = {key: value.shape for key, value in tensors.items() if not key.startswith("optimizer/")}
    if saved != {key: value.shape for key, value in targets.items()}:
        raise StylecliError(f"{path}: the checkpoint belongs to a run with other trainable parts.")
    there, here = metadata.get("optimizer", "AdamW"), type(optimizer).__name__
    if there != here:
        raise StylecliError(
            f"{path}: the run was started with the optimiser {there}; here it would be {here}.",
            "Go on where it was started, with the same packages, or start a new run without --resume.",
        )
    with torch.no_grad():
        for key, value in targets.items():
            value.copy_(tensors[key])
    state: dict[str, dict[str, Any]] = {
        name: dict(entries) for name, entries in metadata.get("state", {}).items()
    }
    for key, value in tensors.items():
        if key.startswith("optimizer/"):
            _, entry, name = key.split("/", 2)
            state.setdefault(name, {})[entry] = value
    optimizer.load_state_dict(_numbered(state, parameters, optimizer))
    return Position(int(metadata["step"]), float(metadata["seconds"]), metadata["scaler"])


def _stored(value: Tensor) -> Tensor:
    return value.detach().cpu().contiguous()


def _numbered(
    state: Mapping[str, Any], parameters: Mapping[str, Tensor], optimizer: Optimizer
) -> dict[str, Any]:
    """A state by name as the optimiser takes it: by number, group by group."""
    names = {id(value): name for name, value in parameters.items()}
    ordered = [names[id(value)] for group in optimizer.param_groups for value in group["params"]]
    return {
        "state": {number: state[name] for number, name in enumerate(ordered) if name in state},
        "param_groups": optimizer.state_dict()["param_groups"],
    }
