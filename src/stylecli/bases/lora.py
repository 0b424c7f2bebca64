"""LoRA on a base's denoiser: adding one to train, reading it out, and applying styles."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base
from stylecli.errors import UsageError, did_you_mean
from stylecli.styles.lora import LoraModule, from_kohya
from stylecli.styles.style import ScaledStyle

if TYPE_CHECKING:
    from torch import Tensor

TRAINED = "trained"


@dataclass(frozen=True)
class LoraShape:
    """What a LoRA is put on, and how.

    Attributes:
        rank: Directions a module.
        alpha: Scale's numerator: the change is alpha / rank * up @ down.
        dropout: Share of a module's inputs dropped in training, 0 to 1.
        targets: Ends of the names of the modules, such as ``("to_q", "conv1")``.
    """

    rank: int
    alpha: float
    dropout: float
    targets: tuple[str, ...]


class Lora:
    """A LoRA on a denoiser that is being trained. Its weights are fp32 whatever the model's are."""

    def __init__(self, denoiser: Any, shape: LoraShape) -> None:
        self._denoiser = denoiser
        self._shape = shape

    def named_parameters(self) -> dict[str, Tensor]:
        """What is trainable, by name in the model."""
        return {
            name: value for name, value in self._denoiser.named_parameters() if value.requires_grad
        }

    def modules(self) -> dict[str, LoraModule]:
        """The change as it is now, by module path."""
        return {
            path: LoraModule(
                layer.lora_A[TRAINED].weight, layer.lora_B[TRAINED].weight, float(self._shape.alpha)
            )
            for path, layer in _lora_layers(self._denoiser, TRAINED)
        }


def add_lora(base: Base, shape: LoraShape, seed: int) -> Lora:
    """Put a fresh LoRA on the base's denoiser; at first it changes nothing (its up-matrices are 0).

    Args:
        base: The base; its denoiser is changed until `remove_lora`.
        shape: Rank, alpha, dropout, targets.
        seed: Of the down-matrices' Gaussian start.

    Raises:
        UsageError: A target that is the end of no module's name.
    """
    import torch

    known = {path: path.rsplit(".", 1)[-1] for path in module_shapes(base)}
    for target in shape.targets:
        if not any(path == target or path.endswith("." + target) for path in known):
            raise UsageError(
                f"--target-modules: no module of {base.spec.name!r} is named {target!r}.",
                did_you_mean(target, set(known.values())),
            )
    remove_lora(base)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        base.denoiser.add_adapter(
            _config(shape.rank, shape.alpha, shape.targets, shape.dropout), TRAINED
        )
    for parameter in base.denoiser.parameters():
        if parameter.requires_grad:
            # At a learning rate of 1e-5 a bf16 weight does not move: every update rounds away.
            parameter.data = parameter.data.float()
    return Lora(base.denoiser, shape)


def apply_styles(base: Base, styles: Sequence[ScaledStyle]) -> None:
    """Make exactly these styles' LoRAs act on the base's denoiser, each at its scale.

    Nothing is loaded again where they already do. Scales of 0 leave the base as it is; the scales
    of a style that is given twice add up.

    Raises:
        UsageError: A style that does not fit the base.
    """
    scales: dict[str, float] = {}
    by_name: dict[str, ScaledStyle] = {}
    for scaled in styles:
        name = _adapter_name(scaled)
        scales[name] = scales.get(name, 0.0) + scaled.scale
        by_name[name] = scaled
    active = [name for name, scale in scales.items() if scale != 0]
    denoiser = base.denoiser
    present = set(getattr(denoiser, "peft_config", {}))
    if not active:
        if present:
            denoiser.disable_adapters()
        return
    if TRAINED in present:
        remove_lora(base)
        present = set()
    for name in active:
        if name not in present:
            _attach(base, name, fitting_modules(base, by_name[name]))
    denoiser.enable_adapters()
    denoiser.set_adapters(active, [scales[name] for name in active])


def remove_lora(base: Base) -> None:
    """Take every LoRA off the base's denoiser, leaving it as it was loaded."""
    if getattr(base.denoiser, "peft_config", None):
        base.denoiser.unload_lora()
        base.denoiser.requires_grad_(False)


@contextmanager
def without_lora(base: Base) -> Iterator[None]:
    """Run the denoiser without its LoRAs inside: the bare base."""
    if not getattr(base.denoiser, "peft_config", None):
        yield
        return
    layers = [layer for layer in base.denoiser.modules() if hasattr(layer, "lora_A")]
    before = [layer._disable_adapters for layer in layers]
    # peft's own switch also turns gradients on and off, module by module, which costs more than a
    # small denoiser's step and would thaw a frozen LoRA.
    for layer in layers:
        layer._disable_adapters = True
    try:
        yield
    finally:
        for layer, state in zip(layers, before, strict=True):
            layer._disable_adapters = state


def module_shapes(base: Base) -> Mapping[str, tuple[int, ...]]:
    """Shape of the weight of every linear layer and convolution of the bare denoiser, by path."""
    return {
        name.removesuffix(".weight").removesuffix(".base_layer"): tuple(value.shape)
        for name, value in base.denoiser.named_parameters()
        if name.endswith(".weight") and value.dim() in (2, 4) and ".lora_" not in name
    }


def fitting_modules(base: Base, scaled: ScaledStyle) -> dict[str, LoraModule]:
    """A style's LoRA by module path of this base.

    Raises:
        UsageError: The style is of another family, or its modules have other shapes.
    """
    style = scaled.style
    if style.family != base.spec.family:
        raise UsageError(
            f"{style.name!r} is a style of the {style.family} family; base {base.spec.name!r} is {base.spec.family}.",
            f"It was trained on {style.provenance.base!r}.",
        )
    try:
        return from_kohya(style.tensors, module_shapes(base), f"style {style.name!r}")
    except UsageError as problem:
        width = int(base.denoiser.config.cross_attention_dim)
        raise UsageError(
            problem.message,
            f"It was trained on {style.provenance.base!r}; "
            f"{base.spec.name!r} has a context of {width} and other shapes. Use --base {style.provenance.base}.",
        ) from problem


def _attach(base: Base, name: str, modules: Mapping[str, LoraModule]) -> None:
    import torch

    ranks = {path: module.rank for path, module in modules.items()}
    alphas = {path: module.alpha for path, module in modules.items()}
    first = next(iter(modules))
    config = _config(ranks[first], alphas[first], tuple(modules), 0.0, ranks, alphas)
    with warnings.catch_warnings():
        # peft warns that a second adapter may be a mistake; here it is a mix of styles.
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        base.denoiser.add_adapter(config, name)
    with torch.no_grad():
        for path, layer in _lora_layers(base.denoiser, name):
            layer.lora_A[name].weight.copy_(modules[path].down)
            layer.lora_B[name].weight.copy_(modules[path].up)
    base.denoiser.requires_grad_(False)


def _lora_layers(denoiser: Any, name: str) -> Iterator[tuple[str, Any]]:
    for path, layer in denoiser.named_modules():
        if hasattr(layer, "lora_A") and name in layer.lora_A:
            yield path, layer


def _config(
    rank: int,
    alpha: float,
    targets: tuple[str, ...],
    dropout: float,
    ranks: Mapping[str, int] | None = None,
    alphas: Mapping[str, float] | None = None,
) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        init_lora_weights="gaussian",
        target_modules=list(targets),
        rank_pattern=dict(ranks or {}),
        alpha_pattern=dict(alphas or {}),
    )


def _adapter_name(scaled: ScaledStyle) -> str:
    style = scaled.style
    digest = hashlib.sha256(style.provenance.created.encode())
    for key in sorted(style.tensors):
        digest.update(style.tensors[key].contiguous().float().numpy().tobytes())
    return f"style_{digest.hexdigest()[:16]}"
