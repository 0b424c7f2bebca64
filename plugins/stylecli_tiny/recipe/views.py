"""What a denoiser is shown in a step: a few crops of one shape, each with one of its captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from stylecli_tiny.recipe.captions import PAINTING, PHOTO
from stylecli_tiny.recipe.pack import Pack

PAINTING_SHARE = 0.65
"""Share of paintings wherever there are paintings large enough for the view."""


def choose_caption(caption: str, artist: str, kind: str, chance: float) -> str:
    """A caption for one showing; `chance` is uniform in 0 to 1.

    10 % nothing (for guidance), 20 % only the kind, 15 % "a painting by ARTIST", the rest in full.
    """
    if chance < 0.1:
        return ""
    if chance < 0.3:
        return kind
    if chance < 0.45 and artist:
        return f"{PAINTING} by {artist}"
    return caption


@dataclass(frozen=True)
class Place:
    """Where a crop lies: the array it is of, its first row and column, and the array's own sides."""

    index: int
    top: int
    left: int
    full_height: int
    full_width: int


@dataclass(frozen=True)
class View:
    """A batch of crops of one shape.

    Attributes:
        latents: Batch x channels x height x width, float32.
        captions: One for each crop.
        places: Where each crop lies, in latent cells.
    """

    latents: Tensor
    captions: list[str]
    places: list[Place]


class Views:
    """Crops drawn from a pack of latents; the same generator draws the same crops."""

    def __init__(self, latents: Pack, views: Sequence[tuple[int, int, float]], batch: int) -> None:
        self._latents = latents
        base = views[0][0] * views[0][1]
        shapes = sorted({shape for h, w, _ in views for shape in ((h, w), (w, h))})
        self._large_enough = {
            shape: {kind: _fitting(latents, kind, shape) for kind in (PAINTING, PHOTO)}
            for shape in shapes
        }
        # A shape that no picture is large enough for is never drawn.
        usable = [v for v in views if any(map(len, self._large_enough[v[:2]].values()))]
        if not usable:
            raise ValueError("No picture is large enough for any view.")
        self._views = [(h, w, max(1, batch * base // (h * w))) for h, w, _ in usable]
        shares = np.array([share for _, _, share in usable])
        self._shares = shares / shares.sum()

    def draw(self, random: Generator) -> View:
        """A batch of one of the shapes, each crop with one of its captions."""
        height, width, batch = self._views[random.choice(len(self._views), p=self._shares)]
        upright = (max(height, width), min(height, width))
        if random.random() < 0.5 and any(map(len, self._large_enough[upright].values())):
            height, width = upright
        large_enough = self._large_enough[height, width]
        crops, captions, places = [], [], []
        for _ in range(batch):
            kind = PAINTING if random.random() < PAINTING_SHARE else PHOTO
            if not len(large_enough[kind]):
                kind = PHOTO if kind == PAINTING else PAINTING
            index = int(random.choice(large_enough[kind]))
            facts = self._latents.facts[index]
            _, full_height, full_width = self._latents.shape(index)
            top = int(random.integers(full_height - height + 1))
            left = int(random.integers(full_width - width + 1))
            crop = self._latents[index][:, top : top + height, left : left + width]
            crops.append(torch.from_numpy(crop.astype(np.float32)))
            chance = random.random()
            captions.append(choose_caption(facts["caption"], facts["artist"], kind, chance))
            places.append(Place(index, top, left, full_height, full_width))
        return View(torch.stack(crops), captions, places)


def _fitting(latents: Pack, kind: str, shape: tuple[int, int]) -> NDArray[np.int64]:
    fitting = [
        index
        for index, facts in enumerate(latents.facts)
        if facts["kind"] == kind
        and latents.shape(index)[1] >= shape[0]
        and latents.shape(index)[2] >= shape[1]
    ]
    return np.array(fitting, dtype=np.int64)
