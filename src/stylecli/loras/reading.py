"""From a file's tensors, in whatever layout, to the modules of a model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.errors import UsageError
from stylecli.loras.keys import PIECES, read_key
from stylecli.loras.module import LoraModule, ModuleShapes
from stylecli.loras.names import spellings, underscored
from stylecli.loras.scales import Scales

if TYPE_CHECKING:
    from torch import Tensor


MAX_VALUES = 100_000_000
"""Values that a factorised convolution may have when it is multiplied out; real ones have a tenth."""


@dataclass(frozen=True)
class Gathered:
    """The LoRA in a file, before it is known which model it is for.

    Attributes:
        modules: By part and by the module's name in the file, dots as underscores.
        left_out: Keys that mean nothing here.
    """

    modules: Mapping[tuple[str, str], LoraModule]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """A LoRA by the modules of a model.

    Attributes:
        modules: By part and path in the model, down and up in the shapes that its weights ask for.
        strangers: Modules of the file that the model does not have, as "part: name".
    """

    modules: dict[str, dict[str, LoraModule]]
    strangers: tuple[str, ...] = ()


def gather(
    tensors: Mapping[str, Tensor], name: str, scales: Mapping[str, Scales] | None = None
) -> Gathered:
    """Put a file's tensors together by module, in float32.

    Args:
        tensors: By key, in kohya's, diffusers' or peft's layout.
        name: What the file is called in error messages.
        scales: Alphas by part for modules that have none among the tensors. Without either the
            change is applied as it is: alpha is the rank.

    Raises:
        UsageError: Another kind of adapter, a piece that is missing, or one of a shape that no
            LoRA has.
    """
    pieces: dict[tuple[str, str], dict[str, tuple[str, Tensor]]] = {}
    spelt: dict[tuple[str, str], str] = {}
    left_out = []
    for label in sorted(tensors):
        key = read_key(label)
        if key is None:
            left_out.append(label)
            continue
        if key.piece not in PIECES:
            raise UsageError(
                f"{name}: {label} belongs to a {key.piece}, which stylecli does not apply.",
                "Only LoRAs can be used; convert it to one first.",
            )
        place = (key.part, underscored(key.module))
        spelt[place] = key.module
        if key.piece in pieces.setdefault(place, {}):
            raise UsageError(f"{name}: {pieces[place][key.piece][0]} and {label} are the same.")
        pieces[place][key.piece] = (label, tensors[label])
    modules = {}
    for place, found in pieces.items():
        part_scales = (scales or {}).get(place[0], Scales())
        modules[place] = _module(found, spelt[place], part_scales, name)
    return Gathered(modules, tuple(left_out))


def fit(gathered: Gathered, shapes: ModuleShapes, name: str, base: str = "this base") -> Fitted:
    """Find the modules of a model that a LoRA changes.

    Args:
        gathered: The LoRA.
        shapes: Of all modules of the model.
        name: What the file is called in error messages.
        base: What the model is called there.

    Raises:
        UsageError: A module whose weight has another shape in the model.
    """
    paths = {part: spellings(part, list(modules)) for part, modules in shapes.items()}
    fitted: dict[str, dict[str, LoraModule]] = {}
    strangers = []
    for (part, label), module in sorted(gathered.modules.items()):
        path = paths.get(part, {}).get(label)
        if path is None:
            strangers.append(f"{part}: {label}")
            continue
        if path in fitted.get(part, {}):
            raise UsageError(f"{name}: {path} of the {part} is changed under two names.")
        fitted.setdefault(part, {})[path] = _shaped(
            module, shapes[part][path], path, f"{name} does not fit {base}"
        )
    return Fitted(fitted, tuple(strangers))


def _module(
    found: Mapping[str, tuple[str, Tensor]], path: str, scales: Scales, name: str
) -> LoraModule:
    import torch

    some = next(iter(found.values()))[0]
    for piece, other in (("down", "up"), ("up", "down")):
        if piece not in found:
            has = f"only its {other}" if other in found else "neither its down nor its up"
            raise UsageError(f"{name}: incomplete: of the module of {some} it has {has}-matrix.")
    down, up = found["down"][1].float(), found["up"][1].float()
    if down.dim() < 2 or up.dim() < 2 or 0 in (*down.shape, *up.shape):
        raise UsageError(f"{name}: {some} is of no LoRA: {tuple(up.shape)} x {tuple(down.shape)}.")
    if "mid" in found:
        mid = found["mid"][1].float()
        if mid.dim() != 4 or mid.shape[:2] != (up.shape[1], down.shape[0]):
            raise UsageError(f"{name}: {found['mid'][0]} does not go with its up and down.")
        if mid.shape[0] * down.shape[1] * mid[0, 0].numel() > MAX_VALUES:
            raise UsageError(f"{name}: {found['mid'][0]} is too large for a LoRA.")
        # A k x k convolution between two 1 x 1 ones is the second half of one k x k convolution.
        down = torch.einsum("rskl,si->rikl", mid, down.flatten(1))
    rank = int(down.shape[0])
    if up.shape[1] != rank:
        raise UsageError(
            f"{name}: {some}: ranks do not agree: {tuple(up.shape)} x {tuple(down.shape)}."
        )
    if "alpha" not in found:
        return LoraModule(down, up, scales.alpha_of(path, rank))
    label, alpha = found["alpha"]
    if alpha.numel() != 1 or not math.isfinite(float(alpha)):
        raise UsageError(f"{name}: {label} is not one finite number.")
    return LoraModule(down, up, float(alpha))


def _shaped(module: LoraModule, weight: tuple[int, ...], path: str, problem: str) -> LoraModule:
    wanted = ((module.rank, *weight[1:]), (weight[0], module.rank, *(1 for _ in weight[2:])))
    # A 1 x 1 convolution and a linear layer are the same change; programs write either.
    for tensor, shape in zip((module.down, module.up), wanted, strict=True):
        if _essential(tensor.shape) != _essential(shape):
            raise UsageError(
                f"{problem}: {path} is {tuple(weight)} there, "
                f"but the style has {tuple(module.up.shape)} x {tuple(module.down.shape)}."
            )
    return LoraModule(module.down.reshape(wanted[0]), module.up.reshape(wanted[1]), module.alpha)


def _essential(shape: Iterable[int]) -> tuple[int, ...]:
    sides = list(shape)
    while len(sides) > 2 and sides[-1] == 1:
        sides.pop()
    return tuple(sides)
