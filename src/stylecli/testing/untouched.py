"""Whether a base is as it was loaded: weights, modes, hooks, words and noise schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stylecli.bases.base import Base
from stylecli.testing.checks import Nonconformance

_CONTRACT = "The base may be shared: a method leaves it as it found it."
_NUMBERS = (bool, int, float)
# transformers hangs its own on layers when hidden states are first asked for.
_LIBRARIES = {"torch", "diffusers", "transformers", "peft", "accelerate"}


def check_untouched(base: Base, pristine: Base, when: str) -> None:
    """A base is as it was loaded, but for LoRAs that are on it and do not act.

    Args:
        base: The base that was worked with.
        pristine: Another one of the same folder.
        when: For the message: "After training".

    Raises:
        Nonconformance: Weights, gradients, modes, hooks, methods, settings, tokenizers or the noise
            schedule are not as they were.
    """
    if base.whole:
        raise Nonconformance(
            f"{when} the base still has {', '.join(base.whole)} unfrozen.",
            f"{_CONTRACT} See base.free().",
        )
    replaced = _replaced(base) - _replaced(pristine)
    if replaced:
        raise Nonconformance(f"{when} the base has another {min(replaced)}().", _CONTRACT)
    for part in base.loaded:
        problem = _problem(_model(base, part), _model(pristine, part))
        if problem:
            raise Nonconformance(f"{when} the base's {part} {problem}.", _CONTRACT)
    for name in _tokenizers(base):
        problem = _problem_of_words(getattr(base, name), getattr(pristine, name))
        if problem:
            raise Nonconformance(f"{when} the base's {name} {problem}.", _CONTRACT)
    _check_schedule(base, pristine, when)


def _problem(model: Any, bare: Any) -> str:
    import torch

    if any(parameter.requires_grad for parameter in model.parameters()):
        return "has weights that take gradients (see remove_lora)"
    if any(module.training for module in model.modules()):
        return "is in training mode"
    if any(getattr(module, "gradient_checkpointing", False) for module in model.modules()):
        return "still checkpoints its gradients"
    own, wanted = _tensors(model), _tensors(bare)
    if own.keys() != wanted.keys():
        odd = sorted(own.keys() ^ wanted.keys())
        return f"has other weights than it came with, such as {odd[0]!r}"
    for name, value in wanted.items():
        if own[name].dtype != value.dtype or not torch.equal(own[name].cpu(), value.cpu()):
            return f"has other values in {name!r}"
    if _processors(model) != _processors(bare):
        return "has other attention processors than it came with"
    return _problem_of_modules(_modules(model), _modules(bare))


def _problem_of_modules(
    modules: Mapping[str, Sequence[Any]], bare: Mapping[str, Sequence[Any]]
) -> str:
    """What is left on a model's modules that computes otherwise than they did."""
    for path, (original,) in bare.items():
        where = f"{path!r}" if path else "the whole of it"
        found = modules.get(path, ())
        if not found or type(found[-1]) is not type(original):
            return f"has another module at {where}"
        if sum(map(_hooks, found)) != _hooks(original):
            return f"has hooks on {where} that it did not come with"
        replaced = {name for each in found for name in _replaced(each)} - _replaced(original)
        if replaced:
            return f"has another {min(replaced)}() on {where}"
        for name, value in vars(original).items():
            if type(value) in _NUMBERS and vars(found[-1]).get(name) != value:
                return f"has another {name!r} in {where}"
    return ""


def _problem_of_words(tokenizer: Any, bare: Any) -> str:
    own, wanted = tokenizer.get_vocab(), bare.get_vocab()
    if own != wanted:
        odd = sorted(name for name in own | wanted if own.get(name) != wanted.get(name))
        return f"has other words than it came with, such as {odd[0]!r}"
    for name in ("model_max_length", "padding_side", "truncation_side"):
        if getattr(tokenizer, name) != getattr(bare, name):
            return f"has another {name}"
    return ""


def _check_schedule(base: Base, pristine: Base, when: str) -> None:
    import torch

    same = torch.equal(base.alphas_cumprod.cpu(), pristine.alphas_cumprod.cpu())
    if not same or base.scheduler_config != pristine.scheduler_config:
        raise Nonconformance(f"{when} the base has another noise schedule.", _CONTRACT)


def _tensors(model: Any) -> dict[str, Any]:
    """Weights and buffers of a model by name, without those of LoRAs on it."""
    found = {
        **dict(model.named_parameters(remove_duplicate=False)),
        **dict(model.named_buffers(remove_duplicate=False)),
    }
    return {
        name.replace(".base_layer.", "."): value
        for name, value in found.items()
        if ".lora_" not in name
    }


def _modules(model: Any) -> dict[str, list[Any]]:
    """Modules by path; of one that carries a LoRA this one and, last, the module itself."""
    found: dict[str, list[Any]] = {}
    for path, module in model.named_modules():
        if ".lora_" not in path:
            found.setdefault(path.removesuffix(".base_layer"), []).append(module)
    return found


def _hooks(module: Any) -> int:
    """How many there are that are not the libraries' own."""
    return sum(
        str(getattr(hook, "__module__", "")).partition(".")[0] not in _LIBRARIES
        for name, hooks in vars(module).items()
        if name.endswith("_hooks") and isinstance(hooks, dict)
        for hook in hooks.values()
    )


def _replaced(thing: Any) -> set[str]:
    """Methods that an object has in the place of its class's."""
    return {
        name
        for name, value in vars(thing).items()
        if callable(value) and callable(getattr(type(thing), name, None))
    }


def _processors(model: Any) -> dict[str, str]:
    found = getattr(model, "attn_processors", {})
    return {name: type(processor).__name__ for name, processor in found.items()}


def _tokenizers(base: Base) -> list[str]:
    return [part.replace("text_encoder", "tokenizer") for part in base.modules if "text_" in part]


def _model(base: Base, part: str) -> Any:
    return base.denoiser if part == "unet" else getattr(base, part)
