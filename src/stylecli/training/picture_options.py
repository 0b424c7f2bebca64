"""The options of how training pictures are cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

PICTURES = "Training pictures"


@dataclass(frozen=True, kw_only=True)
class PictureOptions:
    """What pictures are made into that a method learns from, with or without the core's loop."""

    resolution: Annotated[
        int,
        typer.Option(
            min=32,
            max=4096,
            help="Larger pictures are scaled down to this short side, in pixels.",
            rich_help_panel=PICTURES,
        ),
    ] = 512
    crop_size: Annotated[
        int | None,
        typer.Option(
            min=32,
            max=4096,
            help="Side of the square that a step sees; smaller pictures are scaled up to it. Default: the resolution. "
            "Without --buckets.",
            rich_help_panel=PICTURES,
        ),
    ] = None
    crop: Annotated[
        Literal["random", "center"],
        typer.Option(help="Where the square is cut.", rich_help_panel=PICTURES),
    ] = "random"
    flip: Annotated[
        bool, typer.Option(help="Mirror half of the pictures.", rich_help_panel=PICTURES)
    ] = True
    buckets: Annotated[
        bool,
        typer.Option(
            help="Whole pictures in several shapes with about the area of a square of the resolution, "
            "instead of squares cut out; a batch is of one shape.",
            rich_help_panel=PICTURES,
        ),
    ] = False
