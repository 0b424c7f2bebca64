"""Any picture file as an upright sRGB picture."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import StylecliError, UsageError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 175_000_000
"""Larger pictures are refused before they are decoded; Pillow itself stops a little above."""

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}

_SIDEWAYS = ("TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90")

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
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except FileNotFoundError as problem:
        raise UsageError(f"{folder}: no such folder.") from problem
    except NotADirectoryError as problem:
        raise UsageError(f"{folder}: not a folder.") from problem
    except OSError as problem:
        raise UsageError(f"{folder}: cannot be read ({problem.strerror}).") from problem
    pictures = [
        entry for entry in entries if entry.suffix.lower() in EXTENSIONS and entry.is_file()
    ]
    if not pictures:
        found = f"it holds {len(entries)} other files or folders" if entries else "it is empty"
        raise UsageError(f"{folder}: no pictures in this folder; {found}.")
    return pictures


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels of the upright picture, read from the header alone.

    Raises:
        PictureError: Not a picture, empty, or more than `MAX_PIXELS`.
    """
    with _opened(path) as image:
        width, height = image.size
        return (height, width) if _turn(image) in _SIDEWAYS else (width, height)


def picture_format(path: Path) -> str:
    """What kind of file a picture is, in Pillow's words: "JPEG"; read from the header alone.

    Raises:
        PictureError: As `picture_size`.
    """
    with _opened(path) as image:
        return image.format or ""


def read_picture(path: Path) -> Image.Image:
    """Read a picture as RGB: upright, in sRGB, first frame, transparency over white, 8 bits.

    Raises:
        PictureError: Not a picture, empty, truncated, or more than `MAX_PIXELS`.
    """
    with _opened(path) as image:
        try:
            with warnings.catch_warnings():
                # Pillow warns of damaged EXIF and the like; the picture is shown all the same.
                warnings.simplefilter("ignore")
                image.load()
                picture = _rgb(_upright(image), image.info.get("icc_profile"))
        except Exception as problem:
            # Decoders raise anything on damaged files, struct.error and RuntimeError included.
            raise PictureError(f"{path}: damaged or truncated picture ({problem}).") from problem
    # What the file said about its own colours and camera no longer holds and is not passed on.
    picture.info = {}
    return picture


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    from PIL import Image, UnidentifiedImageError

    try:
        if path.stat().st_size == 0:
            raise PictureError(f"{path}: the file is empty.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(path)
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise UsageError(f"{path}: no such file.") from problem
    except PictureError:
        raise
    except Image.DecompressionBombError as problem:
        raise PictureError(_too_large(path)) from problem
    except UnidentifiedImageError as problem:
        raise PictureError(f"{path}: not a picture that can be read.") from problem
    except OSError as problem:
        raise PictureError(f"{path}: cannot be read ({problem.strerror or problem}).") from problem
    except Exception as problem:
        # As in `read_picture`.
        raise PictureError(f"{path}: cannot be read ({problem}).") from problem
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise PictureError(_too_large(path))
        yield image


def _too_large(path: Path) -> str:
    return f"{path}: larger than {MAX_PIXELS // 1_000_000} megapixels; scale it down first."


def _upright(image: Image.Image) -> Image.Image:
    from PIL import Image

    turn = _turn(image)
    return image if turn is None else image.transpose(Image.Transpose[turn])


def _turn(image: Image.Image) -> str | None:
    """How the picture is turned upright, by the name that Pillow gives it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # A picture with damaged EXIF is shown as it is stored, as viewers do.
        return None


def _rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bits(image)
    alpha = None
    if image.has_transparency_data:
        # A profile describes colours alone, so they are taken apart from the alpha.
        whole = image.convert("RGBA")
        alpha = whole.getchannel("A")
        image = whole.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
    elif image.mode == "P":
        image = image.convert("RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _to_srgb(image, profile)
    image = image.convert("RGB")
    if alpha is None:
        return image
    return Image.composite(image, Image.new("RGB", image.size, "white"), alpha)


def _eight_bits(image: Image.Image) -> Image.Image:
    import numpy as np
    from PIL import Image

    values = np.asarray(image, dtype=np.float64)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    if image.mode == "F":
        scale = 255.0 if values.max(initial=0.0) <= 1.0 else 1.0
    else:
        scale = 255.0 / 65535.0 if image.mode != "I" or values.max(initial=0.0) > 255 else 1.0
    return Image.fromarray(np.clip(values * scale, 0, 255).round().astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms

    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A broken or mismatched profile is common in the wild; the plain values are what viewers show.
        return image
    return image if converted is None else converted
