"""Pictures the project makes itself, so that the demo runs without a download.

:mod:`~stylecli.demo.scenes` makes photo-like landscapes and :mod:`~stylecli.demo.painter`
paints over them. Here is what they stand on: noise, and a :class:`View` of bare land.

The visible ground of a height field is found column by column with a running maximum of the
view slope over depth (the floating horizon of Williamson, "Hidden line plotting program",
CACM 1972). Distance fades into an exponential haze. Colours are linear RGB, about 0 to 3;
lengths are in units of about ten metres; water lies at height 0.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

Arr = NDArray[np.floating[Any]]


class Mood(NamedTuple):
    """The light of a time of day."""

    phrase: str
    zenith: str
    horizon: str
    sun: str
    power: float
    ambient: str
    height: float  # vertical part of the direction to the sun or moon
    ahead: bool  # it stands in the picture, not behind the shoulder
    haze: float  # distance at which the air hides about two thirds of a thing


class Kind(NamedTuple):
    """A kind of land: heights of its hills and peaks, and how many things stand on it."""

    phrase: str
    base: float
    hills: float
    peaks: float
    grass: str
    trees: int
    houses: int
    boats: int
    moods: str


MOODS = {
    "d": Mood("by day", "#3a72bc", "#bcd4ec", "#fff2da", 2.4, "#93a9c8", 0.60, False, 60),
    "m": Mood("in the morning", "#5a8ac4", "#f3dcc4", "#ffdcae", 2.5, "#92a0b8", 0.34, False, 42),
    "s": Mood("at sunset", "#43598f", "#ffa560", "#ffa75c", 2.6, "#8c7d90", 0.13, True, 38),
    "k": Mood("at dusk", "#343f74", "#c48b90", "#ffae9c", 0.95, "#73739a", 0.24, False, 40),
    "n": Mood("under the moon", "#141d38", "#41537a", "#b4c8ee", 0.55, "#37425f", 0.27, True, 50),
    "f": Mood("in the mist", "#abb6c2", "#dcdedd", "#fff4e0", 0.95, "#a3abb3", 0.50, False, 13),
}
KINDS = {
    "lake": Kind("a lake below mountains", 0.35, 0.3, 9.0, "#637848", 70, 1, 1, "dsmk"),
    "village": Kind("a village in the hills", 1.4, 0.7, 5.0, "#71814a", 70, 13, 0, "msdk"),
    "coast": Kind("a rocky coast", -0.7, 0.5, 0.0, "#7c7c56", 16, 2, 2, "dksm"),
    "forest": Kind("a path through a forest", 0.6, 0.12, 0.5, "#626c40", 210, 0, 0, "fmds"),
    "field": Kind("fields and a farm", 1.2, 0.6, 2.2, "#a0924e", 46, 3, 0, "mdsk"),
    "city": Kind("a city across the water", -0.5, 0.04, 0.6, "#686c58", 30, 46, 2, "nskd"),
    "sea": Kind("boats on the open sea", -1.2, 0.2, 3.2, "#6a6e58", 0, 0, 5, "snmd"),
    "river": Kind("a river in a valley", 0.4, 0.5, 7.0, "#6a7c48", 110, 2, 0, "mdfk"),
    "meadow": Kind("an alpine meadow", 0.8, 0.8, 14.0, "#738850", 60, 1, 0, "dmks"),
}


@cache
def _tile(roughness: float) -> Arr:
    """A periodic 512-cell noise tile whose spectrum falls as frequency to -``roughness``."""
    rng = np.random.default_rng(1972)
    spectrum = np.fft.rfft2(rng.standard_normal((512, 512)))
    radius = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None, :])
    tile = np.fft.irfft2(spectrum * np.maximum(radius, 3.0 / 512) ** -roughness, s=(512, 512))
    tile -= tile.mean()
    return np.asarray(tile / tile.std(), dtype=np.float32)


def noise(x: Arr, y: Arr, roughness: float = 1.8) -> Arr:
    """Noise of zero mean and unit deviation at points given in cells of a 512-cell tile."""
    tile = _tile(roughness).ravel()
    floor_x, floor_y = np.floor(x), np.floor(y)
    u, v = x - floor_x, y - floor_y
    x0, y0 = floor_x.astype(np.int32) & 511, (floor_y.astype(np.int32) & 511) << 9
    x1, y1 = (x0 + 1) & 511, (y0 + 512) & 0x3FFFF
    top = tile[y0 + x0] * (1 - u) + tile[y0 + x1] * u
    return np.asarray(top * (1 - v) + (tile[y1 + x0] * (1 - u) + tile[y1 + x1] * u) * v)


def smooth(x: Arr, low: float, high: float) -> Arr:
    """Smooth step of ``x`` from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def linear(colour: str) -> Arr:
    """Linear RGB, 0 to 1, of a colour such as ``#3a72bc``."""
    return (np.array(ImageColor.getrgb(colour)[:3], dtype=np.float32) / 255) ** np.float32(2.2)


class View:
    """Bare land seen from above the origin along z: ``image``, ``depth`` and ``water``.

    Arrays have shape (height, width) and ``size`` is (width, height) in pixels.
    """

    def __init__(self, kind: str, mood: Mood, size: tuple[int, int], seed: int) -> None:
        self.rng = np.random.default_rng([seed, 31])
        self.name, self.kind, self.mood = kind, KINDS[kind], mood
        self.w, self.h = size
        self.focal = float(np.sqrt(self.w * self.h))
        self.line = self.h * self.rng.uniform(0.42, 0.52)
        self.offset = self.rng.uniform(0, 512, 8).astype(np.float32)
        self.side = float(self.rng.choice([-1.0, 1.0]))
        across = self.rng.uniform(-0.28, 0.28) if mood.ahead else 0.75 * self.side
        light = np.array([across, mood.height, 1.0 if mood.ahead else -0.35], dtype=np.float32)
        self.light = light / np.float32(np.linalg.norm(light))
        self.sun, self.ambient = linear(mood.sun) * mood.power, linear(mood.ambient)
        self.x = (np.arange(self.w, dtype=np.float32) + 0.5 - self.w / 2) / self.focal
        self.slope = (self.line - np.arange(self.h, dtype=np.float32) - 0.5) / self.focal
        near = np.linspace(1, 3, 9, dtype=np.float32)
        self.eye = float(np.maximum(self.height(0 * near, near), 0).max()) + 0.75
        self.air, disc = self._sky()
        self.image = self.air + disc
        self._ground()

    def spot(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Pixel of a point in space."""
        return self.w / 2 + self.focal * x / z, self.line - self.focal * (y - self.eye) / z

    def bend(self, z: Arr) -> Arr:
        """Where the path or river runs at distance ``z``."""
        return np.asarray(0.13 * z * np.sin(z * 0.22 + self.offset[0]) + 0.3 * self.side)

    def height(self, x: Arr, z: Arr) -> Arr:
        """Height of the ground, below 0 under water."""
        o, kind = self.offset, self.kind
        h = kind.base + kind.hills * noise(x * 5 + o[0], z * 5 + o[1], 2.8) * smooth(z, 0, 9)
        h = h + 0.02 * noise(x * 24 + o[2], z * 24 + o[3])
        ridge = 0.9 - 0.8 * np.abs(noise(x * 2.2 + o[4], z * 2.2 + o[5], 2.2))
        ridge = ridge + 0.1 * noise(x * 9 + o[6], z * 9 + o[7])
        h = h + kind.peaks * ridge * smooth(z, 24 if self.name in ("sea", "city") else 13, 46)
        if self.name == "lake":
            h = h - 1.7 * np.exp(-(((z - 10) / 5.5) ** 2))
        elif self.name == "river":
            h = h - 1.0 * np.exp(-(((x - self.bend(z)) / (0.9 + 0.09 * z)) ** 2))
        elif self.name == "coast":
            reach = x * self.side + 0.8 * noise(z * 9 + o[4], x * 4 + o[5], 2.2) - 0.18 * z + 1.4
            h = h + smooth(reach, -1, 1.2) + 1.6 * smooth(reach, 1.4, 2.2) * smooth(z, 4, 8)
        elif self.name == "city":
            h = h + 0.62 * smooth(z, 13, 13.4)
        return np.asarray(h, dtype=np.float32)

    def _sky(self) -> tuple[Arr, Arr]:
        """The frame as sky (gradient, glow, clouds lit from the sun's side), and the disc."""
        o, horizon = self.offset, linear(self.mood.horizon)
        # Below the horizon stands what is at it, for distant ground to fade into.
        rows = int(np.clip(np.ceil(self.line) + 1, 1, self.h))
        up = np.maximum(self.slope[:rows], 0)[:, None] + 0 * self.x
        toward = self.x * self.light[0] + up * self.light[1] + self.light[2]
        facing = np.clip(toward / np.sqrt(1 + up * up + self.x * self.x), 0, 1)
        mix = np.exp(-4.6 * up)[..., None]
        sky = horizon * mix + linear(self.mood.zenith) * (1 - mix)
        sky += (0.16 * facing**10 + 0.3 * facing**120)[..., None] * self.sun
        far = 1 / (up + 0.09)
        u, v = self.x * far * 7 + o[2], far * 9 + o[3]
        thick = noise(u, v)
        lit = thick - noise(u + self.light[0] * 4, v + self.light[2] * 4 - 2)
        cover = smooth(thick, float(o[4]) / 640 - 0.4, float(o[4]) / 640 + 0.9)
        cover = cover * smooth(up, 0, 0.1)
        bright = (0.5 + 0.42 * np.clip(lit, -1, 1.6) + 0.7 * facing**30)[..., None]
        cloud = self.ambient * 0.8 + self.sun * 0.38 * bright + horizon * 0.12
        sky += (cloud - sky) * (cover * 0.95)[..., None]
        disc = smooth(facing, 0.99935, 0.9996) * (1 - 0.6 * cover) * 2.5 * self.mood.ahead
        fill = ((0, self.h - rows), (0, 0), (0, 0))
        whole = np.pad(sky.astype(np.float32), fill, mode="edge")
        return whole, np.pad(disc[..., None] * self.sun, fill)

    def haze(self, colour: Arr, z: Arr | float, air: Arr) -> Arr:
        """Aerial perspective over the distance ``z``."""
        clear = np.exp(-((np.asarray(z, dtype=np.float32)[..., None] / self.mood.haze) ** 1.25))
        return np.asarray(colour * clear + air * (1 - clear))

    def _ground(self) -> None:
        """Find, shade and haze the visible ground; mark water."""
        z = np.r_[np.geomspace(1.2, 60, 208), 300, 20000].astype(np.float32)[:, None]
        x = self.x * z
        z2 = z + 0 * x
        raw = self.height(x, z2)
        top = np.maximum(raw, 0)
        rise = (top - self.eye) / z
        crest = np.maximum.accumulate(rise, axis=0)
        found = [np.searchsorted(crest[:, c], self.slope) for c in range(self.w)]
        index, cols = np.stack(found, axis=1), np.arange(self.w)
        far = np.clip(index, 1, len(z) - 1)
        low, high = rise[far - 1, cols], rise[far, cols]
        t = np.clip((self.slope[:, None] - low) / np.maximum(high - low, 1e-6), 0, 1)
        dx = np.gradient(top, axis=1) / (z / self.focal)
        dz = np.gradient(top, z[:, 0], axis=0) - dx * self.x
        up = 1 / np.sqrt(1 + dx * dx + dz * dz)
        lambert = np.clip((self.light[1] - dx * self.light[0] - dz * self.light[2]) * up, 0, 1)
        colour = self._cover(x, z2, raw, up)
        colour *= lambert[..., None] * self.sun + (0.4 + 0.6 * up)[..., None] * self.ambient
        seen = colour[far - 1, cols]
        seen += (colour[far, cols] - seen) * t[..., None]
        depth = z[far - 1, 0] * (1 - t) + z[far, 0] * t
        blade = noise(self.x * depth * 90, depth * 45, 0.9) * np.exp(-depth / 9)
        seen *= np.clip(1 + 0.2 * blade, 0.3, 2)[..., None]
        hit = index < len(z)
        self.image = np.where(hit[..., None], self.haze(seen, depth, self.air), self.image)
        self.depth = np.where(hit, depth, np.inf).astype(np.float32)
        self.water = hit & (raw[far - 1, cols] * (1 - t) + raw[far, cols] * t < 0)

    def _cover(self, x: Arr, z: Arr, h: Arr, up: Arr) -> Arr:
        """Albedo of the ground: grass, crops, woods, rock, snow, sand and the path."""
        o = self.offset
        patch = noise(x * 14 + o[6], z * 14 + o[1], 1.3)
        colour = linear(self.kind.grass) * (1 + 0.22 * patch)[..., None]

        def lay(where: Arr, paint: str) -> None:
            nonlocal colour
            colour += (linear(paint) - colour) * np.clip(where, 0, 1)[..., None]

        if self.name in ("field", "village"):
            a, b = x * 0.8 + z * 0.35, z * 0.45 - x * 0.2
            crop = np.sin(np.floor(a * 0.55) * 12.9 + np.floor(b * 0.8) * 78.2 + o[0])
            rows = 0.5 + 0.5 * np.sin(a * 14) * np.exp(-z / 14)
            lay((crop > 0.3) * (0.45 + 0.5 * rows) * smooth(z, 2, 3), "#cfae5c")
            lay((crop < -0.5) * (0.45 + 0.5 * rows) * smooth(z, 2, 3), "#52703e")
        wood = smooth(patch + noise(x * 4 + o[3], z * 4 + o[2], 2.2), 0.1, 0.5)
        lay(wood * smooth(z, 10, 14) * 0.8, "#35492f")
        lay(smooth(0.86 - up + 0.03 * patch, 0, 0.16), "#7a7068")
        if self.kind.peaks > 6:
            lay(smooth(h + 0.5 * patch - 3 * up, 5, 5.8), "#eef1f6")
        lay(smooth(0.02 * patch - h, -0.14, -0.04), "#b7a582")
        if self.name in ("forest", "village", "field", "meadow"):
            off = np.abs(x - self.bend(z)) + 0.02 * patch
            lay(smooth(-off, -0.36, -0.22) * (z < 22), "#ad9676")
        return colour
