"""Published weights: read without running what a pickle may hold, and put into a module whole."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

import stylecli

State: TypeAlias = Mapping[str, Tensor]


def read_state(path: Path, inside: str | None = None) -> State:
    """The tensors of a ``.safetensors`` file or of a pickled state dict, by their names.

    Args:
        path: The file.
        inside: Under which key a training checkpoint keeps the state dict, if it is one.

    Returns:
        Tensors on the CPU, mapped from the file where it allows.

    Raises:
        StylecliError: It cannot be read, holds more than tensors, or is no state dict.
    """
    try:
        found = _tensors(path)
    # Damaged files fail in torch, pickle, zipfile and safetensors in as many ways.
    except Exception as problem:
        raise _unusable(path, f"cannot be read ({type(problem).__name__}: {problem})") from problem
    if inside is not None and isinstance(found, Mapping) and inside in found:
        found = found[inside]
    if not isinstance(found, Mapping) or not found:
        raise _unusable(path, "holds no weights by name")
    if not all(isinstance(each, Tensor) for each in found.values()):
        raise _unusable(path, "holds other things than tensors")
    return {str(name): each for name, each in found.items()}


def fill(module: nn.Module, state: State, path: Path, unused: Iterable[str] = ()) -> None:
    """Put weights into a module: all of the module, and nothing left over.

    Args:
        module: What they are for; put into evaluation mode and float32, without gradients.
        state: By the module's names.
        path: Where they are from, for the message.
        unused: Beginnings of names that the file has and the module does not need.

    Raises:
        StylecliError: Names are missing or left over, or have other shapes.
    """
    needed = {
        name: each.float() if each.is_floating_point() else each
        for name, each in state.items()
        if not name.startswith(tuple(unused))
    }
    try:
        # Assigned rather than copied: the module was made without memory of its own.
        missing, left = module.load_state_dict(needed, strict=False, assign=True)
    except RuntimeError as problem:
        reason = str(problem).splitlines()[-1].strip()
        raise _unusable(path, f"is another network's: {reason}") from problem
    if missing or left:
        what = f"it lacks {missing[0]}" if missing else f"{left[0]} belongs to something else"
        raise _unusable(path, f"is another network's: {what}")
    module.eval().requires_grad_(False)


@contextmanager
def of_one_network(path: Path) -> Iterator[None]:
    """Whatever a file of other parts or shapes makes fail means that it is another network's.

    Args:
        path: The file.

    Raises:
        StylecliError: Something failed.
    """
    try:
        yield
    except stylecli.StylecliError:
        raise
    except KeyError as problem:
        raise _unusable(path, f"is another network's: it lacks {problem.args[0]}") from problem
    except (IndexError, RuntimeError, TypeError, ValueError) as problem:
        said = f"{type(problem).__name__}: {problem}"
        raise _unusable(path, f"is another network's ({said})") from problem


def under(state: State, prefix: str) -> dict[str, Tensor]:
    """The weights below a prefix, without it."""
    return {name[len(prefix) :]: each for name, each in state.items() if name.startswith(prefix)}


def _tensors(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    with torch.serialization.safe_globals(_harmless()):
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError:
            # Files older than torch 1.6 are no archives and cannot be mapped.
            return torch.load(path, map_location="cpu", weights_only=True)


def _harmless() -> list[Any]:
    """What training checkpoints hold beside tensors: the run's options and numbers of numpy's."""
    import numpy as np

    scalar = import_module("numpy._core.multiarray").scalar
    kinds = [type(np.dtype(kind)) for kind in (np.float32, np.float64, np.int32, np.int64)]
    return [argparse.Namespace, np.dtype, scalar, (scalar, "numpy.core.multiarray.scalar"), *kinds]


def _unusable(path: Path, what: str) -> stylecli.StylecliError:
    return stylecli.StylecliError(
        f"{path.name} {what}.", "Fetch it again: stylecli eval weights list says from where."
    )
