"""LoRAs on several parts of a base that learn together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.bases.lora import LoraShape, add_lora
from stylecli.loras.module import LoraModule, LoraModules

if TYPE_CHECKING:
    from torch import Tensor


class Loras:
    """Fresh LoRAs on parts of a base, each as from `add_lora`.

    Args:
        base: The base; its parts are changed until `remove_lora`.
        shapes: Rank, alpha, dropout and targets by part: "unet" (the denoiser), "text_encoder", of
            SDXL "text_encoder_2", "vae".
        seed: Of their start.

    Raises:
        UsageError: As `add_lora`.
    """

    def __init__(self, base: Base, shapes: Mapping[str, LoraShape], seed: int) -> None:
        self._base = base
        self._loras = {part: add_lora(base, shape, seed, part) for part, shape in shapes.items()}
        # A denoising loss reaches the text encoder through the denoiser; the autoencoder learns alone.
        self._passed = tuple(dict.fromkeys(shapes if "vae" in shapes else ("unet", *shapes)))

    def named_parameters(self, *parts: str) -> dict[str, Tensor]:
        """What is trainable, by name; of all parts, or of these."""
        return {
            name: value
            for part in parts or self._loras
            for name, value in self._loras[part].named_parameters().items()
        }

    def rates(self, own: Mapping[str, float | None]) -> dict[str, float]:
        """Peak learning rates by parameter, for `stylecli.TrainRun.fit`, of parts that have their own.

        Args:
            own: By part; None, and a part that does not learn, has none.
        """
        return {
            name: rate
            for part, rate in own.items()
            if rate is not None and part in self._loras
            for name in self.named_parameters(part)
        }

    def modules(self) -> LoraModules:
        """The changes as they are now, by part of the pipeline and module path."""
        return {
            part: each for lora in self._loras.values() for part, each in lora.modules().items()
        }

    def frozen(self) -> LoraModules:
        """The changes as they are now, apart from the models: they stay when those are dropped."""
        return {
            part: {
                path: LoraModule(
                    each.down.detach().cpu().clone(), each.up.detach().cpu().clone(), each.alpha
                )
                for path, each in changes.items()
            }
            for part, changes in self.modules().items()
        }

    @contextmanager
    def training(self, checkpointing: bool = False) -> Iterator[None]:
        """What gradients go through works as in training inside, and as in use after it.

        Args:
            checkpointing: Whether it takes less memory for more time.
        """
        checkpointed = self._passed if checkpointing else ()
        self._base.checkpoint_gradients(*checkpointed)
        self._switch(True)
        try:
            yield
        finally:
            self._switch(False)
            self._base.checkpoint_gradients(*checkpointed, on=False)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """It works as in use inside, nothing dropped out say, and as in training after it."""
        self._switch(False)
        try:
            yield
        finally:
            self._switch(True)

    def _switch(self, training: bool) -> None:
        for part in self._passed:
            self._base.train(part, training)
