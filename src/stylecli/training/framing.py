"""What size a training picture is scaled to, and what is cut out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylecli.images.sizing import MAX_AREA_FACTOR
from stylecli.training.buckets import bucket_for
from stylecli.training.options import TrainingOptions

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
    def scale(self) -> float:
        """What the picture is scaled by: below 1 down, above 1 up."""
        if self.limit is None:
            across, down = (cut / side for cut, side in zip(self.cut, self.size, strict=True))
            return max(across, down)
        short = min(self.size)
        return max(self.cut[0], min(short, self.limit)) / short


def frame_for(size: tuple[int, int], options: TrainingOptions, multiple: int, cell: int) -> Frame:
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


def cover_picture(image: Image.Image, size: tuple[int, int], multiple: int) -> Image.Image:
    """Scale a picture so that it just covers a size; its sides are then cut to full multiples.

    Of a picture that is much longer than the size only the middle is kept.
    """
    from PIL import Image, ImageOps

    scale = max(wanted / side for wanted, side in zip(size, image.size, strict=True))
    width, height = (
        max(wanted, min(2 * wanted, round(side * scale)) // multiple * multiple)
        for wanted, side in zip(size, image.size, strict=True)
    )
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
