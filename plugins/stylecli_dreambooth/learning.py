"""What learns: whole parts of the base, or LoRAs on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

import stylecli
from stylecli_dreambooth.options import DreamboothOptions

if TYPE_CHECKING:
    from torch import Tensor


class Learning(Protocol):
    """What is trained of a run's base, until its parts are freed."""

    def named_parameters(self) -> dict[str, Tensor]:
        """What is trainable, by name."""
        ...

    def rates(self) -> dict[str, float]:
        """Peak learning rates of those that have their own."""
        ...

    def training(self) -> AbstractContextManager[None]:
        """The parts work as in training inside, and as in use after it."""
        ...

    def in_use(self) -> AbstractContextManager[None]:
        """The parts work as in use inside, and as in training after it."""
        ...

    def tensors(self) -> Mapping[str, Tensor]:
        """What was learnt so far, in the style file's layout."""
        ...


def parts_of(options: DreamboothOptions) -> tuple[str, ...]:
    """The parts of the pipeline that learn."""
    return ("unet", "text_encoder") if options.train_text_encoder else ("unet",)


class WholeParts:
    """All weights learn; a LoRA of their differences is what is kept."""

    def __init__(self, run: stylecli.TrainRun) -> None:
        self._run = run
        self._whole = {part: run.base.unfreeze(part) for part in parts_of(run.options)}
        if not run.options.train_norms:
            for whole in self._whole.values():
                whole.freeze_rest()
        if run.options.gradient_checkpointing:
            run.base.checkpoint_gradients(*self._whole)

    def named_parameters(self) -> dict[str, Tensor]:
        """See `Learning.named_parameters`."""
        return {
            name: value
            for whole in self._whole.values()
            for name, value in whole.named_parameters().items()
        }

    def rates(self) -> dict[str, float]:
        """See `Learning.rates`."""
        rate = self._run.options.text_encoder_learning_rate
        if rate is None or "text_encoder" not in self._whole:
            return {}
        return dict.fromkeys(self._whole["text_encoder"].named_parameters(), rate)

    @contextmanager
    def training(self) -> Iterator[None]:
        """See `Learning.training`."""
        self._switch(True)
        try:
            yield
        finally:
            self._switch(False)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """See `Learning.in_use`."""
        self._switch(False)
        try:
            yield
        finally:
            self._switch(True)
            # The original weights, which style guidance paints with, too.
            for whole in self._whole.values():
                whole.forget_original()

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

    def _switch(self, training: bool) -> None:
        for whole in self._whole.values():
            whole.train(training)


class LoraParts:
    """LoRAs learn, on the attention of denoiser and text encoder (DreamBooth-LoRA)."""

    def __init__(self, run: stylecli.TrainRun) -> None:
        self._run = run
        options: DreamboothOptions = run.options
        shapes = {part: options.shape(part) for part in parts_of(options)}
        self._loras = stylecli.Loras(run.base, shapes, run.seed)

    def named_parameters(self) -> dict[str, Tensor]:
        """See `Learning.named_parameters`."""
        return self._loras.named_parameters()

    def rates(self) -> dict[str, float]:
        """LoRAs want a higher rate than whole weights, and have one of their own."""
        options: DreamboothOptions = self._run.options
        text = options.text_encoder_learning_rate
        rates = dict.fromkeys(parts_of(options), options.lora_learning_rate)
        return self._loras.rates({**rates, **({} if text is None else {"text_encoder": text})})

    def training(self) -> AbstractContextManager[None]:
        """See `Learning.training`."""
        return self._loras.training(self._run.options.gradient_checkpointing)

    def in_use(self) -> AbstractContextManager[None]:
        """See `Learning.in_use`."""
        return self._loras.in_use()

    def tensors(self) -> Mapping[str, Tensor]:
        """See `Learning.tensors`."""
        options: DreamboothOptions = self._run.options
        return stylecli.to_kohya(self._loras.modules(), self._run.base, options.save_precision)
