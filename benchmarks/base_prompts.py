"""Do prompts mean something to the embedded base? Its denoising loss under right and wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from stylecli.bases.base import Base
from stylecli.images.reading import list_pictures
from stylecli_tiny.recipe.captions import (
    PAINTING,
    PHOTO,
    artist_and_title,
    painting_caption,
    photo_caption,
    read_table,
)
from stylecli_tiny.recipe.denoising import Noised, denoising_errors
from stylecli_tiny.recipe.figures import square
from stylecli_tiny.recipe.latents import to_input
from stylecli_tiny.recipe.prepare import is_held_out

LEVELS = 8
"""Noise levels, evenly over the schedule."""


@dataclass(frozen=True)
class Meaning:
    """Mean denoising losses, and how often the right kind has the lower one.

    Attributes:
        own: Loss with the picture's own caption.
        none: Loss with an empty one.
        other: Loss with the caption of the next picture of the same kind.
        kinds: Share of pictures whose loss is lower with their own kind ("a painting", "a photo")
            than with the other; chance is a half.
    """

    own: float
    none: float
    other: float
    kinds: float


def held_out_paintings(data: Path, count: int) -> tuple[list[Path], list[str]]:
    """Paintings the base has not seen, spread over the painters, and their captions."""
    folder = data / "paintings"
    table = read_table(folder)
    paths = [path for path in list_pictures(folder) if is_held_out(path.stem)]
    chosen = paths[:: max(1, len(paths) // count)][:count]
    captions = []
    for path in chosen:
        artist, title = artist_and_title(path.name)
        row = table.get(path.name, {})
        captions.append(painting_caption(row.get("artist") or artist, row.get("title") or title))
    return chosen, captions


def captions_of_photos(data: Path, paths: Sequence[Path]) -> list[str]:
    """What the recipe calls photographs."""
    table = read_table(data / "photos")
    return [photo_caption(table[path.name].get("caption") or "") for path in paths]


def meaning(
    base: Base, sets: Sequence[tuple[str, Sequence[Image.Image], Sequence[str]]]
) -> Meaning:
    """Measure on sets of (kind, pictures, captions), with the same noise for every caption."""
    losses: dict[str, list[float]] = {"own": [], "none": [], "other": []}
    right = []
    for kind, pictures, captions in sets:
        rival = PHOTO if kind == PAINTING else PAINTING
        for number, picture in enumerate(pictures):
            clean, _ = base.encode(to_input(square(picture), base.device))
            wrong = captions[(number + 1) % len(captions)]
            asked = [captions[number], "", wrong, kind, rival]
            own, none, other, mine, theirs = (_loss(base, clean, text, number) for text in asked)
            for name, value in (("own", own), ("none", none), ("other", other)):
                losses[name].append(value)
            right.append(mine < theirs)
    means = {name: float(np.mean(values)) for name, values in losses.items()}
    return Meaning(**means, kinds=float(np.mean(right)))


def _loss(base: Base, clean: torch.Tensor, caption: str, seed: int) -> float:
    generator = torch.Generator().manual_seed(seed)
    shape = (LEVELS, *clean.shape[1:])
    noised = Noised(
        clean.cpu().expand(shape),
        torch.randn(shape, generator=generator),
        ((torch.arange(LEVELS) + 0.5) * 1000 / LEVELS).long(),
    )
    conditions = base.contexts([caption] * LEVELS)

    def predict(noisy: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return base.predict(noisy, times, conditions)

    errors, _ = denoising_errors(predict, noised.to(base.device), base.alphas_cumprod)
    return float(errors.mean())
