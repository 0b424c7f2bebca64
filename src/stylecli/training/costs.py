"""What a run's phases cost: seconds, and the most memory that they held."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_EVERY = 0.02


@dataclass(frozen=True)
class PhaseCost:
    """One phase of a run.

    Attributes:
        name: Such as "encoding".
        seconds: What it took.
        peak: Bytes: on CUDA the most that tensors held on the device, elsewhere the most that the
            process held of the machine's memory.
    """

    name: str
    seconds: float
    peak: int


@dataclass
class Costs:
    """The phases of a run so far, in their order.

    Attributes:
        device: Where it computes.
        phases: One a name; a phase that is entered again adds up.
    """

    device: torch.device
    phases: dict[str, PhaseCost] = field(default_factory=dict)

    def record(self) -> list[dict[str, object]]:
        """The phases for JSON: name, seconds, and peak in megabytes."""
        return [
            {"name": one.name, "seconds": round(one.seconds, 1), "peak_mb": round(one.peak / 1e6)}
            for one in self.phases.values()
        ]

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what is done inside as this phase."""
        started = time.perf_counter()
        with _peak(self.device) as peak:
            yield
        seconds = time.perf_counter() - started
        before = self.phases.get(name, PhaseCost(name, 0.0, 0))
        self.phases[name] = PhaseCost(name, before.seconds + seconds, max(before.peak, peak[0]))


@contextmanager
def _peak(device: torch.device) -> Iterator[list[int]]:
    """Watch the memory inside; the list's only entry is the peak in bytes, right after leaving."""
    found = [0]
    if device.type == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        try:
            yield found
        finally:
            found[0] = int(torch.cuda.max_memory_allocated(device))
        return
    import psutil

    process, done = psutil.Process(), threading.Event()

    def watch() -> None:
        while not done.is_set():
            found[0] = max(found[0], int(process.memory_info().rss))
            done.wait(_EVERY)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()
        found[0] = max(found[0], int(process.memory_info().rss))
