"""The optimiser of a training run: AdamW, or one that keeps its memory in 8 bits."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stylecli.progress import Event, Progress
from stylecli.training.options import TrainingOptions

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from torch.optim import Optimizer

_LEAST_8BIT = 4096
"""Smaller parameters bitsandbytes keeps in 32 bits."""


def make_optimizer(
    parameters: Mapping[str, Tensor],
    rates: Mapping[str, float],
    options: TrainingOptions,
    progress: Progress,
    stage: str,
) -> Optimizer:
    """AdamW (Loshchilov & Hutter 2019) as the options have it.

    With ``adamw-8bit`` it is bitsandbytes' (Dettmers et al. 2022) where that works on the device of
    the parameters; where it does not, it is plain AdamW, and `progress` is told why.

    Args:
        parameters: What is trained, by name.
        rates: Peak learning rates by parameter, where they are not `options.learning_rate`.
        options: Which one, its learning rate and the rest.
        progress: Hears of it where another one is used.
        stage: What is being done, for that.

    Returns:
        Its groups have the learning rate's peak as ``peak``.
    """
    import torch

    groups: dict[float, list[Tensor]] = {}
    for name, value in parameters.items():
        groups.setdefault(rates.get(name, options.learning_rate), []).append(value)
    described = [{"params": group, "peak": rate} for rate, group in groups.items()]
    settings: dict[str, Any] = {
        "lr": options.learning_rate,
        "weight_decay": options.weight_decay,
        "betas": (0.9, options.adam_beta2),
    }
    if options.optimizer == "adamw-8bit":
        problem = why_not_8bit(next(iter(parameters.values())).device)
        if problem is None:
            from bitsandbytes.optim import AdamW8bit

            return AdamW8bit(described, **settings)
        progress(
            Event(stage, message=f"Plain AdamW is used, not 8-bit: {problem}.", level="warning")
        )
    return torch.optim.AdamW(described, **settings)


def why_not_8bit(device: torch.device) -> str | None:
    """Why bitsandbytes' 8-bit AdamW cannot be used on a device, or None where it can.

    It is tried: which devices are supported differs from version to version.
    """
    import torch

    try:
        # Of 4-bit kernels, which it warns of on some CPUs, nothing is used.
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
        from bitsandbytes.optim import AdamW8bit
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] == "bitsandbytes":
            return "bitsandbytes is not installed (pip install bitsandbytes)"
        return f"bitsandbytes cannot be loaded ({_first_line(problem)})"
    except Exception as problem:
        # Without the right CUDA libraries it raises anything.
        return f"bitsandbytes cannot be loaded ({_first_line(problem)})"
    tried = torch.nn.Parameter(torch.zeros(_LEAST_8BIT, device=device))
    tried.grad = torch.ones_like(tried)
    unsupported = f"bitsandbytes does not support it on this device, {device.type}"
    try:
        AdamW8bit([tried], lr=1.0, weight_decay=0.0).step()
    except Exception as problem:
        return f"{unsupported} ({_first_line(problem)})"
    # The first step of Adam is as long as the learning rate.
    if not torch.allclose(tried, torch.full_like(tried, -1.0), atol=0.05):
        return unsupported
    return None


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0].rstrip(".")
