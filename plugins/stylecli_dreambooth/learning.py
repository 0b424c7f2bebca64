"""What learns: whole parts of the base, or LoRAs on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import stylecli
from stylecli_dreambooth.options import DreamboothOptions

if TYPE_CHECKING:
    from torch import Tensor

TEXT_TARGETS = ("q_proj", "k_proj", "v_proj", "out_proj")


class Learner(Protocol):
    """A part that learns: whole, or a LoRA on it."""

    def named_parameters(self) -> dict[str, Tensor]:
        """What is trainable, by name."""
        ...

    def train(self, mode: bool = True) -> None:
        """Let the part work as in training or as in use."""
        ...


def parts_of(options: DreamboothOptions) -> tuple[str, ...]:
    """The parts of the pipeline that learn."""
    return ("unet", "text_encoder") if options.train_text_encoder else ("unet",)


class Learning(ABC):
    """What is trained of a run's base, until its parts are freed."""

    def __init__(self, run: stylecli.TrainRun, learners: Mapping[str, Learner]) -> None:
        self._run = run
        self._learners = learners
        if run.options.gradient_checkpointing:
            run.base.checkpoint_gradients(*parts_of(run.options))

    def named_parameters(self) -> dict[str, Tensor]:
        """What is trainable, by name."""
        return {
            name: value
            for learner in self._learners.values()
            for name, value in learner.named_parameters().items()
        }

    def rates(self) -> dict[str, float]:
        """Peak learning rates of those that have their own."""
        rate = self._run.options.text_encoder_learning_rate
        if rate is None or "text_encoder" not in self._learners:
            return {}
        return dict.fromkeys(self._learners["text_encoder"].named_parameters(), rate)

    @abstractmethod
    def forget(self) -> None:
        """Drop what was only needed to paint."""

    def train(self, mode: bool = True) -> None:
        """Let the parts work as in training or as in use."""
        # A LoRA on the text encoder leaves the denoiser as it is, and the other way round.
        self._run.base.denoiser.train(mode)
        for learner in self._learners.values():
            learner.train(mode)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """The parts work as in use inside, and as in training after it."""
        self.train(False)
        try:
            yield
        finally:
            self.train()
            self.forget()

    @abstractmethod
    def tensors(self) -> Mapping[str, Tensor]:
        """What was learnt so far, in the style file's layout."""


class WholeParts(Learning):
    """All weights learn; a LoRA of their differences is what is kept."""

    def __init__(self, run: stylecli.TrainRun) -> None:
        self._whole = {part: run.base.unfreeze(part) for part in parts_of(run.options)}
        if not run.options.train_norms:
            for whole in self._whole.values():
                whole.freeze_rest()
        super().__init__(run, self._whole)

    def tensors(self) -> Mapping[str, Tensor]:
        """See `Learning.tensors`."""
        # A copy on the way is whole before anything is stopped.
        return self.extracted(stylecli.silent)[0]

    def extracted(
        self, progress: stylecli.Progress
    ) -> tuple[Mapping[str, Tensor], stylecli.Extracted]:
        """The same, and how much of the differences it holds; `progress` hears of every parameter."""
        options: DreamboothOptions = self._run.options
        wholes: Sequence[stylecli.Whole] = list(self._whole.values())
        found = stylecli.extract_lora(wholes, options.energy, options.max_rank, progress)
        return stylecli.to_kohya(found.modules, self._run.base, options.save_precision), found

    def forget(self) -> None:
        """The original weights, which style guidance paints with, too."""
        for whole in self._whole.values():
            whole.forget_original()


class Loras(Learning):
    """LoRAs learn, on the attention of denoiser and text encoder (DreamBooth-LoRA)."""

    def __init__(self, run: stylecli.TrainRun) -> None:
        options: DreamboothOptions = run.options
        self._loras = {
            part: stylecli.add_lora(run.base, lora_shape(options, part), run.seed, part)
            for part in parts_of(options)
        }
        super().__init__(run, self._loras)

    def forget(self) -> None:
        """There is nothing: switched off, LoRAs leave the original weights."""

    def rates(self) -> dict[str, float]:
        """LoRAs want a higher rate than whole weights, and have one of their own."""
        own = dict.fromkeys(self.named_parameters(), self._run.options.lora_learning_rate)
        return {**own, **super().rates()}

    def tensors(self) -> Mapping[str, Tensor]:
        """See `Learning.tensors`."""
        changes = {
            part: each for lora in self._loras.values() for part, each in lora.modules().items()
        }
        return stylecli.to_kohya(changes, self._run.base, self._run.options.save_precision)


def lora_shape(options: DreamboothOptions, part: str) -> stylecli.LoraShape:
    """What a part's LoRA is put on, and how."""
    named = tuple(name.strip() for name in options.target_modules.split(",") if name.strip())
    targets = named if part == "unet" else TEXT_TARGETS
    return stylecli.LoraShape(options.rank, options.alpha or options.rank, 0.0, targets)
