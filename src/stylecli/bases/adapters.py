"""LoRAs on one model, by peft: put on, switched, taken off. The model's own weights stay as they are."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from stylecli.loras.module import LoraModule
from stylecli.loras.names import bare


def attach(model: Any, name: str, modules: Mapping[str, LoraModule]) -> None:
    """Put a LoRA with these values on a model, frozen and not acting yet.

    Args:
        model: A diffusers or transformers model.
        name: Of the adapter; no dots.
        modules: By path in the model.
    """
    from torch import nn

    paths = {bare(path): path for path, _ in model.named_modules()}
    placed = {paths[path]: module for path, module in modules.items()}
    some = next(iter(placed.values()))
    inject(
        model,
        name,
        tuple(placed),
        some.rank,
        some.alpha,
        # peft compares every module with every pattern, so only those that say something are named.
        ranks={path: it.rank for path, it in placed.items() if it.rank != some.rank},
        alphas={path: it.alpha for path, it in placed.items() if it.alpha != some.alpha},
        empty=True,
    )
    for path, layer in adapted(model, name):
        weight = layer.get_base_layer().weight
        for matrix, values in ((layer.lora_A, placed[path].down), (layer.lora_B, placed[path].up)):
            matrix[name].weight = nn.Parameter(values.to(weight.device, weight.dtype))
    model.requires_grad_(False)
    # What peft adds is born as if for training.
    model.train(model.training)


def inject(
    model: Any,
    name: str,
    targets: Sequence[str],
    rank: int,
    alpha: float,
    *,
    dropout: float = 0.0,
    ranks: Mapping[str, int] | None = None,
    alphas: Mapping[str, float] | None = None,
    empty: bool = False,
) -> None:
    """Put a fresh LoRA on a model: Gaussian down-matrices, up-matrices of 0.

    Args:
        model: A diffusers or transformers model.
        name: Of the adapter.
        targets: Paths of modules, or ends of them.
        rank: Directions a module.
        alpha: Scale's numerator.
        dropout: Share of a module's inputs dropped in training.
        ranks: Other ranks by path.
        alphas: Other alphas by path.
        empty: Whether its matrices are left without values, to be given some at once.
    """
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        init_lora_weights=False if empty else "gaussian",
        target_modules=list(targets),
        rank_pattern=dict(ranks or {}),
        alpha_pattern=dict(alphas or {}),
    )
    with warnings.catch_warnings():
        # peft warns that a second adapter may be a mistake; here it is a mix of styles.
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        inject_adapter_in_model(config, model, name, low_cpu_mem_usage=empty)


def adapted(model: Any, name: str | None = None) -> Iterator[tuple[str, Any]]:
    """The layers of a model that have a LoRA, or the LoRA of this name, by path."""
    for path, layer in model.named_modules():
        if hasattr(layer, "lora_A") and (name is None or name in layer.lora_A):
            yield path, layer


def present(model: Any) -> set[str]:
    """Names of the LoRAs that are on a model, acting or not."""
    return {name for _, layer in adapted(model) for name in layer.lora_A}


def activate(model: Any, scales: Mapping[str, float]) -> None:
    """Let exactly these LoRAs act, each times its scale; none are loaded or dropped."""
    names = list(scales)
    for _, layer in adapted(model):
        layer.enable_adapters(bool(names))
        if names:
            layer.set_adapter(names)
            for name, scale in scales.items():
                layer.set_scale(name, scale)
    model.requires_grad_(False)


def fingerprint(model: Any) -> str:
    """SHA-256 over the LoRAs that act on a model, in hex; "" where none does."""
    digest = hashlib.sha256()
    acting = False
    for path, layer in adapted(model):
        for name in () if layer.disable_adapters else layer.active_adapters:
            if name in layer.lora_A:
                acting = True
                digest.update(f"{path} {name} {layer.scaling[name]}".encode())
                for matrix in (layer.lora_A[name].weight, layer.lora_B[name].weight):
                    digest.update(matrix.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest() if acting else ""


def detach(model: Any) -> None:
    """Take every LoRA off, leaving the model as it was loaded."""
    from diffusers.utils.peft_utils import recurse_remove_peft_layers

    if present(model):
        recurse_remove_peft_layers(model)
        if hasattr(model, "peft_config"):
            del model.peft_config
        model.requires_grad_(False)


@contextmanager
def switched_off(model: Any) -> Iterator[None]:
    """Run a model without its LoRAs inside."""
    layers = [layer for _, layer in adapted(model)]
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
