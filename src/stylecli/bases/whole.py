"""A part of a base that is trained whole: its weights, and how they differ from what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.loading import load_part
from stylecli.loras.kohya import UNREAD
from stylecli.loras.names import bare

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Change:
    """What training did to one parameter.

    Attributes:
        module: The module's path in the model, without a leading "text_model.".
        parameter: The parameter's name in it: "weight", "bias", …
        held: Whether a LoRA can hold it: the weight of a linear layer or convolution, of those that
            every program reads.
        delta: What was added, in the parameter's shape, float32.
    """

    module: str
    parameter: str
    held: bool
    delta: Tensor


class Whole:
    """A denoiser or text encoder in fp32, all of whose parameters can learn.

    Args:
        model: The diffusers or transformers model.
        part: Of the pipeline: "unet" or "text_encoder".
        original: Loads it as it was, in fp32 on the CPU.
    """

    def __init__(self, model: Any, part: str, original: Callable[[], Any]) -> None:
        model.requires_grad_(True)
        self.model = model
        self.part = part
        self._load = original
        self._kept: dict[str, Tensor] | None = None

    def named_parameters(self) -> dict[str, Tensor]:
        """What is trainable, by name in the model; of the text encoder with the part's name before."""
        before = "" if self.part == "unet" else f"{self.part}."
        return {
            before + name: value
            for name, value in self.model.named_parameters()
            if value.requires_grad
        }

    def freeze_rest(self) -> None:
        """Let only what a LoRA can hold learn: no norms, biases and embeddings."""
        held = self._held()
        for name, value in self.model.named_parameters():
            value.requires_grad_(name in held)

    def train(self, mode: bool = True) -> None:
        """Let the part work as in training (checkpointed gradients) or as in use."""
        self.model.train(mode)

    def changes(self) -> Iterator[Change]:
        """How every parameter differs from what it was, one after the other.

        Beside the model only one difference is on its device; the original is read into the
        machine's memory for as long as this goes on.
        """
        before, held = dict(self._load().named_parameters()), self._held()
        for name, value in self.model.named_parameters():
            path, _, parameter = name.rpartition(".")
            delta = value.detach().float() - before[name].to(value.device)
            yield Change(bare(path), parameter, name in held, delta)

    @contextmanager
    def as_it_was(self) -> Iterator[None]:
        """Run the part inside with the weights that it had; they stay in memory beside the new ones."""
        import torch

        if self._kept is None:
            # Weights made while pictures are painted could not be put into a model that learns.
            with torch.inference_mode(False):
                self._kept = {
                    name: value.detach().to(self.model.device)
                    for name, value in self._load().named_parameters()
                }
        learnt = {name: value.data for name, value in self.model.named_parameters()}
        self._put(self._kept)
        try:
            yield
        finally:
            self._put(learnt)

    def forget_original(self) -> None:
        """Drop the weights that `as_it_was` keeps; they load again on use."""
        self._kept = None

    def _held(self) -> set[str]:
        """Names of the parameters whose change a LoRA can hold."""
        from torch import nn

        return {
            f"{path}.weight"
            for path, module in self.model.named_modules()
            if isinstance(module, nn.Linear | nn.Conv2d)
            and not (self.part == "unet" and path.startswith(UNREAD))
        }

    def _put(self, values: dict[str, Tensor]) -> None:
        for name, value in self.model.named_parameters():
            value.data = values[name]


def unfrozen(place: Path, part: str, device: torch.device) -> Whole:
    """Load a part to be trained whole, in fp32; raises as `load_part`.

    Args:
        place: Its folder.
        part: "unet" or "text_encoder".
        device: Where it computes.
    """
    import torch

    cpu = torch.device("cpu")
    model = load_part(place, part, device, torch.float32)
    return Whole(model, part, partial(load_part, place, part, cpu, torch.float32))
