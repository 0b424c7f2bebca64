"""The options of sdxl-lora's training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

import stylecli

ENCODERS = ("text_encoder", "text_encoder_2")

_TEXT, _VALIDATION, _PROPOSALS = (
    "Text encoder",
    "Validation pictures",
    "What the report proposes for the future",
)


@dataclass(frozen=True, kw_only=True)
@stylecli.defaults(
    resolution=1024,
    steps=1500,
    batch_size=4,
    lr_schedule="cosine",
    warmup=100,
    min_snr=5.0,
    gradient_checkpointing=True,
)
class SdxlLoraOptions(stylecli.LoraTraining):
    """LoRAs on the denoiser's attention and, if wanted, on both text encoders'."""

    free_on_resume = (
        *stylecli.TrainingOptions.free_on_resume,
        *("validation_prompt", "validation_pictures"),
    )

    needs: ClassVar[stylecli.Needs] = {
        **dict.fromkeys(
            (
                *("text_encoder_rank", "text_encoder_alpha", "text_encoder_learning_rate"),
                "text_encoder_target_modules",
            ),
            ("--train-text-encoders", lambda options: options.train_text_encoders),
        ),
        "perceptual_network": (
            "--perceptual-weight",
            lambda options: options.perceptual_weight > 0,
        ),
    }

    train_text_encoders: Annotated[
        bool,
        typer.Option(
            help="Whether both text encoders get LoRAs, too. Frozen, they are dropped after the captions are read.",
            rich_help_panel=_TEXT,
        ),
    ] = False
    validation_prompt: Annotated[
        str | None,
        typer.Option(
            help="A whole prompt for the previews. Default: several subjects in the style.",
            rich_help_panel=_VALIDATION,
        ),
    ] = None
    validation_pictures: Annotated[
        int, typer.Option(min=1, max=64, help="How many.", rich_help_panel=_VALIDATION)
    ] = 2
    caption_simplify: Annotated[
        bool,
        typer.Option(
            help="Leave only nouns and prepositions of the captions: 'boy with glasses in front of building'.",
            rich_help_panel=_PROPOSALS,
        ),
    ] = False
    perceptual_weight: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            help="How much it counts that the picture a step estimates has the edges and textures of the true one; "
            "0: not at all.",
            rich_help_panel=_PROPOSALS,
        ),
    ] = 0.0
    perceptual_network: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|HUB ID",
            help="A vision model whose features are compared, too. Default: none.",
            rich_help_panel=_PROPOSALS,
        ),
    ] = None


def parts_of(options: SdxlLoraOptions) -> tuple[str, ...]:
    """The parts of the pipeline that get a LoRA."""
    return ("unet", *(ENCODERS if options.train_text_encoders else ()))
