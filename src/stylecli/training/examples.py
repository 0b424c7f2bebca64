"""A data set as cached latents and text contexts, and the batches drawn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.bases.conditions import Conditions
from stylecli.datasets.folder import Dataset, Item
from stylecli.errors import UsageError
from stylecli.images.reading import PictureError, read_picture
from stylecli.images.sizing import MAX_AREA_FACTOR
from stylecli.images.tensors import to_tensor
from stylecli.progress import Event, Progress
from stylecli.styles.style import Prompt
from stylecli.training.cache import TensorCache
from stylecli.training.options import CaptionedTraining, TrainingOptions

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image
    from torch import Tensor

LATENTS = "encoding pictures"
CONTEXTS = "encoding captions"


@dataclass(frozen=True)
class Batch:
    """What one forward pass learns from.

    Attributes:
        latents: Clean latents ``(B, C, h, w)`` float32.
        conditions: For the same batch.
    """

    latents: Tensor
    conditions: Conditions


@dataclass(frozen=True)
class Encoded:
    """One picture's latents, upright and mirrored.

    Attributes:
        mean: ``(1 or 2, C, h, w)`` float16.
        std: Likewise: every step draws a fresh sample of the posterior.
    """

    mean: Tensor
    std: Tensor


class Examples:
    """Encoded pictures with their captions.

    Args:
        pictures: In the data set's order.
        captions: One a picture, the style's own words included.
        contexts: Encoded captions by text, ``(77, width)`` each; holds "" and the bare prefix too.
        bare: The prefix alone.
        crop_cells: Side of a training square in latent cells.
        options: Crop and caption dropout.
    """

    def __init__(
        self,
        pictures: Sequence[Encoded],
        captions: Sequence[str],
        contexts: Mapping[str, Tensor],
        bare: str,
        crop_cells: int,
        options: TrainingOptions,
    ) -> None:
        self._pictures = pictures
        self._captions = captions
        self._contexts = contexts
        self._bare = bare
        self._crop = crop_cells
        self._options = options

    def __len__(self) -> int:
        return len(self._pictures)

    def batch(self, indices: Sequence[int], random: np.random.Generator) -> Batch:
        """Draw a batch: crop, mirror, posterior sample and caption of each picture.

        Args:
            indices: Which pictures.
            random: All that is random comes from it.
        """
        import torch

        latents, contexts = [], []
        for index in indices:
            latents.append(self._latents(self._pictures[index], random))
            contexts.append(self._contexts[self._caption(index, random)])
        return Batch(torch.stack(latents), Conditions(torch.stack(contexts).float()))

    def _latents(self, picture: Encoded, random: np.random.Generator) -> Tensor:
        import numpy as np
        import torch

        side, (height, width) = self._crop, picture.mean.shape[-2:]
        mirrored = int(random.integers(picture.mean.shape[0]))
        # Drawn also where it is not used, so that the options change only what they are about.
        place = random.random(2)
        if self._options.crop == "center":
            place = np.array([0.5, 0.5])
        top, left = (
            min(int(share * (room - side + 1)), room - side)
            for share, room in zip(place, (height, width), strict=True)
        )
        window = (mirrored, slice(None), slice(top, top + side), slice(left, left + side))
        noise = torch.from_numpy(
            random.standard_normal((picture.mean.shape[1], side, side), dtype=np.float32)
        )
        return picture.mean[window].float() + picture.std[window].float() * noise

    def _caption(self, index: int, random: np.random.Generator) -> str:
        # Drawn also where no caption is ever dropped: the same seed gives the same noise.
        draw, options = random.random(), self._options
        if isinstance(options, CaptionedTraining):
            if draw < options.caption_dropout:
                return ""
            if draw < options.caption_dropout + (1 - options.caption_dropout) * options.prefix_only:
                return self._bare
        return self._captions[index]


def encode_dataset(
    base: Base,
    dataset: Dataset,
    prompt: Prompt,
    options: TrainingOptions,
    cache: TensorCache,
    progress: Progress,
    captions: Sequence[str] | None = None,
) -> Examples:
    """Encode every picture and caption once, or take them from the cache.

    Pictures that turn out to be damaged are named and left out. The caption of each is the data
    set's with the words of the style, or, where `captions` are given, exactly that.

    Raises:
        UsageError: No picture is left.
    """
    crop_side = options.crop_size or options.resolution
    cell = base.size_multiple
    crop_side = max(cell, crop_side // cell * cell)
    pictures: list[Encoded] = []
    told: list[str] = []
    total = len(dataset.items)
    whole = captions or [prompt.with_subject(item.caption) for item in dataset.items]
    for done, (item, caption) in enumerate(zip(dataset.items, whole, strict=True), 1):
        try:
            pictures.append(_encoded(base, item, crop_side, options, cache))
            told.append(caption)
        except PictureError as problem:
            progress(
                Event(LATENTS, done, total, message=f"left out: {problem.message}", level="warning")
            )
            continue
        progress(Event(LATENTS, done, total))
    if not pictures:
        raise UsageError(f"{dataset.folder}: none of its pictures can be read.")
    bare = prompt.with_subject("")
    wanted = list(dict.fromkeys([*told, bare, ""]))
    long = base.too_long(wanted)
    if long:
        message = (
            f"{len(long)} captions are longer than 77 tokens and are cut, such as {long[0][:60]!r}."
        )
        progress(Event(CONTEXTS, 0, len(wanted), message=message, level="warning"))
    contexts = {}
    for done, text in enumerate(wanted, 1):
        contexts[text] = _context(base, text, cache)
        progress(Event(CONTEXTS, done, len(wanted)))
    return Examples(pictures, told, contexts, bare, crop_side // base.pixels_per_latent, options)


def _encoded(
    base: Base, item: Item, crop_side: int, options: TrainingOptions, cache: TensorCache
) -> Encoded:
    import torch

    key = cache.key(
        *("latents", 1, item.digest, base.vae_hash, base.vae_dtype),
        *(options.resolution, crop_side, options.flip),
    )
    kept = cache.get(key)
    if kept is None:
        picture = fit_picture(
            read_picture(item.path), options.resolution, crop_side, base.size_multiple
        )
        pixels = to_tensor([picture])
        if options.flip:
            pixels = torch.cat([pixels, pixels.flip(-1)])
        mean, std = base.encode(pixels)
        kept = {"mean": mean.half(), "std": std.half()}
        cache.put(key, kept)
    return Encoded(kept["mean"].cpu(), kept["std"].cpu())


def fit_picture(image: Image.Image, resolution: int, crop_side: int, multiple: int) -> Image.Image:
    """Scale a training picture: down to `resolution` where it is larger, up to the crop where smaller.

    In between it keeps its size, because scaling up blurs the brush strokes that are to be learnt.
    Its sides are then cut to full multiples; of a very long picture only the middle is kept.
    """
    from PIL import Image

    short = min(image.size)
    limit = short * MAX_AREA_FACTOR
    if max(image.size) > limit:
        # A line of a few pixels would otherwise be scaled up to more than memory holds.
        left, top = (max(0, side - limit) // 2 for side in image.size)
        image = image.crop((left, top, image.width - left, image.height - top))
    target = max(crop_side, min(short, resolution))
    scale = target / short
    width, height = (
        max(crop_side, round(side * scale) // multiple * multiple) for side in image.size
    )
    scaled = image.resize(
        (round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS
    )
    left, top = (scaled.width - width) // 2, (scaled.height - height) // 2
    return scaled.crop((left, top, left + width, top + height))


def _context(base: Base, text: str, cache: TensorCache) -> Tensor:
    key = cache.key("context", 1, text, base.text_encoder_hash)
    kept = cache.get(key)
    if kept is None:
        kept = {"context": base.contexts([text]).context[0].float()}
        cache.put(key, kept)
    return kept["context"].cpu()
