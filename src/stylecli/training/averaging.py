"""A moving average of what is trained: steadier than what the last step left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


class Average:
    """The exponential moving average of parameters (Polyak & Juditsky 1992), kept beside them.

    After n updates at most (1 + n) / (10 + n) of it stays, whatever the decay: a short run's is
    an average of about its last tenth, and where it began does not count.

    Args:
        parameters: What is trained, by name; a copy of it is kept.
        decay: The share of the average that stays at an update, 0 to 1; 0 keeps no average, and
            everything here does nothing.
    """

    def __init__(self, parameters: Mapping[str, Tensor], decay: float) -> None:
        self._parameters = parameters
        self._model: Any = None
        if decay:
            from diffusers.training_utils import EMAModel

            self._model = EMAModel(parameters.values(), decay=decay)

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """The averages by the parameters' names; empty where none is kept."""
        if self._model is None:
            return {}
        return dict(zip(self._parameters, self._model.shadow_params, strict=True))

    def go_on_from(self, updates: int) -> None:
        """Count so many updates as done: those that are in `tensors`, put back there."""
        if self._model is not None:
            self._model.optimization_step = updates

    def update(self) -> None:
        """Take the parameters in, after a step."""
        if self._model is not None:
            self._model.step(self._parameters.values())

    def swap(self) -> None:
        """Exchange the parameters and their averages, one after the other."""
        import torch

        with torch.no_grad():
            for name, average in self.tensors.items():
                trained = self._parameters[name].clone()
                self._parameters[name].copy_(average)
                average.copy_(trained)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """The parameters hold their averages inside."""
        self.swap()
        try:
            yield
        finally:
            self.swap()
