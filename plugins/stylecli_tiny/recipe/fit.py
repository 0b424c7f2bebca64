"""One training loop for all networks: AdamW, cosine rate, averaged weights, exact resume.

Whatever is random in a step is to be drawn from (seed, step), so a state needs no random
generators: weights, their average, the optimiser's moments, the step and the seconds are all of it.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from stylecli_tiny.recipe.files import replace_atomically
from stylecli_tiny.recipe.settings import Budget

_REPORT_SECONDS = 20.0
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Plan:
    """How a network is trained."""

    budget: Budget
    peak_rate: float
    """Highest learning rate; reached after `warmup` steps, then falling along a cosine."""
    final_rate: float
    """Share of the peak that is left at the end."""
    warmup: int
    weight_decay: float
    averaging: float
    """Decay of the exponential moving average of the weights, 0 to 1."""

    def rate(self, step: int, progress: float) -> float:
        """The learning rate of a step at a given share of the budget."""
        cosine = 0.5 * (1 + math.cos(math.pi * progress))
        rising = min(1.0, (step + 1) / self.warmup)
        return self.peak_rate * rising * (cosine * (1 - self.final_rate) + self.final_rate)


def fit(
    network: nn.Module,
    loss: Callable[[int, float], Tensor],
    plan: Plan,
    state: Path,
    save_minutes: float,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """Train `network` in place until the budget is used; return its averaged copy.

    `loss` is called with the step (from 0) and the share of the budget used. Training goes on from
    `state` if that file exists, and is saved there every `save_minutes` and at the end.
    """
    average = copy.deepcopy(network).requires_grad_(False)
    parameters = list(network.parameters())
    averaged = list(average.parameters())
    optimizer = torch.optim.AdamW(
        parameters, betas=(0.9, 0.99), weight_decay=plan.weight_decay, fused=True
    )
    step, seconds = _load(state, network, average, optimizer) if state.is_file() else (0, 0.0)
    reported = saved = time.monotonic()
    started = saved - seconds
    losses: list[Tensor] = []
    while (progress := plan.budget.progress(step, seconds)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = plan.rate(step, progress)
        value = loss(step, progress)
        value.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        with torch.no_grad():
            decay = min(plan.averaging, step / (9 + step))
            for mean, parameter in zip(averaged, parameters, strict=True):
                mean.lerp_(parameter, 1 - decay)
        losses.append(value.detach())
        now = time.monotonic()
        seconds = now - started
        if now - saved >= 60 * save_minutes:
            _save(state, network, average, optimizer, step, seconds)
            saved = now
        if now - reported >= _REPORT_SECONDS:
            recent = torch.stack(losses).mean().item()
            losses.clear()
            report(f"{state.stem}: step {step}, {seconds:.0f} s, loss {recent:.4f}")
            reported = now
    _save(state, network, average, optimizer, step, seconds)
    report(f"{state.stem}: trained {step} steps in {seconds:.0f} s")
    return average


def _save(
    path: Path,
    network: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    seconds: float,
) -> None:
    tensors = {f"weights/{name}": value for name, value in network.named_parameters()}
    tensors |= {f"average/{name}": value for name, value in average.named_parameters()}
    for name, parameter in network.named_parameters():
        for moment, value in optimizer.state[parameter].items():
            tensors[f"{moment}/{name}"] = value
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    about = {"step": str(step), "seconds": repr(seconds)}
    replace_atomically(path, lambda file: save_file(plain, file, metadata=about))


def _load(
    path: Path, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, float]:
    with safe_open(path, framework="pt") as saved, torch.no_grad():
        names = set(saved.keys())
        for name, parameter in network.named_parameters():
            parameter.copy_(saved.get_tensor(f"weights/{name}"))
            # A parameter that has never had a gradient has no moments yet.
            if f"step/{name}" in names:
                moments = {moment: saved.get_tensor(f"{moment}/{name}") for moment in _MOMENTS}
                optimizer.state[parameter] = {
                    moment: _like(parameter, value) for moment, value in moments.items()
                }
        for name, parameter in average.named_parameters():
            parameter.copy_(saved.get_tensor(f"average/{name}"))
        about = saved.metadata()
    return int(about["step"]), float(about["seconds"])


def _like(parameter: Tensor, value: Tensor) -> Tensor:
    """A moment on its parameter's device, in its memory layout; step counts are single numbers."""
    if value.ndim == 0 and parameter.ndim > 0:
        return value.to(parameter.device)
    return torch.empty_like(parameter).copy_(value)
