"""What size a training picture is scaled to, and what is cut out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.images.sizing import MAX_AREA_FACTOR
from stylecli.training.buckets import bucket_for
from stylecli.training.picture_options import PictureOptions

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Frame:
    """How one picture is fitted.

    Attributes:
        size: Its width and height, in pixels.
        cut: Width and height of what a step sees.
        limit: The short side that larger pictures are scaled down to; None where the picture is
            scaled to just cover `cut`, as whole pictures in buckets are.
        multiple: What the sides of the fitted picture are multiples of.
    """

    size: tuple[int, int]
    cut: tuple[int, int]
    limit: int | None
    multiple: int

    @property
    def key(self) -> tuple[object, ...]:
        """What the fitted picture depends on, beside the picture."""
        return (self.cut, self.limit, self.multiple)

    def fit(self, image: Image.Image) -> Image.Image:
        """Scale the picture and cut its sides to full multiples."""
        if self.limit is None:
            return cover_picture(image, self.cut, self.multiple)
        return fit_picture(image, self.limit, self.cut[0], self.multiple)

    @property
    def corner(self) -> tuple[int, int]:
        """Left and top of the fitted picture, in the whole one as it would be scaled; in pixels."""
        if self.limit is not None:
            return _plan(self.size, self.limit, self.cut[0], self.multiple).corner
        wanted = _covering(self.size, self.cut, self.multiple)
        # Pillow's fit scales what is in the middle and has the wanted shape.
        scale = max(each / side for each, side in zip(wanted, self.size, strict=True))
        left, top = (
            max(0, round((side * scale - each) / 2))
            for each, side in zip(wanted, self.size, strict=True)
        )
        return left, top

    @property
    def scale(self) -> float:
        """What the picture is scaled by: below 1 down, above 1 up."""
        if self.limit is None:
            across, down = (cut / side for cut, side in zip(self.cut, self.size, strict=True))
            return max(across, down)
        short = min(self.size)
        return max(self.cut[0], min(short, self.limit)) / short


def frame_for(size: tuple[int, int], options: PictureOptions, multiple: int, cell: int) -> Frame:
    """How a picture of this size is fitted.

    Args:
        size: Width and height.
        options: Resolution, crop size, buckets.
        multiple: What the denoiser's pictures have sides of multiples of, in pixels.
        cell: Pixels a latent cell.
    """
    if options.buckets:
        return Frame(size, bucket_for(size, options.resolution, multiple), None, cell)
    side = options.crop_size or options.resolution
    side = max(multiple, side // multiple * multiple)
    return Frame(size, (side, side), options.resolution, multiple)


def counted(frames: Sequence[Frame], left_out: int) -> str:
    """One sentence on what becomes of how many pictures."""
    down = sum(frame.scale < 1 for frame in frames)
    up = sum(frame.scale > 1 for frame in frames)
    parts = [(down, "scaled down"), (len(frames) - down - up, "in their size"), (up, "scaled up")]
    told = ", ".join(f"{count} {what}" for count, what in parts if count)
    text = f"Pictures: {len(frames)} are trained on ({told})"
    text += f", {left_out} left out." if left_out else "."
    shapes = Counter(frame.cut for frame in frames)
    if frames[0].limit is not None:
        width, height = frames[0].cut
        return f"{text} A step sees {width} x {height} pixels of each."
    listed = ", ".join(
        f"{width} x {height} ({count})"
        for (width, height), count in sorted(shapes.items(), key=lambda pair: -pair[1])
    )
    return f"{text} Buckets: {listed}."


def fit_picture(image: Image.Image, resolution: int, crop_side: int, multiple: int) -> Image.Image:
    """Scale a training picture: down to `resolution` where it is larger, up to the crop where smaller.

    In between it keeps its size, because scaling up blurs the brush strokes that are to be learnt.
    Its sides are then cut to full multiples; of a very long picture only the middle is kept.
    """
    from PIL import Image

    plan = _plan(image.size, resolution, crop_side, multiple)
    scaled = image.crop(plan.kept).resize(plan.scaled, Image.Resampling.LANCZOS)
    left, top = plan.cut_off
    return scaled.crop((left, top, left + plan.size[0], top + plan.size[1]))


@dataclass(frozen=True)
class _Plan:
    """How a picture is scaled and cut.

    Attributes:
        kept: Left, top, right and bottom of what is kept of it, before it is scaled.
        scaled: Width and height of that after it.
        size: What is cut out of the middle of that.
    """

    kept: tuple[int, int, int, int]
    scaled: tuple[int, int]
    size: tuple[int, int]

    @property
    def cut_off(self) -> tuple[int, int]:
        """What the last cut takes off at the left and at the top."""
        return (self.scaled[0] - self.size[0]) // 2, (self.scaled[1] - self.size[1]) // 2

    @property
    def corner(self) -> tuple[int, int]:
        """Left and top of what is left, in the whole picture as it would be scaled."""
        left, top, right, bottom = self.kept
        return (
            round(left * self.scaled[0] / (right - left)) + self.cut_off[0],
            round(top * self.scaled[1] / (bottom - top)) + self.cut_off[1],
        )


def _plan(size: tuple[int, int], resolution: int, crop_side: int, multiple: int) -> _Plan:
    width, height = size
    limit = min(size) * MAX_AREA_FACTOR
    left = top = 0
    if max(size) > limit:
        # A line of a few pixels would otherwise be scaled up to more than memory holds.
        left, top = (max(0, side - limit) // 2 for side in size)
    kept = (left, top, width - left, height - top)
    sides = (kept[2] - kept[0], kept[3] - kept[1])
    short = min(size)
    scale = max(crop_side, min(short, resolution)) / short
    across, down = (max(crop_side, round(side * scale) // multiple * multiple) for side in sides)
    return _Plan(kept, (round(sides[0] * scale), round(sides[1] * scale)), (across, down))


def cover_picture(image: Image.Image, size: tuple[int, int], multiple: int) -> Image.Image:
    """Scale a picture so that it just covers a size; its sides are then cut to full multiples.

    Of a picture that is much longer than the size only the middle is kept.
    """
    from PIL import Image, ImageOps

    return ImageOps.fit(image, _covering(image.size, size, multiple), Image.Resampling.LANCZOS)


def _covering(size: tuple[int, int], wanted: tuple[int, int], multiple: int) -> tuple[int, int]:
    scale = max(each / side for each, side in zip(wanted, size, strict=True))
    width, height = (
        max(each, min(2 * each, round(side * scale)) // multiple * multiple)
        for each, side in zip(wanted, size, strict=True)
    )
    return width, height
