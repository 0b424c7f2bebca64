"""A few generated pictures in folders as the recipe expects them."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli_tiny.recipe.settings import Budget, Settings, Sizes

MINIATURE = Sizes(
    vae_channels=(8, 16),
    vae_crops=(16, 24),
    vae_batch=2,
    unet_channels=(16, 16, 16),
    unet_batch=2,
    views=((8, 8, 0.7), (8, 16, 0.3)),
    vocabulary=600,
    text_width=16,
    text_layers=1,
    text_heads=2,
    xl_text_width=12,
    xl_projection=8,
    xl_size_width=4,
    image_width=16,
    image_layers=1,
    image_side=16,
    image_patch=8,
    sample_size=16,
)


@pytest.fixture(autouse=True)
def _one_thread():
    """Sums in one order, and no cores taken from other tests."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def save_picture(file: Path, width: int, height: int, seed: int) -> None:
    """Smooth colour fields: something a small network can learn."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(file)


@pytest.fixture
def pictures(tmp_path):
    """Folders of paintings and photos; every excluded painter is among the paintings."""
    paintings, photos = tmp_path / "paintings", tmp_path / "photos"
    paintings.mkdir()
    photos.mkdir()
    names = [f"camille-pissarro_the-road-{number}-1880(1).png" for number in range(6)]
    names += [
        "claude-monet_water-lilies.png",
        "vincent-van-gogh_irises-1889.png",
        "paul-cezanne_apples.png",
        "berthe-morisot_the-cradle-1872.png",
    ]
    for seed, name in enumerate(names):
        save_picture(paintings / name, 112, 100, seed)
    with (tmp_path / "photos.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "caption", "licence", "source_url", "parent", "source_path"])
        for number in range(4):
            table.writerow([f"shop_p{number}.png", f"Pears {number}. On a shelf", "", "", "", ""])
            table.writerow([f"crop_p{number}_0.png", "Pears", "", "", f"p{number}.png", ""])
    for number in range(4):
        save_picture(photos / f"shop_p{number}.png", 120, 128, 50 + number)
        save_picture(photos / f"crop_p{number}_0.png", 100, 100, 60 + number)
    return paintings, photos


@pytest.fixture
def settings(pictures, tmp_path):
    """A run of the whole recipe that takes a second or two."""
    paintings, photos = pictures
    return Settings(
        work=tmp_path / "work",
        out=tmp_path / "out",
        paintings=paintings,
        photos=(photos,),
        seed=3,
        vae_budget=Budget(steps=6),
        unet_budget=Budget(steps=6),
        xl_budget=Budget(steps=6),
        extras_budget=Budget(steps=6),
        encoder_budget=Budget(steps=6),
        sizes=MINIATURE,
    )
