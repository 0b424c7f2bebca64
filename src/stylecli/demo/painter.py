"""The demo's own painter: bold curved strokes in eight pigments over a coral ground.

Strokes are laid in layers from broad to fine, each along the picture's contours and each finer
layer only where there is detail, after Hertzmann, "Painterly rendering with curved brush
strokes of multiple sizes", SIGGRAPH 1998. Where the picture is flat the strokes follow eddies
instead. A tone chooses the pigment, from violet darks through blue, rose and orange to a pale
lemon light; every stroke carries streaks of a second pigment, leaves bristle marks that let
the ground show, and is lit as relief in the way of Hertzmann, "Fast paint texture", NPAR 2002.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from stylecli.demo.land import Arr, noise, smooth

#: The pigments, 8-bit sRGB: a cool and a warm ramp of four, each from dark to light.
PIGMENTS: NDArray[np.uint8] = np.array(
    [
        (28, 20, 92),
        (26, 64, 178),
        (34, 150, 190),
        (176, 232, 214),
        (92, 18, 104),
        (214, 40, 96),
        (250, 118, 32),
        (255, 214, 84),
    ],
    dtype=np.uint8,
)
#: The ground under the paint, 8-bit sRGB.
GROUND = (238, 92, 66)

# Radius of the brush and length of the stroke (both for a short side of 224 pixels), the
# spacing of strokes in radii, and the detail (0 to 1) below which a layer is not needed.
_LAYERS = (
    (8.0, 60.0, 0.60, 0.0),
    (5.0, 40.0, 0.70, 0.014),
    (3.0, 24.0, 0.80, 0.028),
    (1.8, 14.0, 0.90, 0.055),
)


def _blur(plane: Arr, radius: float) -> Arr:
    """Blur of about the deviation ``radius``, by shrinking and enlarging with a tent filter."""
    full = Image.fromarray(np.asarray(plane, dtype=np.float32))
    # A tent over s pixels deviates by s / sqrt(6), and two of them are passed.
    shrink = max(radius * 3**0.5, 1.0)
    small = max(round(full.width / shrink), 1), max(round(full.height / shrink), 1)
    tent = Image.Resampling.BILINEAR
    return np.asarray(full.resize(small, tent).resize(full.size, tent), dtype=np.float32)


def _flow(tone: Arr, offset: Arr, scale: float) -> tuple[Arr, Arr]:
    """Unit direction (x, y) along the contours of ``tone``, along eddies where it is flat."""
    gy, gx = (np.asarray(g) for g in np.gradient(_blur(tone, 2.0 * scale)))
    radius = 3.5 * scale
    # Twice the angle, so that opposite gradients agree when averaged (a structure tensor).
    even, odd = _blur(gx * gx - gy * gy, radius), _blur(2 * gx * gy, radius)
    v, u = np.mgrid[0 : tone.shape[0], 0 : tone.shape[1]].astype(np.float32) / np.float32(scale)
    eddy = noise(u * 0.35 + offset[0], v * 0.35 + offset[1], 3.0)
    ey, ex = np.gradient(eddy)
    norm = np.maximum(ex * ex + ey * ey, 1e-12)
    weight = 2.5e-5 / (scale * scale * norm)
    even, odd = even + weight * (ex * ex - ey * ey), odd + weight * 2 * ex * ey
    angle = 0.5 * np.arctan2(odd, even) + np.pi / 2
    return np.cos(angle), np.sin(angle)


def _pigments(tone: Arr, warmth: Arr, jitter: Arr) -> NDArray[np.int_]:
    """Index of the pigment for each stroke: its tone gives the step, its warmth the ramp."""
    step = np.clip((tone + 0.07 * jitter[:, 0]) * 4.0, 0, 3.999).astype(int)
    return np.asarray(step + 4 * (warmth + 0.06 * jitter[:, 1] + 0.25 * (tone - 0.5) > 0.0))


def paint(image: Image.Image, seed: int, coverage: float = 1.0) -> Image.Image:
    """Paint over ``image``; the result is RGB of the same size (2 pixels a side or more).

    ``seed`` (0 or more) moves the strokes. ``coverage`` from 0 to 1 is the share of the strokes
    that are laid: 0 leaves the photograph as it is, 1 leaves nothing of it.
    """
    if not 0 <= coverage <= 1:
        raise ValueError(f"coverage is a number from 0 to 1, not {coverage}")
    photo = image.convert("RGB")
    if coverage == 0:
        return photo
    rng = np.random.default_rng([seed, 1998])
    scale = min(photo.size) / 224
    size = (photo.width * 2, photo.height * 2)
    source = np.asarray(photo, dtype=np.float32) / 255
    tone = source @ np.array([0.30, 0.55, 0.15], dtype=np.float32)
    # A photograph uses part of the range; the palette is spread over all of it.
    low, high = np.percentile(_blur(tone, 2 * scale), (3, 97)).tolist()
    tone = np.clip((tone - low) / max(float(high - low), 0.25), 0, 1).astype(np.float32)
    warmth = source[..., 0] - source[..., 2]
    warmth = warmth - 0.6 * np.median(warmth)
    along = _flow(tone, rng.uniform(0, 512, 2).astype(np.float32), scale)

    u = np.arange(size[0], dtype=np.float32)[None, :] / (2 * scale)
    v = np.arange(size[1], dtype=np.float32)[:, None] / (2 * scale)
    weave = np.sin(2.8 * u) * np.sin(2.8 * v)
    patch = noise(u * 3, v * 3, 1.2)
    primed = np.array(GROUND, dtype=np.float32) / 255 * (1 + 0.06 * patch + 0.03 * weave)[..., None]
    colour = np.asarray(photo.resize(size, Image.Resampling.BICUBIC), dtype=np.float32) / 255
    bare = smooth(np.clip(patch, -3, 3) * 0.2 + 1.6 * coverage - 0.8, -0.1, 0.1)
    colour = colour + (primed - colour) * bare[..., None]
    relief = 0.15 * weave * bare
    for layer in _LAYERS:
        _lay(rng, layer, (tone, warmth), along, colour, relief, scale, coverage)
    slope = np.gradient(relief)
    light = -0.5 * (slope[0] + slope[1])
    shine = np.clip(light - 0.12, 0, 1) * 0.5
    lit = colour * (1 + np.clip(light, -0.4, 0.4))[..., None] + shine[..., None]
    out = Image.fromarray((np.clip(lit, 0, 1) * 255).astype(np.uint8))
    return out.reduce(2)


def _lay(
    rng: np.random.Generator,
    layer: tuple[float, float, float, float],
    planes: tuple[Arr, Arr],
    along: tuple[Arr, Arr],
    colour: Arr,
    relief: Arr,
    scale: float,
    coverage: float,
) -> None:
    """Lay one layer of strokes on ``colour`` and ``relief`` (twice the size), in place."""
    radius, length, spacing, needed = layer[0] * scale, layer[1] * scale, layer[2], layer[3]
    tone, warmth = (_blur(plane, radius * 0.55) for plane in planes)
    high, wide = tone.shape
    pitch = max(radius * 2 * spacing, 1.0)
    gy, gx = np.mgrid[0:high:pitch, 0:wide:pitch].astype(np.float32)
    starts = np.stack([gx.ravel(), gy.ravel()], 1)
    starts += rng.uniform(-0.5, 1.0, starts.shape).astype(np.float32) * np.float32(pitch)
    starts = np.clip(starts, 0, np.array([wide - 1, high - 1], dtype=np.float32))
    order = rng.permutation(len(starts))
    drawn = rng.random(len(starts)) < coverage
    jitter = rng.normal(0, 1, (len(starts), 4)).astype(np.float32)
    col, row = starts.astype(int).T
    detail = np.abs(planes[0] - _blur(planes[0], radius * 2.2))
    keep = drawn & (_blur(detail, radius)[row, col] >= needed)
    chosen = order[keep[order]]
    if not len(chosen):
        return
    x, y = starts[chosen].T
    jitter, col, row = jitter[chosen], col[chosen], row[chosen]
    tx, ty = along[0][row, col], along[1][row, col]
    # How far the flow turns over half a stroke bends it into a parabola of the same curvature.
    reach = length * np.exp(0.18 * jitter[:, 2]) / 2
    ahead_x = np.clip(x + tx * reach * 0.7, 0, wide - 1).astype(int)
    ahead_y = np.clip(y + ty * reach * 0.7, 0, high - 1).astype(int)
    ax, ay = along[0][ahead_y, ahead_x], along[1][ahead_y, ahead_x]
    sign = np.where(ax * tx + ay * ty < 0, np.float32(-1), np.float32(1))
    bend = np.clip((tx * ay - ty * ax) * sign / (reach * 0.7), -0.9 / reach, 0.9 / reach)
    # A stroke ends where the tone under its tip is no longer its own.
    strayed = np.abs(tone[ahead_y, ahead_x] - tone[row, col])
    reach = reach * (1 - 0.6 * smooth(strayed, 0.06, 0.25))
    main = _pigments(tone[row, col], warmth[row, col], jitter)
    # The second pigment is the next lighter one, or the same step of the other ramp.
    lighter = main + (main % 4 < 3)
    second = np.where(jitter[:, 3] > 0.6, (main + 4) % 8, lighter)
    strokes = np.stack([x, y, tx, ty, bend / 2, reach, jitter[:, 2], np.sign(jitter[:, 3])])
    _press(strokes.astype(np.float32), (main, second), radius, colour, relief)


def _press(
    strokes: Arr, pigments: tuple[NDArray[np.int_], ...], radius: float, colour: Arr, relief: Arr
) -> None:
    """Press strokes (columns of ``strokes``: place, direction, bend, reach, tint, edge)."""
    x, y, tx, ty, half_bend, reach, _, _ = strokes[..., None]
    s = np.linspace(-1, 1, 9, dtype=np.float32)
    girth = radius * np.sqrt(np.clip(1.02 - s**4, 0, 1))
    runs = np.concatenate([s, s[::-1]]) * reach
    sides = np.concatenate([girth, -girth[::-1]])
    across = half_bend * runs * runs + sides
    outlines = np.stack([x + tx * runs - ty * across, y + ty * runs + tx * across], axis=2) * 2
    index_map = Image.new("I", (relief.shape[1], relief.shape[0]), 0)
    pen = ImageDraw.Draw(index_map)
    for number, outline in enumerate(outlines.reshape(len(x), -1).tolist(), 1):
        pen.polygon(outline, fill=number)

    index = np.asarray(index_map).ravel()
    wet = np.flatnonzero(index)
    k = index[wet] - 1
    row, col = np.divmod(wet.astype(np.int32), np.int32(relief.shape[1]))
    x, y, tx, ty, half_bend, reach, tint, edge = np.take(strokes, k, axis=1)
    dx, dy = col.astype(np.float32) / 2 - x, row.astype(np.float32) / 2 - y
    run = tx * dx + ty * dy
    side = (tx * dy - ty * dx - half_bend * run * run) / radius
    run = run / reach
    # One line of noise per bristle, stretched along the stroke and new for every stroke.
    bristle = noise(side * 7 + tint * 90, run * 1.2 + tint * 210, 0.7)
    crown = np.clip(1 - side * side, 0, 1)
    dry = smooth(bristle * 0.45 + 0.75 - 0.9 * np.clip(run, 0, 1) + 0.55 * crown, 0, 0.35)
    streak = 0.75 * smooth(bristle + 0.5 * side * edge, 0.7, 1.0)
    paints = PIGMENTS.astype(np.float32) / 255
    ink = paints[pigments[0]][k]
    ink += (paints[pigments[1]][k] - ink) * streak[:, None]
    ink *= (1 + 0.05 * bristle + 0.05 * tint)[:, None]
    # Views, so that what is written here lands in the caller's arrays.
    flat_colour, flat_relief = colour.reshape(-1, 3), relief.reshape(-1)
    under, before = flat_colour[wet], flat_relief[wet]
    flat_colour[wet] = under + (ink - under) * dry[:, None]
    flat_relief[wet] = before + (0.55 + 0.35 * bristle + 0.9 * crown - before) * dry
