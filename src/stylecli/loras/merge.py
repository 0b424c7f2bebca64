"""Several LoRAs merged into one.

"linear" is the weighted sum, exactly: the ranks add up. The others prune the changes before they
are added, so that styles get into each other's way less; they work on the changes of the weights
themselves, entry by entry, and the result is brought back to low rank. Sources: TIES (Yadav et al.
2023), DARE (Yu et al. 2024), as `peft.utils.merge_utils` has them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stylecli.loras.lowrank import lost_share, low_rank
from stylecli.loras.module import LoraModule, LoraModules
from stylecli.progress import Event, Progress, silent

if TYPE_CHECKING:
    from torch import Tensor

Combination = Literal["linear", "ties", "dare_linear", "magnitude_prune"]


@dataclass(frozen=True)
class MergeOptions:
    """How LoRAs are merged.

    Attributes:
        combination: The way.
        density: Share of each change's entries that is kept, above 0 and at most 1; "linear" keeps all.
        rank: Of every merged module, or None for the sum of the ranks.
        seed: Of what is dropped at random (DARE).
    """

    combination: Combination = "linear"
    density: float = 0.5
    rank: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Merged:
    """A merged LoRA.

    Attributes:
        modules: By part and path.
        lost: The share of the merged changes' energy that low rank could not keep, 0 to 1.
    """

    modules: LoraModules
    lost: float


def merge(
    loras: Sequence[tuple[LoraModules, float]],
    options: MergeOptions,
    progress: Progress = silent,
) -> Merged:
    """Merge LoRAs of one base, each times its weight.

    A module that only some of them change gets the changes of those alone.

    Args:
        loras: With their weights.
        options: How.
        progress: Hears of every module.
    """
    import torch

    merged: dict[str, dict[str, LoraModule]] = {}
    lost, energy = 0.0, 0.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        for part in sorted({part for lora, _ in loras for part in lora}):
            paths = sorted({path for lora, _ in loras for path in lora.get(part, {})})
            merged[part] = {}
            for done, path in enumerate(paths):
                progress(Event(f"merging the {part}", done, len(paths)))
                changes = [
                    (lora[part][path], weight)
                    for lora, weight in loras
                    if path in lora.get(part, {})
                ]
                ranks = sum(module.rank for module, _ in changes)
                rank = ranks if options.rank is None else options.rank
                if options.combination == "linear" and rank >= ranks:
                    merged[part][path] = _stacked(changes)
                    continue
                delta = _combined(changes, options)
                merged[part][path] = low_rank(delta, rank, options.seed)
                size = float(delta.square().sum())
                lost += lost_share(delta, merged[part][path]) * size
                energy += size
            progress(Event(f"merging the {part}", len(paths), len(paths)))
    return Merged(merged, lost / energy if energy else 0.0)


def _stacked(changes: Sequence[tuple[LoraModule, float]]) -> LoraModule:
    """The weighted sum as one LoRA: its directions are all of theirs."""
    import torch

    rank = sum(module.rank for module, _ in changes)
    factors = [weight * module.scale for module, weight in changes]
    # The largest factor goes into alpha: matrices keep their size and half precision holds them.
    largest = max(map(abs, factors)) or 1.0
    ups = [
        module.up.float() * (factor / largest)
        for (module, _), factor in zip(changes, factors, strict=True)
    ]
    downs = [module.down.float() for module, _ in changes]
    return LoraModule(torch.cat(downs, dim=0), torch.cat(ups, dim=1), rank * largest)


def _combined(changes: Sequence[tuple[LoraModule, float]], options: MergeOptions) -> Tensor:
    import torch
    from peft.utils import merge_utils

    deltas = [module.delta() for module, _ in changes]
    weights = torch.tensor([weight for _, weight in changes])
    if options.combination == "linear":
        return merge_utils.task_arithmetic(deltas, weights)
    combine = {
        "ties": merge_utils.ties,
        "dare_linear": merge_utils.dare_linear,
        "magnitude_prune": merge_utils.magnitude_prune,
    }[options.combination]
    with warnings.catch_warnings():
        # peft warns of a density of 1, which keeps everything; that may be what is wanted.
        warnings.filterwarnings("ignore", message="The density")
        return combine(deltas, weights, options.density)
