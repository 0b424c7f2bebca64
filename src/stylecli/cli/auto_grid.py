"""The sheet of ``--strength auto``: what every strength made of the photos, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.errors import UsageError
from stylecli.evaluation.sets import PictureFile, set_info
from stylecli.evaluation.trade_off import Found, Trial
from stylecli.images.reading import read_picture
from stylecli.images.writing import grid, read_record, save_png

if TYPE_CHECKING:
    from PIL.Image import Image

HEIGHT = 192
_DIGITS = 16
_FRAME = 5
_COLOUR = "#d1351b"


def asked_record(
    keep: float,
    photos: Sequence[PictureFile],
    reference: Sequence[PictureFile],
    made: Mapping[str, Any],
) -> dict[str, Any]:
    """What a sweep was asked: where this is the same, so is what it finds.

    Args:
        keep: The content retention that is asked for.
        photos: The photos that are tried.
        reference: Pictures in the style; ().
        made: How pictures are made; the strength in it says nothing.
    """
    options = {name: value for name, value in made["options"].items() if name != "strength"}
    asked = {
        "keep": keep,
        "photos": [[photo.path.name, photo.digest[:_DIGITS]] for photo in photos],
        "reference": set_info("", reference).fingerprint[:_DIGITS] if reference else None,
        "made": {**made, "options": options},
    }
    plain: dict[str, Any] = json.loads(json.dumps(asked))
    return plain


def chosen_before(sheet: Path, asked: Mapping[str, Any]) -> Trial:
    """What the sweep on a sheet that is there chose.

    Raises:
        UsageError: It was asked something else, or is no sheet at all.
    """
    record = read_record(sheet) or {}
    try:
        if record["auto"] == asked:
            return Trial(**record["chosen"])
        hint = f"Type --strength {record['chosen']['strength']:g}, which it chose, or measure anew with --overwrite."
    except (KeyError, TypeError, ValueError):
        hint = "Replace it with --overwrite, or choose another place with -o."
    raise UsageError(f"{sheet}: is already there, of other photos or settings.", hint)


def write_sweep(
    sheet: Path,
    asked: Mapping[str, Any],
    photos: Sequence[Path],
    found: Found,
    outputs: Mapping[Trial, Sequence[Path]],
) -> None:
    """Lay the sweep out: a row a photo, a column a trial, the chosen one framed.

    Args:
        sheet: The PNG.
        asked: From `asked_record`.
        photos: The photos.
        found: What was measured, and what was chosen.
        outputs: The pictures of every trial, in the order of the photos.

    Raises:
        StylecliError: It cannot be written.
    """
    rows = [
        [(read_picture(photo), photo.name)]
        + [
            (
                _column(outputs[trial][number], trial == found.chosen),
                _label(trial, trial.photos[number], trial == found.chosen),
            )
            for trial in found.trials
        ]
        for number, photo in enumerate(photos)
    ]
    record = {
        "auto": asked,
        "trials": [asdict(trial) for trial in found.trials],
        "chosen": asdict(found.chosen),
    }
    save_png(grid(rows, HEIGHT), sheet, record)


def _label(trial: Trial, kept: float, chosen: bool) -> str:
    scale = "" if trial.factor == 1 else f" x {trial.factor:g}"
    return f"{trial.strength:g}{scale}: CR {kept:.2f}{' (chosen)' if chosen else ''}"


def _column(path: Path, chosen: bool) -> Image:
    from PIL import Image, ImageDraw

    picture = read_picture(path)
    size = (max(1, round(picture.width * HEIGHT / picture.height)), HEIGHT)
    small = picture.resize(size, Image.Resampling.LANCZOS)
    if chosen:
        corner = (size[0] - 1, size[1] - 1)
        ImageDraw.Draw(small).rectangle((0, 0, *corner), outline=_COLOUR, width=_FRAME)
    return small
