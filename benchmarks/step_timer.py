"""The steps of any training loop, timed once they are warm, with the memory and the operations of one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import torch

from denoiser_watch import DenoiserWatch


class EnoughSteps(BaseException):
    """Stops a loop whose steps are timed; no loop takes it for an error of its own."""


class OutOfTime(BaseException):
    """Stops a loop that has no time left."""


@dataclass
class StepTimer:
    """Called after every step of a loop; ends it with `EnoughSteps` when all is measured.

    Attributes:
        device: Where the loop computes.
        warm_up: Steps that are not timed: they load kernels and make the optimiser's state.
        timed: Steps that are.
        deadline: On `time.perf_counter`; past it `OutOfTime` is raised.
        count_operations: Whether one step more counts the floating-point operations.
        figures: What was measured; empty until the timed steps are done.
    """

    device: torch.device
    warm_up: int
    timed: int
    deadline: float
    count_operations: bool = True
    figures: dict[str, float] = field(default_factory=dict)
    _done: int = 0
    _started: float = 0.0
    _counter: Any = None
    _watch: DenoiserWatch | None = None

    @property
    def steps(self) -> int:
        """More steps than the loop will be let do."""
        return self.warm_up + self.timed + 2

    def watch(self, denoiser: Any) -> None:
        """Tell the share of this denoiser, too, where something of it is trained; once is enough."""
        trained = any(value.requires_grad for value in denoiser.parameters())
        if self._watch is None and trained:
            self._watch = DenoiserWatch(denoiser, self.device)

    def step(self) -> None:
        """Note that one more step is done."""
        self._done += 1
        if self._counter is not None:
            self._counter.__exit__(None, None, None)
            self.figures["tflop_per_step"] = self._counter.get_total_flops() / 1e12
            self._counter = None
            raise EnoughSteps
        if self._done == self.warm_up:
            self._settle()
            if self.device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            if self._watch is not None:
                self._watch.begin()
            self._started = time.perf_counter()
        elif self._done == self.warm_up + self.timed:
            self._settle()
            seconds = (time.perf_counter() - self._started) / self.timed
            self.figures = {"seconds_per_step": seconds, "steps_per_second": 1 / seconds}
            if self._watch is not None:
                self.figures["denoiser_share"] = self._watch.share()
            if self.device.type == "cuda":
                self.figures["peak_mb"] = torch.cuda.max_memory_allocated() / 1e6
            if not self.count_operations:
                raise EnoughSteps
            self._count()
        else:
            self.check_time()

    def check_time(self) -> None:
        """Raise `OutOfTime` past the deadline; between two steps, or before the first."""
        if time.perf_counter() > self.deadline:
            raise OutOfTime

    def _settle(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def _count(self) -> None:
        """Let the next step be watched; it is slower, and not timed."""
        from torch.utils.flop_counter import FlopCounterMode

        self._counter = FlopCounterMode(display=False)
        self._counter.__enter__()
