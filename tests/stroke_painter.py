"""Procedural pictures for the tests of the metrics: photographs of a kind, and painters of them."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = 256


def photograph(seed):
    """A landscape of a kind: a shaded sky, textured ground, a few lit objects, and detail at all scales."""
    random = np.random.default_rng([1, seed])
    horizon = int(random.integers(80, 176))
    rows = np.linspace(0, 1, SIZE)[:, None, None]
    ground = random.uniform(60, 130, 3) + 70 * rows * random.uniform(-1, 1)
    sky = random.uniform(140, 220, 3) - 60 * rows
    picture = np.where(np.arange(SIZE)[:, None, None] < horizon, sky, ground)
    image = _image(np.broadcast_to(picture, (SIZE, SIZE, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(int(random.integers(4, 9))):
        x, y = random.integers(0, SIZE - 40, 2)
        box = (x, y, x + random.integers(20, 100), y + random.integers(20, 100))
        colour = tuple(int(value) for value in random.integers(20, 236, 3))
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(box, fill=colour)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(1)))
    return _image(soft + _texture(random) + random.normal(0, 3, (SIZE, SIZE, 1)))


def _image(values):
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _texture(random):
    """Detail at every scale, as leaves and stones have it."""
    total = np.zeros((SIZE, SIZE))
    for cells in (4, 8, 16, 32, 64, 128, 256):
        grid = random.normal(0, 1, (cells, cells)).astype(np.float32)
        grown = Image.fromarray(grid).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
        total += np.asarray(grown) / cells**0.35
    return 24 * total[..., None]


@dataclass(frozen=True)
class Painter:
    """Lays strokes of one length, width and direction, in colours pulled towards a palette.

    `angle` in degrees, None = along the edges of what is painted.
    """

    length: int
    width: int
    angle: float | None
    palette: tuple[tuple[int, int, int], ...]

    def paint(self, picture, coverage=1.0, seed=0):
        random = np.random.default_rng([2, seed])
        source = np.asarray(picture.filter(ImageFilter.GaussianBlur(2)), dtype=np.float64)
        down, right = np.gradient(source.mean(axis=-1))
        palette = np.array(self.palette, dtype=np.float64)
        canvas = picture.copy()
        draw = ImageDraw.Draw(canvas)
        strokes = 2 * SIZE * SIZE // (self.length * self.width)
        x, y = random.integers(0, SIZE, (2, round(strokes * coverage)))
        colour = source[y, x]
        nearest = np.argmin(np.sum((colour[:, None] - palette) ** 2, axis=-1), axis=1)
        mixed = 0.6 * colour + 0.4 * palette[nearest] + random.normal(0, 8, colour.shape)
        along = np.arctan2(right[y, x], -down[y, x])
        angle = along if self.angle is None else np.full(len(x), np.deg2rad(self.angle))
        angle = angle + random.normal(0, 0.2, len(x))
        reach_x, reach_y = self.length / 2 * np.cos(angle), self.length / 2 * np.sin(angle)
        ends = np.stack([x - reach_x, y - reach_y, x + reach_x, y + reach_y], axis=1)
        fills = np.clip(mixed, 0, 255).astype(int)
        for end, fill in zip(ends.tolist(), fills.tolist(), strict=True):
            draw.line(end, fill=tuple(fill), width=self.width)
        return canvas


DABS = Painter(10, 6, 0, ((90, 110, 190), (220, 200, 160), (120, 160, 110), (240, 230, 220)))
LINES = Painter(36, 3, None, ((230, 180, 40), (30, 60, 140), (60, 120, 60), (200, 90, 40)))
SLABS = Painter(26, 14, 60, ((150, 90, 60), (90, 120, 90), (200, 180, 140), (60, 70, 100)))
