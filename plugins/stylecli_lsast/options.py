"""The options of lsast, and the published run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

import stylecli

HeadName = Literal["attention", "single", "table"]


@dataclass(frozen=True, kw_only=True)
@stylecli.defaults(steps=3000, learning_rate=1e-5, save_precision="fp32")
class LsastTraining(stylecli.TrainingOptions):
    """What the prompts are, and how they are made."""

    stages: Annotated[
        int,
        typer.Option(
            min=1, max=1000, help="Parts of the noise schedule that have prompts of their own."
        ),
    ] = 10
    layers: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Prompts a stage: 3 for the down, middle and up blocks, 1 for all of them, or one "
            "for each block with cross-attention (7 on SD 1.5).",
        ),
    ] = 3
    head: Annotated[
        HeadName,
        typer.Option(
            help="What makes the prompts: attention over a matrix with a row for each, the released "
            "head on a single vector, or a table of free vectors."
        ),
    ] = "attention"
    init_word: Annotated[
        str,
        typer.Option(help="What every prompt says before training; one word that the base knows."),
    ] = "painting"
    release_compatible: Annotated[
        bool,
        typer.Option(
            help="As the released code: stage s uses prompts s, s+1 and s+2, and only the up blocks' learns."
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
@stylecli.defaults(scheduler="ddim", guidance=10.0, strength=0.7)
class LsastTransfer(stylecli.RepaintOptions):
    """How a photo is repainted: SDEdit along the photo's edges."""

    controlnet: Annotated[
        str,
        typer.Option(
            help="What keeps the photo's drawing: 'canny' (the base's ControlNet for edges), a folder "
            "or hub id of another canny ControlNet, or 'none'."
        ),
    ] = "canny"
    controlnet_scale: Annotated[
        float, typer.Option(min=0, max=2, help="How strongly edges are followed.")
    ] = 1.0
    canny_low: Annotated[
        int,
        typer.Option(min=0, max=2000, help="Gradient from which an edge goes on."),
    ] = 100
    canny_high: Annotated[
        int, typer.Option(min=0, max=2000, help="Gradient from which an edge begins.")
    ] = 200
    noise: Annotated[
        Literal["gaussian", "predicted"],
        typer.Option(
            help="What the photo is noised with; 'predicted': what the model takes for the noise in "
            "the photo noised at random (stochastic inversion), which keeps more of the photo."
        ),
    ] = "gaussian"


ABLATIONS = {
    "step-only": stylecli.Ablation(
        "prompts for stages, the same for all layers", {"layers": 1, "release_compatible": False}
    ),
    "layer-only": stylecli.Ablation("prompts for layers, the same at all stages", {"stages": 1}),
    "neither": stylecli.Ablation(
        "one prompt for all, as in textual inversion",
        {"stages": 1, "layers": 1, "release_compatible": False},
    ),
    "no-controlnet": stylecli.Ablation(
        "the photo's edges are not followed", transfer={"controlnet": "none"}
    ),
    "single-head": stylecli.Ablation("the released head instead of attention", {"head": "single"}),
}

PRESETS = {
    "report": stylecli.Preset(
        summary="the published run on SD 1.5: 512 px, batch 1, 100,000 steps, 5e-6 and a tenth of it after 20,000",
        train={
            "stages": 10,
            "layers": 3,
            "head": "attention",
            "resolution": 512,
            "crop_size": 512,
            "flip": True,
            "batch_size": 1,
            "steps": 100_000,
            "learning_rate": 5e-6,
            "lr_schedule": "step",
            "lr_drop_at": 0.2,
            "lr_drop_factor": 0.1,
            "precision": "fp32",
        },
    )
}
