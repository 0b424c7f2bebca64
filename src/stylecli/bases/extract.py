"""A LoRA out of parts that were trained whole: what they learnt, as far as low ranks hold it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.bases.whole import Change, Whole
from stylecli.errors import StylecliError
from stylecli.loras.lowrank import lost_share, low_rank
from stylecli.loras.module import LoraModule, LoraModules
from stylecli.progress import Event, Progress, silent

if TYPE_CHECKING:
    from torch import Tensor

STAGE = "extracting a LoRA"


@dataclass(frozen=True)
class Extracted:
    """A change of whole parts as a LoRA.

    Attributes:
        modules: The LoRA, by part of the pipeline and module path; on the CPU.
        rank: The median of its modules' ranks.
        highest: The highest of them.
        kept: The share of the layers' change that it holds: of their squared differences' sum.
        outside: The share of the whole change that no LoRA can hold: in norms, biases and embeddings,
            and in the layers that some programs pass over.
    """

    modules: LoraModules
    rank: int
    highest: int
    kept: float
    outside: float

    def described(self) -> str:
        """One sentence for the user."""
        left_out = (
            f"; {self.outside:.1%} of all that was learnt is in norms, biases and embeddings, which it cannot hold"
            if self.outside
            else ""
        )
        return (
            f"The style file holds {self.kept:.1%} of what the layers learnt, in ranks up to {self.highest} "
            f"(half of them at most {self.rank}){left_out}."
        )


def extract_lora(
    wholes: Sequence[Whole], energy: float, max_rank: int, progress: Progress = silent
) -> Extracted:
    """Find the low-rank change nearest to what every layer learnt (Eckart & Young 1936).

    Args:
        wholes: The parts that were trained.
        energy: The share of a layer's change that is enough, 0 to 1.
        max_rank: No layer gets more directions.
        progress: Hears of every parameter.

    Raises:
        StylecliError: A weight is not a finite number, or nothing was learnt at all.
    """
    modules: dict[str, dict[str, LoraModule]] = {}
    whole = inside = lost = 0.0
    total = sum(len(list(part.model.parameters())) for part in wholes)
    done = 0
    for part in wholes:
        found = modules.setdefault(part.part, {})
        for change in part.changes():
            size = _energy(part.part, change)
            whole += size
            if size > 0 and change.held:
                module = low_rank(change.delta, max_rank, energy=energy)
                inside += size
                lost += size * lost_share(change.delta, module)
                found[change.module] = LoraModule(
                    _kept(module.down), _kept(module.up), module.alpha
                )
            done += 1
            progress(Event(STAGE, done, total))
    ranks = [module.rank for each in modules.values() for module in each.values()]
    if not ranks:
        raise StylecliError(
            "Nothing was learnt: no layer's weights have changed.",
            "Train for longer, or with a higher --learning-rate.",
        )
    return Extracted(
        modules=modules,
        rank=int(statistics.median_high(ranks)),
        highest=max(ranks),
        kept=1 - lost / inside,
        outside=1 - inside / whole,
    )


def _energy(part: str, change: Change) -> float:
    size = float(change.delta.square().sum())
    if not math.isfinite(size):
        raise StylecliError(
            f"Weights of the {part} are not finite numbers: training has diverged.",
            "Use a smaller --learning-rate, or --precision fp32.",
        )
    return size


def _kept(matrix: Tensor) -> Tensor:
    return matrix.detach().cpu().clone()
