"""LoRA tensors by module, and kohya's layout of them in a file.

Layout: `kohya-ss/sd-scripts`, networks/lora.py: ``lora_unet_<path with underscores>`` with
``.lora_down.weight``, ``.lora_up.weight`` and a scalar ``.alpha``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

UNET_PREFIX = "lora_unet_"
PARTS = (".lora_down.weight", ".lora_up.weight", ".alpha")


@dataclass(frozen=True)
class LoraModule:
    """The low-rank change of one module: W + alpha / rank * up @ down (Hu et al. 2021).

    Attributes:
        down: ``(rank, in)``, for a convolution ``(rank, in, k, k)``.
        up: ``(out, rank)``, for a convolution ``(out, rank, 1, 1)``.
        alpha: The scale's numerator.
    """

    down: Tensor
    up: Tensor
    alpha: float

    @property
    def rank(self) -> int:
        """How many directions the change has."""
        return int(self.down.shape[0])


def to_kohya(modules: Mapping[str, LoraModule], prefix: str = UNET_PREFIX) -> dict[str, Tensor]:
    """Lay out modules as a file's tensors in float16, sorted by key, with one alpha for all.

    Where alphas differ the up-matrices are scaled instead: diffusers' own loader applies a file
    with different alphas wrongly.

    Args:
        modules: By path in the diffusers model, such as ``mid_block.attentions.0.proj_in``.
        prefix: The component's key prefix.
    """
    import torch

    tensors: dict[str, Tensor] = {}
    common = max((module.alpha for module in modules.values()), default=1.0)
    for path in sorted(modules):
        module, key = modules[path], prefix + path.replace(".", "_")
        up = module.up.detach().to("cpu") * (module.alpha / common)
        tensors[f"{key}.alpha"] = torch.tensor(common, dtype=torch.float16)
        tensors[f"{key}.lora_down.weight"] = (
            module.down.detach().to("cpu", torch.float16).contiguous()
        )
        tensors[f"{key}.lora_up.weight"] = up.to(torch.float16).contiguous()
    return tensors


def from_kohya(
    tensors: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
    name: str,
    prefix: str = UNET_PREFIX,
) -> dict[str, LoraModule]:
    """Read a file's tensors for a model.

    Args:
        tensors: The file's tensors; every key must be understood.
        shapes: Shape of every module's weight in the model, by path.
        name: What the file is called in error messages.
        prefix: The component's key prefix.

    Returns:
        Modules by path, in float32.

    Raises:
        UsageError: A key that fits no module, a part that is missing, or shapes that do not agree.
    """
    paths = {prefix + path.replace(".", "_"): path for path in shapes}
    keys, unknown = _module_keys(tensors)
    unknown += [key for key in keys if key not in paths]
    if unknown:
        listed = ", ".join(sorted(unknown)[:5]) + (" …" if len(unknown) > 5 else "")
        raise UsageError(
            f"{name} does not fit this base: {len(unknown)} entries fit no module: {listed}."
        )
    if not keys:
        raise UsageError(f"{name} does not fit this base: it holds no LoRA.")
    modules = {}
    for key in keys:
        path = paths[key]
        down, up = (tensors.get(key + part) for part in PARTS[:2])
        if down is None or up is None:
            raise UsageError(f"{name} is incomplete: {key} has only one of lora_down and lora_up.")
        weight = shapes[path]
        rank = down.shape[0] if down.dim() else 0
        expected = ((rank, *weight[1:]), (weight[0], rank, *(1 for _ in weight[2:])))
        if not rank or (tuple(down.shape), tuple(up.shape)) != expected:
            raise UsageError(
                f"{name} does not fit this base: {path} is {tuple(weight)} there, "
                f"but the style has {tuple(up.shape)} x {tuple(down.shape)}."
            )
        # kohya's rule: without an alpha the change is applied as it is.
        alpha = tensors.get(key + PARTS[2])
        if alpha is not None and alpha.numel() != 1:
            raise UsageError(f"{name} is damaged: {key}.alpha is not one number.")
        modules[path] = LoraModule(
            down.float(), up.float(), float(rank if alpha is None else alpha)
        )
    return modules


def _module_keys(tensors: Iterable[str]) -> tuple[list[str], list[str]]:
    keys: dict[str, None] = {}
    unknown = []
    for key in tensors:
        part = next((part for part in PARTS if key.endswith(part)), None)
        if part is None:
            unknown.append(key)
        else:
            keys[key.removesuffix(part)] = None
    return list(keys), unknown
