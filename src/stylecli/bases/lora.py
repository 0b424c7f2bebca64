"""LoRA on a base: adding one to train, reading it out, and applying styles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stylecli.bases import adapters
from stylecli.bases.base import Base
from stylecli.errors import UsageError, did_you_mean
from stylecli.loras.kohya import UNREAD, TensorPrecision, torch_dtype
from stylecli.loras.kohya import to_kohya as lay_out
from stylecli.loras.module import LoraModule, LoraModules
from stylecli.loras.names import bare
from stylecli.loras.reading import fit, gather
from stylecli.styles.style import ScaledStyle, Style

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

    @classmethod
    def of(
        cls, targets: str, rank: int, alpha: float | None = None, dropout: float = 0.0
    ) -> LoraShape:
        """A shape of what options say: targets with commas between; without alpha it is the rank."""
        names = tuple(name.strip() for name in targets.split(",") if name.strip())
        return cls(rank, alpha or rank, dropout, names)


class Lora:
    """A LoRA on one part of a base that is being trained. Its weights are fp32 whatever the model's are."""

    def __init__(self, model: Any, shape: LoraShape, part: str) -> None:
        self._model = model
        self._shape = shape
        self._part = part

    def named_parameters(self) -> dict[str, Tensor]:
        """What is trainable, by name in the model; of other parts than the denoiser with the part's before."""
        before = "" if self._part == "unet" else f"{self._part}."
        return {
            before + name: value
            for name, value in self._model.named_parameters()
            if value.requires_grad
        }

    def train(self, mode: bool = True) -> None:
        """Let the part work as in training (dropout, checkpointed gradients) or as in use."""
        self._model.train(mode)

    def modules(self) -> LoraModules:
        """The change as it is now, by part of the pipeline and module path."""
        changes = {
            bare(path): LoraModule(
                layer.lora_A[TRAINED].weight, layer.lora_B[TRAINED].weight, float(self._shape.alpha)
            )
            for path, layer in adapters.adapted(self._model, TRAINED)
        }
        return {self._part: changes}


def add_lora(base: Base, shape: LoraShape, seed: int, part: str = "unet") -> Lora:
    """Put a fresh LoRA on a part of the base; at first it changes nothing (its up-matrices are 0).

    Args:
        base: The base; the part is changed until `remove_lora`.
        shape: Rank, alpha, dropout, targets.
        seed: Of the down-matrices' Gaussian start.
        part: "unet" (the denoiser), "text_encoder", of SDXL "text_encoder_2", or "vae".

    Raises:
        UsageError: A target that is the end of no module's name, or one that other programs ignore.
    """
    import torch

    check_lora(base, shape, part)
    model = _model(base, part)
    adapters.detach(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        adapters.inject(
            model, TRAINED, shape.targets, shape.rank, shape.alpha, dropout=shape.dropout
        )
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(".lora_" in name)
        if parameter.requires_grad:
            # At a learning rate of 1e-5 a bf16 weight does not move: every update rounds away.
            parameter.data = parameter.data.float()
    return Lora(model, shape, part)


def check_lora(base: Base, shape: LoraShape, part: str = "unet") -> None:
    """Make sure that a LoRA can be put on a part of the base; nothing is loaded for it.

    Raises:
        UsageError: As `add_lora`.
    """
    spelled = part.removesuffix("_2").replace("_", "-")
    flag = "--target-modules" if part == "unet" else f"--{spelled}-target-modules"
    if not shape.targets:
        raise UsageError(f"{flag}: names no module.")
    paths = list(base.modules[part])
    for target in shape.targets:
        named = [path for path in paths if path == target or path.endswith("." + target)]
        if not named:
            raise UsageError(
                f"{flag}: no module of {base.spec.name!r} is named {target!r}.",
                did_you_mean(target, {path.rsplit(".", 1)[-1] for path in paths}),
            )
        unread = [path for path in named if part == "unet" and path.startswith(UNREAD)]
        if unread:
            raise UsageError(
                f"{flag}: {target!r} names {unread[0]}, which several programs would pass over.",
                "Leave it out: the style would look different there.",
            )


def to_kohya(
    modules: LoraModules, base: Base, precision: TensorPrecision = "fp16"
) -> dict[str, Tensor]:
    """Lay out a LoRA for the base as a style's tensors (docs: style files).

    Args:
        modules: By part of the pipeline and module path.
        base: Whose modules they are.
        precision: The number type of the file.
    """
    return lay_out(modules, base.spec.family, base.modules, torch_dtype(precision))


def apply_styles(base: Base, styles: Sequence[ScaledStyle]) -> None:
    """Make exactly these styles' LoRAs act on the base, each at its scale.

    Nothing is loaded again where they already do. Scales of 0 leave the base as it is; the scales
    of a style that is given twice add up. A LoRA that is being trained makes room for styles that
    act, and stays where none does.

    Raises:
        UsageError: A style that does not fit the base.
    """
    scales: dict[str, float] = {}
    by_name: dict[str, ScaledStyle] = {}
    for scaled in styles:
        name = f"style_{scaled.style.fingerprint[:16]}"
        scales[name] = scales.get(name, 0.0) + scaled.scale
        by_name[name] = scaled
    active = {name: scale for name, scale in scales.items() if scale != 0}
    # Whatever does not fit is refused before anything is changed.
    missing = {
        name: fitting_modules(base, by_name[name])
        for name in active
        if not _is_on(base, name, by_name[name].style)
    }
    if active and any(TRAINED in adapters.present(_model(base, part)) for part in base.loaded):
        remove_lora(base)
        missing = {name: fitting_modules(base, by_name[name]) for name in active}
    touched = set(base.loaded).union(*(by_name[name].style.parts for name in active))
    for part in (part for part in base.modules if part in touched):
        model = _model(base, part)
        there = adapters.present(model) - {TRAINED}
        for name, modules in missing.items():
            if modules.get(part) and name not in there:
                adapters.attach(model, name, modules[part])
        acting = {name: active[name] for name in active if part in by_name[name].style.parts}
        if there or acting:
            adapters.activate(model, acting)


def remove_lora(base: Base) -> None:
    """Take every LoRA off the base, leaving it as it was loaded."""
    for part in base.loaded:
        adapters.detach(_model(base, part))


@contextmanager
def without_style(base: Base, *parts: str) -> Iterator[None]:
    """Run the base, or only these parts of it, as they were inside: without LoRAs, and before training."""
    with ExitStack() as stack:
        for part in parts or base.loaded:
            stack.enter_context(adapters.switched_off(_model(base, part)))
            if part in base.whole:
                stack.enter_context(base.whole[part].as_it_was())
        yield


def check_styles(base: Base, styles: Sequence[ScaledStyle]) -> None:
    """Refuse styles of another family than the base's; `apply_styles` does so itself.

    Raises:
        UsageError: Naming the style, and what it was trained on.
    """
    for style in (scaled.style for scaled in styles):
        if style.family != base.spec.family:
            raise UsageError(
                f"{style.name!r} is a style of the {style.family} family; base {base.spec.name!r} is "
                f"{base.spec.family}.",
                f"It was trained on {style.provenance.base!r}.",
            )


def fitting_modules(base: Base, scaled: ScaledStyle) -> LoraModules:
    """A style's LoRA by part and module path of this base.

    Raises:
        UsageError: The style is of another family, is no LoRA, or its modules are not the base's.
    """
    style = scaled.style
    check_styles(base, [scaled])
    name = f"style {style.name!r}"
    try:
        gathered = gather(style.tensors, name)
        fitted = fit(gathered, base.modules, name)
        unknown = [*fitted.strangers, *gathered.left_out]
        if unknown:
            listed = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
            raise UsageError(
                f"{name} does not fit this base: {len(unknown)} entries fit no module: {listed}."
            )
        if not fitted.modules:
            raise UsageError(f"{name} does not fit this base: it holds no LoRA.")
    except UsageError as problem:
        width = int(base.denoiser.config.cross_attention_dim)
        raise UsageError(
            problem.message,
            f"It was trained on {style.provenance.base!r}; "
            f"{base.spec.name!r} has a context of {width} and other shapes. Use --base {style.provenance.base}.",
        ) from problem
    return fitted.modules


def _is_on(base: Base, name: str, style: Style) -> bool:
    """Whether a style's LoRA is on every part of the base that it changes."""
    return bool(style.parts) and all(
        part in base.loaded and name in adapters.present(_model(base, part)) for part in style.parts
    )


def _model(base: Base, part: str) -> Any:
    return base.denoiser if part == "unet" else getattr(base, part)
