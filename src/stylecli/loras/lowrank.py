"""The nearest low-rank change to any change of a weight."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from stylecli.loras.module import LoraModule

if TYPE_CHECKING:
    from torch import Tensor

_EXACT_SIDE = 512
_OVERSAMPLING = 16


def low_rank(delta: Tensor, rank: int, seed: int = 0, energy: float = 1.0) -> LoraModule:
    """Factorise a change of a weight, with alpha = rank.

    The exact singular value decomposition (Eckart & Young 1936) where the weight is small, a
    randomised one (Halko et al. 2011) where that would take minutes.

    Args:
        delta: ``(out, in)`` or ``(out, in, k, k)``.
        rank: Directions to keep, at most; no more are kept than the weight has.
        seed: Of the randomised decomposition.
        energy: The share of the change's squared values that is enough: no more directions are kept
            than that takes, and at least one.
    """
    import torch

    matrix = delta.float().flatten(1)
    rank = min(rank, *matrix.shape)
    if min(matrix.shape) <= max(_EXACT_SIDE, 2 * rank):
        up, values, down = torch.linalg.svd(matrix, full_matrices=False)
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            up, values, right = torch.svd_lowrank(matrix, q=rank + _OVERSAMPLING, niter=4)
        down = right.T
    if energy < 1:
        shares = values.square().cumsum(0) / matrix.square().sum().clamp_min(1e-30)
        rank = min(rank, int((shares < energy).sum()) + 1)
    # Both factors get half of the size, so that neither leaves the range of fp16.
    half = values[:rank].sqrt()
    ones = (1,) * (delta.dim() - 2)
    return LoraModule(
        (half[:, None] * down[:rank]).reshape(rank, *delta.shape[1:]).contiguous(),
        (up[:, :rank] * half).reshape(delta.shape[0], rank, *ones).contiguous(),
        float(rank),
    )


def balanced(module: LoraModule) -> LoraModule:
    """The same change with alpha = rank and factors of about one size, so that half precision holds both.

    The down-matrix is moved by a power of two, which rounds nothing.
    """
    up = module.up.float() * module.scale
    sizes = [float(tensor.abs().max()) for tensor in (up, module.down)]
    shift = 0
    if module.scale != 1 and min(sizes) > 0 and max(sizes) < math.inf:
        shift = round((math.log2(sizes[0]) - math.log2(sizes[1])) / 2)
    return LoraModule(module.down.float() * 2.0**shift, up * 2.0**-shift, float(module.rank))


def lost_share(delta: Tensor, kept: LoraModule) -> float:
    """The share of a change's energy (its squared values' sum) that a low-rank one misses, 0 to 1."""
    whole = float(delta.float().square().sum())
    if whole == 0:
        return 0.0
    return float((delta.float() - kept.delta()).square().sum()) / whole
