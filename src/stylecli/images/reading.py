"""Any picture file as an upright sRGB picture."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from stylecli.errors import StylecliError, UsageError

MAX_PIXELS = 200_000_000
"""Larger pictures are refused before they are decoded."""

EXTENSIONS = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".webp",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
    }
    | {".avif", ".tga", ".jp2", ".ico", ".heic", ".heif"}
)
"""File names that are taken for pictures when a folder is listed."""


class PictureError(StylecliError):
    """A file that cannot be read as a picture."""


def list_pictures(folder: Path) -> list[Path]:
    """Name the picture files of a folder, sorted, hidden ones and sub-folders left out.

    Raises:
        UsageError: No such folder, or no picture in it.
    """
    if not folder.exists():
        raise UsageError(f"{folder}: no such folder.")
    if not folder.is_dir():
        raise UsageError(f"{folder}: not a folder.")
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    pictures = [
        entry for entry in entries if entry.suffix.lower() in EXTENSIONS and entry.is_file()
    ]
    if not pictures:
        found = f"it holds {len(entries)} other files or folders" if entries else "it is empty"
        raise UsageError(f"{folder}: no pictures in this folder; {found}.")
    return pictures


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels as stored, read from the header alone.

    Raises:
        PictureError: Not a picture, empty, or more than `MAX_PIXELS`.
    """
    with _opened(path) as image:
        return image.size


def read_picture(path: Path) -> Image.Image:
    """Read a picture as RGB: upright, in sRGB, first frame, transparency over white, 8 bits.

    Raises:
        PictureError: Not a picture, empty, truncated, or more than `MAX_PIXELS`.
    """
    with _opened(path) as image:
        try:
            image.load()
            profile = image.info.get("icc_profile")
            upright = ImageOps.exif_transpose(image)
            return _rgb(upright, profile)
        except (
            OSError,
            ValueError,
            SyntaxError,
            EOFError,
            Image.DecompressionBombError,
        ) as problem:
            raise PictureError(f"{path}: damaged or truncated picture ({problem}).") from problem


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    if not path.exists():
        raise UsageError(f"{path}: no such file.")
    try:
        if path.stat().st_size == 0:
            raise PictureError(f"{path}: the file is empty.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path)
    except Image.DecompressionBombError as problem:
        raise PictureError(_too_large(path)) from problem
    except UnidentifiedImageError as problem:
        raise PictureError(f"{path}: not a picture that can be read.") from problem
    except (OSError, ValueError, SyntaxError) as problem:
        raise PictureError(f"{path}: cannot be read ({problem}).") from problem
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise PictureError(_too_large(path))
        yield image


def _too_large(path: Path) -> str:
    return f"{path}: larger than {MAX_PIXELS // 1_000_000} megapixels; scale it down first."


def _rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bits(image)
    if profile and image.mode in ("RGB", "CMYK", "L", "RGBA"):
        image = _to_srgb(image, profile)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image, dtype=np.float64)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    if image.mode == "F":
        scale = 255.0 if values.max(initial=0.0) <= 1.0 else 1.0
    else:
        scale = 255.0 / 65535.0 if image.mode != "I" or values.max(initial=0.0) > 255 else 1.0
    return Image.fromarray(np.clip(values * scale, 0, 255).round().astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    source = image.convert("RGB") if alpha is not None else image
    try:
        converted = ImageCms.profileToProfile(
            source,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A broken or mismatched profile is common in the wild; the plain values are what viewers show.
        return image
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted
