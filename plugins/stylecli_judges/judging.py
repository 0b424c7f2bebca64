"""Networks at work: each is read once a process, at its first picture, and shared by figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import stylecli

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Paths: TypeAlias = tuple[Path, ...]
Reader: TypeAlias = Callable[..., Any]


class Judge:
    """A network that waits for its first picture.

    It takes one picture at a time, whichever thread brings it: torch uses the cores itself, and
    memory stays that of one.
    """

    def __init__(self, read: Reader, paths: Paths, device: str) -> None:
        self._read = read
        self._paths = paths
        self._device = device
        self._network: Any = None
        self._lock = Lock()

    def __call__(self, *pictures: Any) -> NDArray[np.float32]:
        """What it says of tensors, without the axis of the batch.

        Raises:
            StylecliError: Its file is not its own.
        """
        import torch

        with self._lock, torch.inference_mode():
            if self._network is None:
                self._network = self._read(*self._paths).to(self._device)
            said = self._network(*(picture.to(self._device) for picture in pictures))
            found: NDArray[np.float32] = said.float().cpu().numpy()
        return found[0] if found.ndim else found


def judge(
    read: Reader,
    found: Mapping[str, stylecli.LocalWeights],
    weights: tuple[stylecli.Weights, ...],
    device: str,
) -> Judge:
    """The network of some weights; the same one for the same weights and device.

    Args:
        read: Makes it of the files, in the order of `weights` and of their names.
        found: Weights on this machine.
        weights: Those that it needs.
        device: Where it computes.
    """
    local = [found[each.name] for each in weights]
    paths = tuple(each.paths[name] for each in local for name in sorted(each.paths))
    return _judge(read, paths, tuple(each.digest for each in local), device)


@cache
def _judge(read: Reader, paths: Paths, digests: tuple[str, ...], device: str) -> Judge:
    return Judge(read, paths, device)


@cache
def features_by(judge: Judge, view: str) -> stylecli.Extractor:
    """What a network says of one picture.

    Args:
        judge: The network.
        view: What it is shown: a function of `stylecli_judges.views`.
    """

    def extract(image: Image) -> NDArray[Any]:
        from stylecli_judges import views

        return judge(getattr(views, view)(image))

    return extract


@cache
def pairs_by(judge: Judge, view: str) -> stylecli.PairExtractor:
    """What a network says of an output and its photo; see `features_by`."""

    def compare(output: Image, content: Image) -> float:
        from stylecli_judges import views

        return float(judge(*getattr(views, view)(output, content)))

    return compare
