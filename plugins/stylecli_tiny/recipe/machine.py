"""Where the networks run, and in which precision."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch


def pick_device() -> torch.device:
    """The first CUDA GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 pays: on GPUs that multiply it in hardware.

    On CPUs it does not, not even with AVX-512 BF16: convolutions as narrow as these, their backward
    pass too, were slower in it than in float32 (torch 2.13; benchmarks/precision.py).
    """
    return device.type == "cuda" and bool(torch.cuda.is_bf16_supported(including_emulation=False))


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """Bfloat16 for the matrix products where it pays; float32 otherwise."""
    if not has_bfloat16(device):
        return nullcontext()
    context: AbstractContextManager[object] = torch.autocast(device.type, torch.bfloat16)
    return context
