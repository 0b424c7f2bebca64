"""PNG files that say how they were made, and grids of pictures side by side."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.files import write_whole

if TYPE_CHECKING:
    from PIL import Image

RECORD_KEY = "stylecli"


def save_png(image: Image.Image, path: Path, record: Mapping[str, Any]) -> None:
    """Write a PNG whole or not at all, with `record` as JSON in its ``stylecli`` text chunk.

    Raises:
        StylecliError: The folder is read-only or the disk is full.
    """
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    text = json.dumps(record, ensure_ascii=False, sort_keys=True)
    # A file name that is no UTF-8 reaches us with lone surrogates; escaped, JSON can hold them.
    info.add_itxt(RECORD_KEY, text.encode("utf-8", "backslashreplace").decode())
    write_whole(path, lambda temporary: image.save(temporary, format="PNG", pnginfo=info))


def read_record(path: Path) -> dict[str, Any] | None:
    """The record of a PNG made by `save_png`, or None where the file has none or is damaged."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
            record = json.loads(image.info[RECORD_KEY])
    except Exception:
        # Decoders raise anything on damaged files.
        return None
    return record if isinstance(record, dict) else None


def jpeg_thumbnail(image: Image.Image, side: int = 192) -> bytes:
    """A small JPEG of a picture, its longer side at most so many pixels."""
    small = image.convert("RGB")
    small.thumbnail((side, side))
    target = io.BytesIO()
    small.save(target, format="JPEG", quality=80)
    return target.getvalue()


def grid(rows: Sequence[Sequence[tuple[Image.Image, str]]], height: int = 256) -> Image.Image:
    """Lay labelled pictures out in rows, each scaled to one height.

    Args:
        rows: Rows of (picture, label); a label may be empty.
        height: Height of every picture in pixels.
    """
    from PIL import Image, ImageDraw, ImageFont

    gap, band = 8, 24
    font = ImageFont.load_default(size=14)
    scaled = [
        [
            (
                image.resize(
                    (max(1, round(image.width * height / image.height)), height),
                    Image.Resampling.LANCZOS,
                ),
                text,
            )
            for image, text in row
        ]
        for row in rows
    ]
    width = max(sum(image.width + gap for image, _ in row) for row in scaled) + gap
    sheet = Image.new("RGB", (width, gap + len(rows) * (height + band + gap)), "white")
    draw = ImageDraw.Draw(sheet)
    top = gap
    for row in scaled:
        left = gap
        for image, text in row:
            sheet.paste(image, (left, top))
            draw.text(
                (left, top + height + 3),
                _shortened(text, image.width, font),
                fill="black",
                font=font,
            )
            left += image.width + gap
        top += height + band + gap
    return sheet


def _shortened(text: str, width: int, font: Any) -> str:
    text = " ".join(text.split())
    while text and font.getlength(text) > width:
        text = text[:-2] + "…" if len(text) > 2 else ""
    return text
