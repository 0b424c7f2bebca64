"""The options of lora-sdedit's training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import typer

import stylecli

PARTS = {"unet": "unet", "text-encoder": "text_encoder", "vae": "vae"}
"""What can be trained, as the user writes it, and the part of the pipeline that it is."""

_VAE = "Autoencoder"


def _trains(part: str) -> Callable[[LoraOptions], bool]:
    return lambda options: part in trained_parts(options)


@dataclass(frozen=True, kw_only=True)
class LoraOptions(stylecli.LoraTraining):
    """LoRAs on the denoiser, the text encoder and the autoencoder."""

    train_modules: Annotated[
        str,
        typer.Option(
            metavar="unet,text-encoder,vae",
            help="What gets a LoRA, with commas between: the denoiser and the text encoder learn to denoise, "
            "the autoencoder to give the pictures back, in a phase of its own before.",
        ),
    ] = "unet"
    vae_rank: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, help="Its rank. Default: the denoiser's.", rich_help_panel=_VAE
        ),
    ] = None
    vae_alpha: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=4096, help="Its alpha. Default: its rank.", rich_help_panel=_VAE
        ),
    ] = None
    vae_learning_rate: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Its peak learning rate; the schedule is the denoiser's, without warm-up.",
            rich_help_panel=_VAE,
        ),
    ] = 1e-4
    vae_target_modules: Annotated[
        str,
        typer.Option(
            help="Ends of the names of its modules, in encoder and decoder; those of the default are "
            "the attention of the middle blocks.",
            rich_help_panel=_VAE,
        ),
    ] = "to_q,to_k,to_v"
    vae_steps: Annotated[
        int | None,
        typer.Option(min=1, max=10_000_000, help="Steps of its phase.", rich_help_panel=_VAE),
    ] = 500
    vae_epochs: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=100_000,
            help="Passes over the pictures, instead of steps.",
            rich_help_panel=_VAE,
        ),
    ] = None
    vae_batch_size: Annotated[
        int, typer.Option(min=1, max=4096, help="Pictures a step.", rich_help_panel=_VAE)
    ] = 1
    vae_crop_size: Annotated[
        int,
        typer.Option(
            min=32,
            max=4096,
            help="Side of the square that a step sees, at most that of the resolution.",
            rich_help_panel=_VAE,
        ),
    ] = 256

    def __post_init__(self) -> None:
        trained_parts(self)

    def shape(self, part: str = "unet") -> stylecli.LoraShape:
        """See `stylecli.LoraTraining`; also of "vae"."""
        if part != "vae":
            return super().shape(part)
        rank = self.vae_rank or self.rank
        return stylecli.LoraShape.of(self.vae_target_modules, rank, self.vae_alpha, self.dropout)

    needs: ClassVar[stylecli.Needs] = {
        **{
            f"text_encoder_{name}": ("text-encoder in --train-modules", _trains("text_encoder"))
            for name in ("rank", "alpha", "learning_rate", "target_modules")
        },
        **{
            f"vae_{name}": ("vae in --train-modules", _trains("vae"))
            for name in (
                *("rank", "alpha", "learning_rate", "target_modules"),
                *("steps", "epochs", "batch_size", "crop_size"),
            )
        },
    }

    exclusive = (*stylecli.TrainingOptions.exclusive, ("vae_steps", "vae_epochs"))


def trained_parts(options: LoraOptions) -> tuple[str, ...]:
    """The parts of the pipeline that get a LoRA, in the order of `PARTS`.

    Raises:
        UsageError: None is named, or one that there is not.
    """
    named = {name.strip() for name in options.train_modules.split(",")} - {""}
    unknown = sorted(named - set(PARTS))
    if unknown or not named:
        what = f"there is no {unknown[0]!r}" if unknown else "nothing is named"
        raise stylecli.UsageError(
            f"--train-modules {options.train_modules!r}: {what}.",
            f"Name some of {', '.join(PARTS)}, with commas between.",
        )
    return tuple(part for name, part in PARTS.items() if name in named)


def vae_phase(options: LoraOptions) -> LoraOptions:
    """The options of the autoencoder's own phase: its length, batch and learning rate."""
    return replace(
        options,
        steps=options.vae_steps,
        epochs=options.vae_epochs,
        batch_size=options.vae_batch_size,
        accumulation=1,
        learning_rate=options.vae_learning_rate,
        warmup=0,
        save_every=0,
        preview_every=0,
        preview_epochs=None,
    )
