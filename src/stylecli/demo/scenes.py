"""Photo-like landscapes: bare land with trees, buildings, boats and reflections put in.

Everything shares the depth buffer of a :class:`~stylecli.demo.View` drawn at twice the size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from stylecli.demo.land import KINDS, MOODS, Arr, View, linear, noise, smooth

Points = list[tuple[float, float]]
Box = tuple[float, float, float]

_LEAVES = ["#6f8444", "#5f7a42", "#848c50", "#a27c42"]
_ROOFS = ["#a4523a", "#8d4a3c", "#6a5f60"]
_WALLS = ["#efe6d2", "#dfc9a0", "#e6d8cf"]
_TOWERS = ["#a3a9b3", "#8b7f78", "#6d7f92", "#c2b8a6"]
_SAILS = ["#f4ead4", "#c9532f", "#e9e4dc"]


@dataclass(frozen=True)
class Scene:
    """A made picture (``image``, mode RGB) and what it shows (``title``, fit for a caption)."""

    image: Image.Image
    title: str


class _Furnished(View):
    """A view with things standing in it."""

    def place(self, colour: Arr, alpha: Arr, left: float, top: float, z: float) -> None:
        """Composite an object at distance ``z`` wherever nothing nearer hides it."""
        x0, y0 = round(left), round(top)
        ys = slice(max(y0, 0), max(y0 + alpha.shape[0], 0))
        xs = slice(max(x0, 0), max(x0 + alpha.shape[1], 0))
        seen = self.image[ys, xs]
        high, wide = seen.shape[:2]
        if not high or not wide:
            return
        part = np.s_[ys.start - y0 : ys.start - y0 + high, xs.start - x0 : xs.start - x0 + wide]
        cover = alpha[part] * (self.depth[ys, xs] > z - 0.25)
        seen += (self.haze(colour[part], z, self.air[ys, xs]) - seen) * cover[..., None]
        solid = cover > 0.5
        self.water[ys, xs] &= ~solid
        self.depth[ys, xs][solid] = z

    def draw(self, shapes: list[tuple[Points, Arr]], z: float) -> None:
        """Draw polygons (corners in pixels, linear colour) as one object at distance ``z``."""
        corners = np.concatenate([np.array(points) for points, _ in shapes])
        left, top = (float(v) for v in np.floor(corners.min(0)) - 1)
        wide, high = (int(v) + 2 for v in np.ceil(corners.max(0)) - (left, top))
        # The square root keeps dark tones apart in eight bits; 4 is the brightest light.
        patch = Image.new("RGBA", (wide, high))
        pen = ImageDraw.Draw(patch)
        for points, colour in shapes:
            red, green, blue = (int(v) for v in np.sqrt(np.clip(colour / 4, 0, 1)) * 255)
            pen.polygon([(x - left, y - top) for x, y in points], fill=(red, green, blue, 255))
        data = np.asarray(patch, dtype=np.float32) / 255
        self.place(data[..., :3] ** 2 * 4, data[..., 3], left, top, z)

    def building(self, x: float, y: float, z: float, size: Box, roof: str | None) -> None:
        """A box turned by a random angle, with lit windows at night; gabled if it has a roof."""
        wide, deep, high = size
        turn = self.rng.uniform(-0.7, 0.7)
        c, s = float(np.cos(turn)), float(np.sin(turn))
        wall = linear(str(self.rng.choice(_WALLS if roof else _TOWERS)))
        flank = -1.0 if x * c + z * s > 0 else 1.0
        shapes: list[tuple[Points, Arr]] = []

        def at(u: float, v: float, w: float) -> tuple[float, float]:
            px, pz = u * wide / 2, v * deep / 2
            return self.spot(x + c * px - s * pz, y - 0.05 + w * high, z + s * px + c * pz)

        def face(points: Points, paint: Arr, nx: float, ny: float, nz: float) -> None:
            normal = np.array([c * nx - s * nz, ny, s * nx + c * nz], dtype=np.float32)
            lit = max(float(normal @ self.light), 0.0)
            shapes.append((points, paint * (lit * self.sun + (0.8 + 0.2 * ny) * self.ambient)))

        def front(u0: float, v0: float, u1: float, v1: float, nx: float, nz: float) -> None:
            corners = [at(u0, v0, 0), at(u1, v1, 0), at(u1, v1, 1), at(u0, v0, 1)]
            face(corners, wall, nx, 0, nz)
            du, dv = u1 - u0, v1 - v0
            columns = max(2, round((abs(du) * wide + abs(dv) * deep) * 1.7))
            floors = max(1, round(high * 2.6))
            for i, j in np.ndindex(columns, floors):
                a, b = (i + 0.32) / columns, (i + 0.68) / columns
                ends = ((a, 0.4), (b, 0.4), (b, 0.72), (a, 0.72))
                pane = [at(u0 + du * k, v0 + dv * k, (j + m) / floors) for k, m in ends]
                lamp = self.rng.random()
                on = self.mood.power < 1 and lamp < 0.4
                warm = np.array([3.4, 2.0, 0.8], dtype=np.float32) * lamp
                shapes.append((pane, warm if on else wall * 0.35 * self.ambient + 0.05 * self.sun))

        front(flank, -1, flank, 1, flank, 0)
        front(-1, -1, 1, -1, 0, -1)
        if roof:
            face([at(flank, -1, 1), at(flank, 1, 1), at(flank, 0, 1.6)], wall, flank, 0, 0)
            eaves, crest = [at(-1.1, -1.15, 0.94), at(1.1, -1.15, 0.94)], [at(1.1, 0, 1.64)]
            face([*eaves, *crest, at(-1.1, 0, 1.64)], linear(roof), 0, 0.7, -0.7)
        self.draw(shapes, z)

    def boat(self, x: float, z: float, size: float) -> None:
        """A sailing boat: mast, jib, mainsail and hull, leaning a little."""
        lean, sail = self.rng.uniform(-0.12, 0.12), linear(str(self.rng.choice(_SAILS)))
        light, shade = self.sun * 0.45 + self.ambient, self.sun * 0.15 + self.ambient * 0.8
        wood = linear("#54392a") * light
        parts: list[tuple[Points, Arr]] = [
            ([(-0.02, 0.1), (0.02, 0.1), (0.02, 1.5), (-0.02, 1.5)], wood),
            ([(0.05, 0.25), (0.55, 0.27), (0.33, 0.7), (0.05, 1.35)], sail * light),
            ([(-0.05, 0.25), (-0.5, 0.28), (-0.25, 0.7), (-0.05, 1.45)], sail * shade),
            ([(-0.55, 0.16), (-0.42, -0.02), (0.4, -0.02), (0.62, 0.2)], wood),
        ]
        for points, colour in parts:
            corners = [self.spot(x + size * (u + lean * v), size * v, z) for u, v in points]
            self.draw([(corners, colour)], z)

    def foliage(self, conifer: bool) -> NDArray[np.uint8]:
        """A tree as 8-bit planes: sunlight, openness to the sky, cover."""
        high, wide = 144, 72 if conifer else 112
        v, u = np.mgrid[0:high, 0:wide].astype(np.float32)
        a, b = self.rng.uniform(0, 512, 2).astype(np.float32)
        clump, leaf = noise(u * 0.9 + a, v * 0.9 + b, 1.3), noise(u * 2 + b, v * 2 + a, 0.9)
        x, y = (u / wide - 0.5) * 2, v / high
        if conifer:
            tier = (y * 9 + 0.25 * clump + 0.5 * np.abs(x)) % 1
            edge = (y * 0.8 + 0.01) * (0.62 + 0.38 * tier)
            body = (edge - np.abs(x)) * 2.4 + 0.1 * (clump + leaf) * y - (y > 0.93) * 9
            nx, ny = x / np.maximum(edge, 0.1), 0.6 - 0.9 * tier
        else:
            nx, ny = x / 0.78, (0.47 - y) / 0.36
            body = 1 - np.hypot(nx, ny) + 0.24 * clump + 0.08 * leaf
        slope_y, slope_x = np.gradient(clump)
        nx, ny = nx + 2.1 * slope_x, ny + 2.1 * slope_y
        nz = np.sqrt(np.clip(1.3 - nx * nx - ny * ny, 0.05, 1))
        lit = nx * self.light[0] + ny * self.light[1] - nz * self.light[2]
        lit = lit / np.sqrt(nx * nx + ny * ny + nz * nz)
        crown = smooth(body, 0, 0.11)
        trunk = smooth(0.08 - np.abs(x - 0.03 * clump), 0, 0.03) * (y > 0.5)
        lit = np.clip(lit * 0.8 + 0.14 + 0.18 * leaf, 0, 1) * crown
        openness = np.clip(0.75 - 0.6 * y + 0.22 * clump + 0.1 * leaf, 0.05, 1)
        planes = np.stack([lit, openness, np.maximum(crown, trunk)], axis=-1)
        return (planes * 255).astype(np.uint8)

    def tree(self, left: float, base: float, z: float, size: float, shape: Image.Image) -> None:
        """A tree from :meth:`foliage`, its foot at a pixel, with its shadow on the ground."""
        high = max(int(self.focal * size / z), 3)
        wide = max(high * shape.width // shape.height, 3)
        if left + 2 * wide < 0 or left - 2 * wide > self.w or high > 2 * self.h:
            return
        u, v = np.meshgrid(np.linspace(-1, 1, wide * 2), np.linspace(-1, 1, max(high // 7, 2)))
        dark = np.clip(1.0 - np.hypot(u, v), 0, 0.45).astype(np.float32)
        lean = float(self.light[0]) * wide * (0.6 if self.light[2] < 0 else 0.3)
        shadow = np.broadcast_to(self.ambient * 0.06, (*dark.shape, 3))
        self.place(shadow, dark, left - wide - lean, base - dark.shape[0] / 2, z + 0.2)
        small = shape.resize((wide, high), Image.Resampling.BILINEAR, reducing_gap=1.5)
        data = np.asarray(small, dtype=np.float32) / 255
        light = data[..., :1] * self.sun + (0.25 + 0.75 * data[..., 1:2]) * self.ambient
        leaf = linear("#44603f" if shape.width < 80 else str(self.rng.choice(_LEAVES)))
        self.place(leaf * light, data[..., 2], left - wide / 2, base - high + 1, z)

    def spread(self, count: int, near: float, far: float) -> list[tuple[float, float, float]]:
        """Random spots (z, x, ground height) within the view, the farthest first."""
        z = near * (far / near) ** self.rng.random(count).astype(np.float32)
        x = z * self.rng.uniform(-0.62, 0.62, count).astype(np.float32)
        if self.name not in ("city", "sea"):
            away = self.rng.choice([-1, 1], count) * (0.75 + 0.25 * (self.name == "forest"))
            on_path = np.abs(x - self.bend(z)) < 0.75
            x = np.where(on_path, self.bend(z) + away, x).astype(np.float32)
        rows = zip(z.tolist(), x.tolist(), self.height(x, z).tolist(), strict=True)
        return sorted(rows, reverse=True)

    def furnish(self) -> None:
        """Put trees and buildings in, then mirror them in the water, then the boats."""
        rng, kind = self.rng, self.kind
        town, wood = self.name == "city", self.name == "forest"
        shapes = [Image.fromarray(self.foliage(c)) for c in (False, False, True, True)]
        firs = {"meadow": 0.85, "lake": 0.7, "river": 0.5}.get(self.name, 0.25)
        trees = [(*p, True) for p in self.spread(kind.trees, 4.6 if wood else 3.4, 34)]
        built = self.spread(kind.houses, 14 if town else 6.5, 24 if town else 15)
        for z, x, y, is_tree in sorted(trees + [(*p, False) for p in built], reverse=True):
            # The title promises the buildings, so no tree may stand in front of one.
            hides = is_tree and any(z < b[0] and abs(x / z - b[1] / b[0]) < 0.07 for b in built)
            if y < 0.07 or (hides and not town):
                continue
            if is_tree:
                fir = int(rng.random() < firs)
                size = rng.uniform(0.9, 1.5) * (1.7 if wood else 1.0)
                self.tree(*self.spot(x, y, z), z, size, shapes[2 * fir + int(rng.integers(2))])
            elif town:
                tall = 1.0 + 4.2 * rng.random() ** 2
                self.building(x, y, z, (*rng.uniform(0.8, 1.6, 2), tall), None)
            else:
                box = (rng.uniform(0.8, 1.2), 0.7, rng.uniform(0.42, 0.6))
                self.building(x, y, z, box, str(rng.choice(_ROOFS)))
        land, surface = self.image.copy(), self.water.copy()
        for z, x, y in self.spread(kind.boats, 4.5, 20):
            if y < 0:
                self.boat(x, z, rng.uniform(0.7, 1.2))
        self.reflect(land, surface)

    def reflect(self, land: Arr, surface: NDArray[np.bool_]) -> None:
        """Mirror in the water the ``land`` above it, and the boats that now hide ``surface``."""
        rows, cols = np.arange(self.h)[:, None], np.arange(self.w)
        distance = np.minimum(self.depth, 400)
        wave = noise(self.x * distance * 10, distance * 16 + self.offset[4], 1.2)
        ripple = wave * self.h * (0.008 if self.name in ("lake", "river") else 0.018)

        def across(bank: NDArray[np.bool_]) -> NDArray[np.int_]:
            edge = np.maximum.accumulate(np.where(bank, rows, -1), axis=0)
            return np.where(edge < 0, 0, np.clip(2 * edge + 1 - rows + ripple, 0, rows)).astype(int)

        hulls = surface & ~self.water
        over_land, over_boat = across(~surface), across(hulls)
        mirror = land[over_land, cols]
        afloat = hulls[over_boat, cols]
        mirror[afloat] = self.image[over_boat, cols][afloat]
        share = np.exp(4.5 * np.minimum(self.slope, 0))[:, None] * 0.62 + 0.3
        deep = linear("#1d4a58") * (self.ambient + 0.25 * self.sun)
        colour = deep + (mirror - deep) * np.clip(share * (1 + 0.1 * wave), 0, 1)[..., None]
        if self.mood.ahead:
            path = np.exp(-(((self.x - self.light[0] / self.light[2]) / 0.09) ** 2))
            colour += (path * smooth(wave, 0.5, 1.7) * 0.7)[..., None] * self.sun
        self.image = np.where(self.water[..., None], colour, self.image)


def scene(seed: int, size: tuple[int, int] = (288, 224)) -> Scene:
    """The scene of ``seed`` (0 or more) at ``size`` (width, height in pixels, 16 or more).

    Consecutive seeds take the kinds of land in turn, so that a small set is varied.
    """
    turn, which = divmod(seed, len(KINDS))
    name = list(KINDS)[which]
    mood = MOODS[KINDS[name].moods[turn % len(KINDS[name].moods)]]
    view = _Furnished(name, mood, (size[0] * 2, size[1] * 2), seed)
    view.furnish()
    tone = np.sqrt(1 - np.exp(-1.7 * np.maximum(view.image, 0)))
    tone += 0.1 * (tone.mean(axis=2, keepdims=True) - tone)
    picture = Image.fromarray((tone * 255).astype(np.uint8)).reduce(2)
    glow = np.asarray(picture.filter(ImageFilter.GaussianBlur(size[1] / 40)), dtype=np.float32)
    # A lens: light bleeding from bright parts, and the grain of a sensor.
    grain = view.rng.normal(0, 2, glow.shape)
    data = np.asarray(picture, dtype=np.float32) + 0.22 * np.maximum(glow - 150, 0) + grain
    image = Image.fromarray(np.clip(data, 0, 255).astype(np.uint8))
    return Scene(image, f"{KINDS[name].phrase} {mood.phrase}")
