"""The share of a training step that the denoiser takes, forwards and backwards."""

from __future__ import annotations

import itertools
import time
from typing import Any

import torch

REACHED_LAST = 8
"""Of the trained parameters so many tell the end of a way backwards: a layer's few finish in any order."""


class DenoiserWatch:
    """Marks where a denoiser begins and ends in every step; on CUDA on the device's own clock, without waiting.

    Backwards it begins where the gradient of its prediction is known, and ends where those of the first trained
    layer are. Loss, optimiser, text encoders and autoencoder lie outside.

    Args:
        denoiser: A `diffusers.UNet2DConditionModel` of which something is trained.
        device: Where it computes.
    """

    def __init__(self, denoiser: Any, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._spans: list[list[Any]] = []
        self._begin: Any = None
        denoiser.register_forward_pre_hook(lambda *_: self._open())
        denoiser.register_forward_hook(self._predicted)
        # What comes first forwards is reached last backwards.
        trained = (value for value in denoiser.parameters() if value.requires_grad)
        for value in itertools.islice(trained, REACHED_LAST):
            value.register_post_accumulate_grad_hook(lambda _: self._close())

    def begin(self) -> None:
        """Begin with the steps whose share is asked for."""
        self._spans = []
        self._begin = self._mark()

    def share(self) -> float:
        """The denoiser's part of the time since `begin`, 0 to 1."""
        end = self._mark()
        if self._cuda:
            torch.cuda.synchronize()
        inside = sum(self._seconds(*span) for span in self._spans if len(span) == 2)
        return inside / self._seconds(self._begin, end)

    def _open(self) -> None:
        self._spans.append([self._mark()])

    def _close(self) -> None:
        self._spans[-1][1:] = [self._mark()]

    def _predicted(self, denoiser: Any, given: Any, made: Any) -> None:
        self._close()
        if made[0].requires_grad:
            made[0].register_hook(lambda _: self._open())

    def _mark(self) -> Any:
        if not self._cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def _seconds(self, start: Any, end: Any) -> float:
        return float(start.elapsed_time(end) / 1000 if self._cuda else end - start)
