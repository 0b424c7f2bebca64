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
    path: Path, parameters: Mapping[str, Tensor], optimizer: Optimizer, position: Position
) -> None:
    """Write the state whole or not at all.

    What is random in a step is derived from the seed and the step's number, so that no random
    state needs keeping.

    Raises:
        StylecliError: The folder is read-only or the disk is full.
    """
    from safetensors.torch import save_file

    tensors = {
        f"weight/{name}": value.detach().cpu().contiguous() for name, value in parameters.items()
    }
    names = list(parameters)
    for index, state in optimizer.state_dict()["state"].items():
        for entry, value in state.items():
            tensors[f"optimizer/{entry}/{names[index]}"] = value.detach().cpu().contiguous()
    metadata = {"step": position.step, "seconds": position.seconds, "scaler": dict(position.scaler)}
    described = {"stylecli.checkpoint": json.dumps(metadata)}
    write_whole(path, lambda temporary: save_file(tensors, str(temporary), metadata=described))


def load_checkpoint(path: Path, parameters: Mapping[str, Tensor], optimizer: Optimizer) -> Position:
    """Put a saved state back into the parameters and the optimiser.

    Raises:
        StylecliError: The file is damaged, or belongs to other parameters.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            position = json.loads((file.metadata() or {})["stylecli.checkpoint"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError) as problem:
        raise StylecliError(f"{path}: the checkpoint cannot be read ({problem}).") from problem
    saved = {
        key.removeprefix("weight/"): value.shape
        for key, value in tensors.items()
        if key.startswith("weight/")
    }
    if saved != {name: parameter.shape for name, parameter in parameters.items()}:
        raise StylecliError(f"{path}: the checkpoint belongs to a run with other trainable parts.")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[f"weight/{name}"])
    state: dict[int, dict[str, Tensor]] = {}
    for index, name in enumerate(parameters):
        entries = {
            key.split("/", 2)[1]: value
            for key, value in tensors.items()
            if key.startswith("optimizer/") and key.split("/", 2)[2] == name
        }
        if entries:
            state[index] = entries
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )
    return Position(int(position["step"]), float(position["seconds"]), position["scaler"])
