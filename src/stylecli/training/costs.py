"""What a run's phases cost: seconds, and the most memory that they held."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.files import write_text_whole

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
        path: A JSON file that keeps them, so that a run that goes on adds to what it cost before.
        phases: One a name; a phase that is entered again adds up.
    """

    device: torch.device
    path: Path
    phases: dict[str, PhaseCost] = field(default_factory=dict)

    def recall(self) -> None:
        """Begin with what the file keeps; with nothing where there is none, or it is damaged."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self.phases = {one["name"]: PhaseCost(**one) for one in kept}

    def record(self) -> list[dict[str, object]]:
        """The phases for JSON: name, seconds, and peak in megabytes."""
        return [
            {"name": one.name, "seconds": round(one.seconds, 1), "peak_mb": round(one.peak / 1e6)}
            for one in self.phases.values()
        ]

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what is done inside as this phase, and keep it, also where it is stopped.

        Raises:
            StylecliError: The file cannot be written.
        """
        started = time.perf_counter()
        peak = [0]
        try:
            with _peak(self.device, peak):
                yield
        finally:
            seconds = time.perf_counter() - started
            before = self.phases.get(name, PhaseCost(name, 0.0, 0))
            self.phases[name] = PhaseCost(name, before.seconds + seconds, max(before.peak, peak[0]))
            write_text_whole(self.path, json.dumps([asdict(one) for one in self.phases.values()]))


@contextmanager
def _peak(device: torch.device, found: list[int]) -> Iterator[None]:
    """Watch the memory inside; the list's only entry is the peak in bytes, right after leaving."""
    if device.type == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        try:
            yield
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
        yield
    finally:
        done.set()
        watcher.join()
        found[0] = max(found[0], int(process.memory_info().rss))
