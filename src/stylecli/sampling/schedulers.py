"""Samplers by name, and the part of a noise schedule that a strength uses."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from stylecli.errors import UsageError

if TYPE_CHECKING:
    from torch import Generator, Tensor

SchedulerName = Literal[
    "base", "ddim", "ddpm", "pndm", "dpm++", "dpm++-sde", "euler", "euler-a", "heun", "unipc"
]

_CLASSES: dict[str, tuple[str, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {"clip_sample": False}),
    "ddpm": ("DDPMScheduler", {"clip_sample": False}),
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "dpm++": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    "dpm++-sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler-a": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "unipc": ("UniPCMultistepScheduler", {}),
}


@dataclass(frozen=True)
class Schedule:
    """A sampler set to the steps that will be run.

    Attributes:
        scheduler: A diffusers scheduler; it carries the state of one run.
        timesteps: ``(N,)``, from noisy to clean.
    """

    scheduler: Any
    timesteps: Tensor

    def add_noise(self, latents: Tensor, noise: Tensor) -> Tensor:
        """Bring clean latents ``(B, C, h, w)`` to the first timestep's noise level."""
        first = self.timesteps[:1].repeat(latents.shape[0])
        return self.scheduler.add_noise(latents, noise, first)

    def step(
        self, prediction: Tensor, timestep: Tensor, latents: Tensor, generators: Sequence[Generator]
    ) -> Tensor:
        """One step towards clean latents; samplers that add noise draw each picture's from its own generator."""
        extra: dict[str, Any] = {}
        if "generator" in inspect.signature(self.scheduler.step).parameters:
            # Most schedulers take a list and draw per picture; those that do not would ignore the order.
            extra["generator"] = list(generators)
        return self.scheduler.step(prediction, timestep, latents, return_dict=False, **extra)[0]


def steps_for(strength: float, steps: int) -> int:
    """How many of the schedule's steps a strength runs: floor(strength * steps), 0.29 * 100 being 29.

    Raises:
        UsageError: The strength is out of (0, 1], or no step is left.
    """
    if not 0 < strength <= 1:
        raise UsageError(f"--strength: {strength:g} is not above 0 and at most 1.")
    # 0.29 * 100 is 28.999999999999996 in floating point.
    count = math.floor(strength * steps + 1e-6)
    if count < 1:
        least = math.ceil(1000 / steps) / 1000
        raise UsageError(
            f"--strength {strength:g} leaves no step of --steps {steps}.",
            f"Use a strength of at least {least:g}, or at least {math.ceil(1 / strength)} steps.",
        )
    return count


def make_schedule(
    name: SchedulerName, config: Mapping[str, Any], steps: int, strength: float, device: Any
) -> Schedule:
    """Set a sampler to the last part of its schedule that `strength` asks for.

    Args:
        name: Which sampler.
        config: The base's scheduler configuration.
        steps: Steps of the whole schedule.
        strength: The share that is run, above 0 and at most 1; 1 is all of it.
        device: Where the timesteps are kept.

    Raises:
        UsageError: No step is left.
    """
    import diffusers
    import torch

    count = steps_for(strength, steps)
    kind, changes = _CLASSES.get(name, (str(config.get("_class_name", "DDIMScheduler")), {}))
    scheduler = getattr(diffusers, kind).from_config(dict(config), **changes)
    scheduler.set_timesteps(steps, device=device)
    skipped = (steps - count) * scheduler.order
    if kind == "PNDMScheduler" and scheduler.config.skip_prk_steps:
        # Its second step does the first one over and so stands twice, in the whole schedule only:
        # a part without that would end one noise level too early.
        levels = scheduler.timesteps.unique_consecutive()[skipped:]
        return Schedule(scheduler, torch.cat([levels[:2], levels[1:]]))
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(skipped)
    return Schedule(scheduler, scheduler.timesteps[skipped:])
