"""The options of lora-sdedit's training, and published sets of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

import stylecli


@dataclass(frozen=True, kw_only=True)
class LoraOptions(stylecli.CaptionedTraining):
    """A LoRA on the denoiser."""

    rank: Annotated[int, typer.Option(min=1, max=1024, help="Directions of change a module.")] = 16
    alpha: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=4096, help="The change is scaled by alpha / rank. Default: the rank."
        ),
    ] = None
    dropout: Annotated[
        float, typer.Option(min=0, max=0.99, help="Share of a module's inputs dropped.")
    ] = 0.0
    target_modules: Annotated[
        str,
        typer.Option(
            help="Ends of the names of the denoiser's modules that are adapted, with commas between."
        ),
    ] = "to_q,to_k,to_v,to_out.0"


PRESETS = {
    "monet-a": stylecli.Preset(
        summary="the published Monet run on SD 1.5: r 8, alpha 16, 256 px, 1e-5, batch 2, one epoch",
        train={
            "rank": 8,
            "alpha": 16.0,
            "target_modules": "to_q,to_k,to_v,to_out.0",
            "resolution": 256,
            "crop_size": 256,
            "crop": "random",
            "flip": False,
            "caption_dropout": 0.0,
            "batch_size": 2,
            "epochs": 1.0,
            "learning_rate": 1e-5,
            "lr_schedule": "constant",
        },
        prefix="A Monet painting,",
    )
}
