"""A data set as cached latents and text contexts, and the batches drawn from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.bases.conditions import Conditions
from stylecli.bases.finite import NotFinite
from stylecli.datasets.folder import Dataset, Item
from stylecli.errors import UsageError
from stylecli.images.reading import PictureError, read_picture
from stylecli.images.tensors import to_tensor
from stylecli.progress import Event, Progress
from stylecli.styles.style import Prompt
from stylecli.training.cache import TensorCache
from stylecli.training.framing import Frame, counted, frame_for
from stylecli.training.options import CaptionedTraining
from stylecli.training.picture_options import PictureOptions

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

LATENTS = "encoding pictures"
CONTEXTS = "encoding captions"
_CONTEXT = "context"


@dataclass(frozen=True)
class Batch:
    """What one forward pass learns from.

    Attributes:
        latents: Clean latents ``(B, C, h, w)`` float32.
        conditions: For the same batch.
        weights: ``(B,)``: how much each picture's error counts, 1 being as usual; None: all 1.
        captions: The texts that the conditions were made from, after caption dropout; or ().
    """

    latents: Tensor
    conditions: Conditions
    weights: Tensor | None = None
    captions: tuple[str, ...] = ()


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
        contexts: Encoded captions by text, each the conditions of one picture, "" and the bare prefix
            among them; or what encodes captions whenever a batch is drawn.
        bare: The prefix alone.
        crop_cells: Side of a training square in latent cells; or width and height for each picture.
        options: Crop and caption dropout.
        originals: Width and height that each picture had before it was scaled, in pixels, where the
            denoiser is told of them (SDXL); else ().
        corners: Left and top of what was encoded of each, in the scaled picture, for these.
        cell: Pixels that a latent cell covers on a side, for these.

    Attributes:
        groups: For each picture the size in latent cells that is cut out of it.
    """

    def __init__(
        self,
        pictures: Sequence[Encoded],
        captions: Sequence[str],
        contexts: Mapping[str, Conditions] | Callable[[Sequence[str]], Conditions],
        bare: str,
        crop_cells: int | Sequence[tuple[int, int]],
        options: PictureOptions,
        originals: Sequence[tuple[int, int]] = (),
        corners: Sequence[tuple[int, int]] = (),
        cell: int = 8,
    ) -> None:
        self._originals = originals
        self._corners = corners
        self._cell = cell
        self._pictures = pictures
        self._captions = captions
        self._contexts = contexts
        self._bare = bare
        self._options = options
        if isinstance(crop_cells, int):
            crop_cells = [(crop_cells, crop_cells)] * len(pictures)
        self.groups = tuple(crop_cells)

    def __len__(self) -> int:
        return len(self._pictures)

    def batch(self, indices: Sequence[int], random: np.random.Generator) -> Batch:
        """Draw a batch: crop, mirror, posterior sample and caption of each picture.

        Args:
            indices: Which pictures.
            random: All that is random comes from it.
        """
        import torch

        latents, captions, sizes = [], [], []
        for index in indices:
            cut, corner = self._latents(index, random)
            latents.append(cut)
            captions.append(self._caption(index, random))
            if self._originals:
                sizes.append(self._size(index, corner))
        # Each caption once: often all are the same.
        told = list(dict.fromkeys(captions))
        if callable(self._contexts):
            said = self._contexts(told)
        else:
            said = reduce(Conditions.followed_by, (self._contexts[text] for text in told))
        conditions = said.pick([told.index(caption) for caption in captions])
        if sizes:
            added = {**conditions.added, "time_ids": torch.tensor(sizes, dtype=torch.float32)}
            conditions = replace(conditions, added=added)
        return Batch(torch.stack(latents), conditions, captions=tuple(captions))

    def _size(self, index: int, corner: tuple[int, int]) -> list[int]:
        """What an SDXL denoiser is told of a picture's size and crop (Podell et al. 2024)."""
        (width, height), (across, down) = self._originals[index], self.groups[index]
        top, left, high, wide = (self._cell * each for each in (*corner, down, across))
        beside, above = self._corners[index]
        return [height, width, above + top, beside + left, high, wide]

    def _latents(self, index: int, random: np.random.Generator) -> tuple[Tensor, tuple[int, int]]:
        """A cut out of a picture's latents, and the row and column where it begins."""
        import numpy as np
        import torch

        picture, (across, down) = self._pictures[index], self.groups[index]
        height, width = picture.mean.shape[-2:]
        mirrored = int(random.integers(picture.mean.shape[0]))
        # Drawn also where it is not used, so that the options change only what they are about.
        place = random.random(2)
        if self._options.crop == "center":
            place = np.array([0.5, 0.5])
        top, left = (
            min(int(share * (room - side + 1)), room - side)
            for share, room, side in zip(place, (height, width), (down, across), strict=True)
        )
        window = (mirrored, slice(None), slice(top, top + down), slice(left, left + across))
        noise = torch.from_numpy(
            random.standard_normal((picture.mean.shape[1], down, across), dtype=np.float32)
        )
        cut = picture.mean[window].float() + picture.std[window].float() * noise
        return cut, (top, left)

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
    options: PictureOptions,
    cache: TensorCache,
    progress: Progress,
    captions: Sequence[str] | None = None,
    *,
    cache_captions: bool = True,
) -> Examples:
    """Encode every picture and caption once, or take them from the cache.

    Pictures that turn out to be damaged are named and left out. The caption of each is the data
    set's with the words of the style, or, where `captions` are given, exactly that.

    Args:
        base: What encodes them, with the LoRAs that act on its encoders.
        dataset: The pictures.
        prompt: The words of the style.
        options: Resolution, crop, flip, buckets.
        cache: Where what was encoded is kept.
        progress: Hears of every picture.
        captions: The whole caption of every picture, in the data set's order.
        cache_captions: False where the text encoder is trained: then the captions of a batch are
            encoded when it is drawn, with gradients.

    Raises:
        UsageError: No picture is left.
        NotFinite: The autoencoder makes latents of a picture that are not finite, even in fp32.
    """
    pictures: list[Encoded] = []
    told: list[str] = []
    frames: list[Frame] = []
    sizes: list[tuple[int, int]] = []
    total = len(dataset.items)
    whole = captions or [prompt.with_subject(item.caption) for item in dataset.items]
    for done, (item, caption) in enumerate(zip(dataset.items, whole, strict=True), 1):
        frame = frame_for(item.size, options, base.size_multiple, base.pixels_per_latent)
        try:
            pictures.append(_encoded(base, item, frame, options, cache))
        except PictureError as problem:
            progress(
                Event(LATENTS, done, total, message=f"left out: {problem.message}", level="warning")
            )
            continue
        told.append(caption)
        frames.append(frame)
        sizes.append(item.size)
        progress(Event(LATENTS, done, total))
    if not pictures:
        raise UsageError(f"{dataset.folder}: none of its pictures can be read.")
    progress(Event(LATENTS, message=counted(frames, total - len(pictures))))
    bare = prompt.with_subject("")
    wanted = list(dict.fromkeys([*told, bare, ""]))
    long = base.too_long(wanted)
    if long:
        message = (
            f"{len(long)} captions are longer than 77 tokens and are cut, such as {long[0][:60]!r}."
        )
        progress(Event(CONTEXTS, 0, len(wanted), message=message, level="warning"))
    cells = base.pixels_per_latent
    crops = [(frame.cut[0] // cells, frame.cut[1] // cells) for frame in frames]
    told_of = base.spec.family == "sdxl"
    places = (sizes if told_of else [], [frame.corner for frame in frames], cells)
    if not cache_captions:
        encode = partial(base.contexts, trainable=True)
        return Examples(pictures, told, encode, bare, crops, options, *places)
    contexts = {}
    for done, text in enumerate(wanted, 1):
        contexts[text] = _context(base, text, cache)
        progress(Event(CONTEXTS, done, len(wanted)))
    return Examples(pictures, told, contexts, bare, crops, options, *places)


def _encoded(
    base: Base, item: Item, frame: Frame, options: PictureOptions, cache: TensorCache
) -> Encoded:
    import torch

    def key() -> str:
        return cache.key(
            *("latents", 2, item.digest, base.vae_hash, base.vae_dtype),
            *(frame.key, options.flip),
        )

    kept = cache.get(key())
    if kept is None:
        pixels = to_tensor([frame.fit(read_picture(item.path))])
        if options.flip:
            pixels = torch.cat([pixels, pixels.flip(-1)])
        try:
            mean, std = base.encode(pixels)
        except NotFinite as problem:
            message = f"{item.path}: cannot be encoded. {problem.message}"
            raise NotFinite(message, problem.hint) from problem
        kept = {"mean": mean.half(), "std": std.half()}
        # Asked again: an autoencoder that overflows with this picture has gone on in fp32.
        cache.put(key(), kept)
    return Encoded(kept["mean"].cpu(), kept["std"].cpu())


def _context(base: Base, text: str, cache: TensorCache) -> Conditions:
    key = cache.key("context", 2, text, base.text_encoder_hash)
    kept = cache.get(key)
    if kept is None:
        said = base.contexts([text])
        kept = {_CONTEXT: said.context.float(), **{k: v.float() for k, v in said.added.items()}}
        cache.put(key, kept)
    added = {name: value.cpu() for name, value in kept.items() if name != _CONTEXT}
    return Conditions(kept[_CONTEXT].cpu(), added)
