"""The options that every method's transfer and generate share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from stylecli.bases.device import Precision
from stylecli.options import Sweep
from stylecli.sampling.schedulers import SchedulerName

PANEL = "Sampling"


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How a denoiser is run: text-to-image."""

    steps: Annotated[
        int,
        typer.Option(
            min=1, max=1000, help="Steps of the whole noise schedule.", rich_help_panel=PANEL
        ),
    ] = 50
    scheduler: Annotated[
        SchedulerName,
        typer.Option(help="Sampler; 'base' is the base's own.", rich_help_panel=PANEL),
    ] = "dpm++"
    guidance: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=50.0,
            help="Guidance scale; 1 switches guidance off and halves the time.",
            rich_help_panel=PANEL,
        ),
    ] = 7.5
    style_guidance: Annotated[
        bool,
        typer.Option(
            help="Guide away from the base without the style on a neutral prompt, instead of from the styled "
            "model on the negative prompt: the style shows more.",
            rich_help_panel=PANEL,
        ),
    ] = False
    negative_prompt: Annotated[
        str,
        typer.Option(
            help="What to guide away from (with ordinary guidance).", rich_help_panel=PANEL
        ),
    ] = ""
    neutral_prompt: Annotated[
        str | None,
        typer.Option(
            help="What style guidance tells the base without the style; default: the base's own.",
            rich_help_panel=PANEL,
        ),
    ] = None
    size: Annotated[
        int | None,
        typer.Option(
            min=64,
            max=4096,
            help="Short side of the result in pixels; default: the base's.",
            rich_help_panel=PANEL,
        ),
    ] = None
    batch_size: Annotated[
        int, typer.Option(min=1, max=256, help="Pictures computed at once.", rich_help_panel=PANEL)
    ] = 4
    precision: Annotated[
        Precision, typer.Option(help="What the denoiser computes in.", rich_help_panel=PANEL)
    ] = "auto"


@dataclass(frozen=True, kw_only=True)
class RepaintOptions(SamplingOptions):
    """How a photo is repainted: SDEdit (Meng et al. 2021)."""

    strength: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="How far up the noise schedule the photo goes: small keeps the photo, 1 forgets it. "
            "Several at once: 0.3,0.5,0.7.",
            rich_help_panel=PANEL,
        ),
        Sweep,
    ] = 0.5


@dataclass(frozen=True, kw_only=True)
class SdeditOptions(RepaintOptions):
    """The same, and the photo may be a picture prompt beside the words (IP-Adapter, Ye et al. 2023)."""

    image_cond_scale: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=2.0,
            help="How strongly the photo itself is a picture prompt beside the words (IP-Adapter); 0: not at all.",
            rich_help_panel=PANEL,
        ),
    ] = 0.0
