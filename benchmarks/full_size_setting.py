"""What all rows of `full_size.py` share: the base, sizes, pictures, and the time that is left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from random_pictures import write_random_pictures
from step_timer import StepTimer


@dataclass(frozen=True)
class Setting:
    """What all rows share.

    Attributes:
        folder: For bases, pictures and results.
        base: The base's folder.
        device: Where everything computes.
        side: Of pictures, in pixels.
        batch: Pictures a step where a row says no other; of each kind with class pictures.
        warm_up: Steps that are not timed.
        timed: Steps that are.
        photos: How many photos the rows of transfer repaint.
        deadline: On `time.perf_counter`.
    """

    folder: Path
    base: Path
    device: torch.device
    side: int
    batch: int
    warm_up: int
    timed: int
    photos: tuple[int, int, int]
    deadline: float

    def timer(self, precision: str = "bf16", *, operations: bool = False) -> StepTimer:
        """A timer; fp16 gets more warm-up, as its first steps may be skipped for their scale."""
        warm_up = self.warm_up * 3 if precision == "fp16" else self.warm_up
        return StepTimer(self.device, warm_up, self.timed, self.deadline, operations)

    def pictures(self, name: str, count: int, size: tuple[int, int]) -> Path:
        """A folder of pictures, made when it is first asked for."""
        folder = self.folder / name
        return folder if folder.is_dir() else write_random_pictures(folder, count, size, len(name))
