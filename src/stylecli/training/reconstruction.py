"""Training an autoencoder on pictures: what its latents give back must look like them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.datasets.folder import Dataset, Item
from stylecli.errors import UsageError
from stylecli.images.reading import PictureError, read_picture
from stylecli.images.tensors import to_tensor
from stylecli.progress import Event, Progress
from stylecli.training.framing import fit_picture
from stylecli.training.options import TrainingOptions

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image
    from torch import Generator, Tensor

STAGE = "reading pictures"
KEPT_BYTES = 2**29
"""Scaled pictures are kept in memory up to this; others are read again when they are drawn."""

_SCALES = 3


@dataclass(frozen=True)
class PixelBatch:
    """What one pass through an autoencoder learns from.

    Attributes:
        pixels: ``(B, 3, H, W)`` float32 in [-1, 1].
    """

    pixels: Tensor


class Pictures:
    """The pictures of a data set as squares of pixels, for `stylecli.training.loop.fit`.

    Pictures that turn out to be damaged are named and left out.

    Args:
        dataset: Whose pictures.
        options: Resolution, crop and flip; the square is no larger than `side`.
        side: Of the square, in pixels.
        progress: Hears of every picture.

    Raises:
        UsageError: None of them can be read.
    """

    def __init__(
        self, dataset: Dataset, options: TrainingOptions, side: int, progress: Progress
    ) -> None:
        self._options = options
        self._side = side
        self._room = KEPT_BYTES
        self._kept: dict[int, Image.Image] = {}
        self._items: list[Item] = []
        total = len(dataset.items)
        for done, item in enumerate(dataset.items, 1):
            try:
                picture = self._read(item.path)
            except PictureError as problem:
                message = f"left out: {problem.message}"
                progress(Event(STAGE, done, total, message=message, level="warning"))
                continue
            self._keep(len(self._items), picture)
            self._items.append(item)
            progress(Event(STAGE, done, total))
        if not self._items:
            raise UsageError(f"{dataset.folder}: none of its pictures can be read.")

    def __len__(self) -> int:
        return len(self._items)

    def batch(self, indices: Sequence[int], random: np.random.Generator) -> PixelBatch:
        """Cut a square out of each of these pictures."""
        from PIL import ImageOps

        squares = []
        for index in indices:
            picture = self._kept.get(index) or self._read(self._items[index].path)
            mirrored, *place = random.random(3)
            if self._options.crop == "center":
                place = [0.5, 0.5]
            left, top = (
                min(int(share * (room - self._side + 1)), room - self._side)
                for share, room in zip(place, picture.size, strict=True)
            )
            square = picture.crop((left, top, left + self._side, top + self._side))
            squares.append(
                ImageOps.mirror(square) if self._options.flip and mirrored < 0.5 else square
            )
        return PixelBatch(to_tensor(squares))

    def _read(self, path: Path) -> Image.Image:
        return fit_picture(read_picture(path), self._options.resolution, self._side, 1)

    def _keep(self, index: int, picture: Image.Image) -> None:
        size = 3 * picture.width * picture.height
        if size <= self._room:
            self._room -= size
            self._kept[index] = picture


def reconstruction_loss(base: Base) -> Callable[[PixelBatch, Generator], Tensor]:
    """How far pictures are from what the autoencoder makes of a sample of their latents.

    The mean absolute difference of the pixels, and of their differences to the next ones across and
    down at full, half and quarter size: edges and brush strokes weigh more than in pixels alone. A
    denoising loss cannot do this: it never reaches the decoder.

    Args:
        base: Whose autoencoder learns.
    """

    def loss(batch: PixelBatch, random: Generator) -> Tensor:
        import torch

        pixels = batch.pixels.to(base.device)
        with base.vae_autocast():
            posterior = base.vae.encode(pixels).latent_dist
            noise = torch.randn(posterior.mean.shape, generator=random).to(base.device)
            decoded = base.vae.decode(posterior.mean + posterior.std * noise).sample
        return picture_distance(decoded.float(), pixels)

    return loss


def picture_distance(one: Tensor, other: Tensor) -> Tensor:
    """How different pictures ``(B, 3, H, W)`` in [-1, 1] look; a scalar, 0 for the same ones."""
    import torch.nn.functional as functional

    error = (one - other).abs().mean()
    for scale in range(_SCALES):
        if min(one.shape[-2:]) < 2:
            break
        for axis in (-1, -2):
            error = error + (one.diff(dim=axis) - other.diff(dim=axis)).abs().mean() / _SCALES
        if scale + 1 < _SCALES:
            one, other = (functional.avg_pool2d(each, 2) for each in (one, other))
    return error
