"""The tries themselves; see `stylecli.doctor.trying`, which runs them in a process of their own."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any

from stylecli.doctor.finding import first_line
from stylecli.doctor.trying import DEVICE, EIGHT_BIT, EXTRAS, NEEDED


def main(names: Sequence[str]) -> None:
    """Try one after the other, and print how each went as soon as it is known."""
    for name in names:
        error, values = "", {}
        try:
            values = _try(name)
        # Whatever a broken library raises is what is asked for.
        except (Exception, SystemExit) as problem:
            error = first_line(problem)
        sys.stdout.write(json.dumps({"tried": name, "error": error, "values": values}) + "\n")
        sys.stdout.flush()


def _try(name: str) -> dict[str, Any]:
    if name == DEVICE:
        return _device()
    if name == EIGHT_BIT:
        from stylecli.bases.device import pick_device
        from stylecli.training.optimizers import why_not_8bit

        return {"why_not": why_not_8bit(pick_device())}
    module, _, attribute = (NEEDED[name] if name in NEEDED else EXTRAS[name][1]).partition(":")
    loaded: Any = importlib.import_module(module)
    if attribute:
        getattr(loaded, attribute)
    if name != "torch":
        return {}
    return {"cuda": loaded.version.cuda, "hip": getattr(loaded.version, "hip", None)}


def _device() -> dict[str, Any]:
    """The device that would compute; memory in bytes."""
    import torch

    from stylecli.bases.device import pick_device, pick_dtype, precision_of
    from stylecli.training.memory import memory_free

    device = pick_device()
    # That there is a device does not say that it computes.
    ones = torch.ones(8, 8, device=device)
    works = bool(torch.allclose((ones @ ones).cpu(), torch.full((8, 8), 8.0)))
    total, name = None, device.type
    if device.type == "cuda":
        facts = torch.cuda.get_device_properties(device)
        total, name = facts.total_memory, facts.name
    dtype = pick_dtype("auto", device)
    return {
        "type": device.type,
        "name": name,
        "count": torch.accelerator.device_count() if device.type != "cpu" else 1,
        "memory": total,
        "free": memory_free(device),
        "precision": precision_of(dtype),
        "bf16": dtype == torch.bfloat16,
        "threads": torch.get_num_threads(),
        "works": works,
    }
