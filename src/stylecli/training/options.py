"""The options that every method's training shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import typer

from stylecli.bases.device import Precision
from stylecli.loras.kohya import TensorPrecision
from stylecli.training.picture_options import PICTURES, PictureOptions

LOOP = "Training loop"
LOSS = "Training loss"

LearningRateSchedule = Literal["constant", "linear", "cosine", "step"]
OptimizerName = Literal["adamw", "adamw-8bit"]


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(PictureOptions):
    """Pictures, loop and loss of a fine-tuning run; with captions see `CaptionedTraining`."""

    exclusive: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("steps", "epochs"),
        ("preview_every", "preview_epochs"),
    )
    free_on_resume: ClassVar[tuple[str, ...]] = (
        *("preview_every", "preview_epochs", "checkpoint_every", "save_every", "save_limit"),
    )
    """Options that may differ when a run goes on: they do not touch what is learnt."""

    steps: Annotated[
        int | None,
        typer.Option(min=1, max=10_000_000, help="Optimiser steps.", rich_help_panel=LOOP),
    ] = 1000
    epochs: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=100_000,
            help="Passes over the pictures, instead of steps.",
            rich_help_panel=LOOP,
        ),
    ] = None
    batch_size: Annotated[
        int, typer.Option(min=1, max=4096, help="Pictures a forward pass.", rich_help_panel=LOOP)
    ] = 1
    accumulation: Annotated[
        int,
        typer.Option(
            min=1, max=4096, help="Forward passes an optimiser step.", rich_help_panel=LOOP
        ),
    ] = 1
    optimizer: Annotated[
        OptimizerName,
        typer.Option(
            help="AdamW, or one that remembers gradients in 8 bits: less memory. It needs bitsandbytes.",
            rich_help_panel=LOOP,
        ),
    ] = "adamw"
    learning_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Peak learning rate of AdamW.", rich_help_panel=LOOP)
    ] = 1e-4
    lr_schedule: Annotated[
        LearningRateSchedule,
        typer.Option(help="Learning rate after the warm-up.", rich_help_panel=LOOP),
    ] = "constant"
    lr_drop_at: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Share of the steps (behind the warm-up) after which schedule 'step' lowers the learning rate.",
            rich_help_panel=LOOP,
        ),
    ] = 0.2
    lr_drop_factor: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="What schedule 'step' multiplies it by then.", rich_help_panel=LOOP
        ),
    ] = 0.1
    warmup: Annotated[
        int,
        typer.Option(
            min=0,
            max=1_000_000,
            help="Steps of linear warm-up, with any schedule.",
            rich_help_panel=LOOP,
        ),
    ] = 0
    weight_decay: Annotated[
        float, typer.Option(min=0, max=1, help="AdamW's weight decay.", rich_help_panel=LOOP)
    ] = 0.01
    adam_beta2: Annotated[
        float,
        typer.Option(
            min=0,
            max=0.99999,
            help="AdamW's second beta: how long it remembers the gradients' size.",
            rich_help_panel=LOOP,
        ),
    ] = 0.99
    clip_norm: Annotated[
        float,
        typer.Option(
            min=0, max=1000, help="Largest gradient norm; 0 for no limit.", rich_help_panel=LOOP
        ),
    ] = 1.0
    ema_decay: Annotated[
        float,
        typer.Option(
            min=0,
            max=0.99999,
            help="Keep a moving average of what is learnt, and make the style of it: the share that stays at "
            "every step, less at the beginning; 0: none.",
            rich_help_panel=LOOP,
        ),
    ] = 0.0
    precision: Annotated[
        Precision,
        typer.Option(
            help="What the denoiser computes in; trained weights stay fp32.", rich_help_panel=LOOP
        ),
    ] = "auto"
    save_precision: Annotated[
        TensorPrecision,
        typer.Option(help="Number type of the style file.", rich_help_panel=LOOP),
    ] = "fp16"
    gradient_checkpointing: Annotated[
        bool, typer.Option(help="Less memory for more time.", rich_help_panel=LOOP)
    ] = False
    tf32: Annotated[
        bool,
        typer.Option(
            help="On NVIDIA GPUs, what stays fp32 is multiplied in TF32: faster, a little less exact.",
            rich_help_panel=LOOP,
        ),
    ] = False
    checkpoint_every: Annotated[
        int,
        typer.Option(
            min=0,
            max=1_000_000,
            help="Steps between checkpoints; 0: only when stopped.",
            rich_help_panel=LOOP,
        ),
    ] = 250
    save_every: Annotated[
        int,
        typer.Option(
            min=0,
            max=1_000_000,
            help="Steps between copies of the style, to be rated by `stylecli eval --checkpoints`; 0: none.",
            rich_help_panel=LOOP,
        ),
    ] = 0
    save_limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000,
            help="How many of those copies are kept, the newest (to be rated it takes two). Default: all.",
            rich_help_panel=LOOP,
        ),
    ] = None
    preview_every: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1_000_000,
            help="Steps between preview pictures; the last step and every copy have some, too. 0: none.",
            rich_help_panel=LOOP,
        ),
    ] = 250
    preview_epochs: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=100_000,
            help="Passes over the pictures between previews, instead of steps.",
            rich_help_panel=LOOP,
        ),
    ] = None
    min_snr: Annotated[
        float,
        typer.Option(
            min=0,
            max=1000,
            help="Min-SNR gamma (Hang et al. 2023); 0: plain loss.",
            rich_help_panel=LOSS,
        ),
    ] = 0.0
    noise_offset: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Brightness shift mixed into the noise; 0: none.",
            rich_help_panel=LOSS,
        ),
    ] = 0.0
    min_timestep: Annotated[
        int,
        typer.Option(
            min=0, max=999, help="Least noisy timestep that is trained.", rich_help_panel=LOSS
        ),
    ] = 0
    max_timestep: Annotated[
        int,
        typer.Option(
            min=0, max=999, help="Noisiest timestep that is trained.", rich_help_panel=LOSS
        ),
    ] = 999

    @property
    def previews(self) -> bool:
        """Whether there are preview pictures at all."""
        return bool(self.preview_every or self.preview_epochs)


@dataclass(frozen=True, kw_only=True)
class CaptionedTraining(TrainingOptions):
    """A fine-tuning run that learns what the pictures' captions stand for."""

    caption_dropout: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Share of examples with no caption at all.", rich_help_panel=PICTURES
        ),
    ] = 0.1
    prefix_only: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Share of examples captioned with the prefix alone, as transfer is without a prompt.",
            rich_help_panel=PICTURES,
        ),
    ] = 0.0
