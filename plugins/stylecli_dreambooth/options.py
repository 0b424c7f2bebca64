"""The options of dreambooth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import typer

import stylecli

_PRIOR, _FILE, _VALIDATION, _LORA = (
    "Prior preservation",
    "Style file",
    "Validation pictures",
    "With --variant lora",
)
_LOOP = "Training loop"


@dataclass(frozen=True, kw_only=True)
@stylecli.defaults(crop="center", flip=False, steps=3500, learning_rate=1e-6, adam_beta2=0.999)
class DreamboothOptions(stylecli.TrainingOptions):
    """A fine-tune of the whole denoiser and text encoder, or of LoRAs on them."""

    free_on_resume = (
        *stylecli.TrainingOptions.free_on_resume,
        *("energy", "max_rank", "keep_full", "compare", "safety_checker"),
        *("validation_prompt", "validation_pictures", "validation_scheduler", "validation_steps"),
    )

    needs: ClassVar[stylecli.Needs] = {
        **dict.fromkeys(
            ("train_norms", "energy", "max_rank", "compare", "learning_rate"),
            ("--variant full", lambda options: options.variant == "full"),
        ),
        **dict.fromkeys(
            ("rank", "alpha", "lora_learning_rate", "target_modules"),
            ("--variant lora", lambda options: options.variant == "lora"),
        ),
        **dict.fromkeys(
            (
                *(
                    "prior_weight",
                    "class_prompt",
                    "class_pictures",
                    "class_steps",
                    "class_guidance",
                ),
                *("class_scheduler", "class_batch_size"),
            ),
            ("--prior-preservation", lambda options: options.prior_preservation),
        ),
    }

    variant: Annotated[
        Literal["full", "lora"],
        typer.Option(
            help="What learns: all weights, or LoRAs on the attention (much less memory)."
        ),
    ] = "full"
    instance_prompt: Annotated[
        str | None,
        typer.Option(
            help="What every style picture is called. Default: 'NAME style'.", show_default=False
        ),
    ] = None
    train_text_encoder: Annotated[
        bool, typer.Option(help="Whether the text encoder learns, too.")
    ] = True
    train_norms: Annotated[
        bool,
        typer.Option(
            help="Whether norms, biases and embeddings learn, too. The style file cannot hold them: without, it "
            "loses less.",
        ),
    ] = True
    text_encoder_learning_rate: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Its peak learning rate. Default: the denoiser's."),
    ] = None
    prior_preservation: Annotated[
        bool,
        typer.Option(
            help="Also learn what the base itself paints of the class, so that it does not forget it.",
            rich_help_panel=_PRIOR,
        ),
    ] = True
    prior_weight: Annotated[
        float,
        typer.Option(
            min=0, max=100, help="How much the class pictures' loss counts.", rich_help_panel=_PRIOR
        ),
    ] = 1.0
    class_prompt: Annotated[
        str, typer.Option(help="What the class is called.", rich_help_panel=_PRIOR)
    ] = "style"
    class_pictures: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100_000,
            help="How many. Default: twice the style pictures; of a folder all.",
            rich_help_panel=_PRIOR,
        ),
    ] = None
    class_folder: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Pictures of the class; without it the base paints those that its cache lacks.",
            rich_help_panel=_PRIOR,
        ),
    ] = None
    class_steps: Annotated[
        int, typer.Option(min=1, max=1000, help="Steps to paint one.", rich_help_panel=_PRIOR)
    ] = 50
    class_guidance: Annotated[
        float,
        typer.Option(
            min=0, max=50, help="Guidance scale to paint them with.", rich_help_panel=_PRIOR
        ),
    ] = 7.5
    class_scheduler: Annotated[
        stylecli.SchedulerName, typer.Option(help="Their sampler.", rich_help_panel=_PRIOR)
    ] = "base"
    class_batch_size: Annotated[
        int, typer.Option(min=1, max=256, help="Painted at once.", rich_help_panel=_PRIOR)
    ] = 4
    energy: Annotated[
        float,
        typer.Option(
            min=0.01,
            max=1,
            help="Share of each layer's change that the style file is to hold.",
            rich_help_panel=_FILE,
        ),
    ] = 0.95
    max_rank: Annotated[
        int,
        typer.Option(
            min=1, max=1024, help="No layer gets more directions for that.", rich_help_panel=_FILE
        ),
    ] = 128
    keep_full: Annotated[
        bool,
        typer.Option(
            help="Also write the whole pipeline, in the run's folder, to be used as --base.",
            rich_help_panel=_FILE,
        ),
    ] = False
    compare: Annotated[
        int,
        typer.Option(
            min=0,
            max=64,
            help="Photos repainted at the end with the full weights and with the style file, to tell what it loses; "
            "0: none.",
            rich_help_panel=_FILE,
        ),
    ] = 8
    validation_prompt: Annotated[
        str | None,
        typer.Option(
            help="A whole prompt for the previews. Default: several subjects in the style.",
            rich_help_panel=_VALIDATION,
        ),
    ] = None
    validation_pictures: Annotated[
        int, typer.Option(min=1, max=64, help="How many.", rich_help_panel=_VALIDATION)
    ] = 4
    validation_scheduler: Annotated[
        stylecli.SchedulerName, typer.Option(help="Their sampler.", rich_help_panel=_VALIDATION)
    ] = "pndm"
    validation_steps: Annotated[
        int, typer.Option(min=1, max=1000, help="Steps of each.", rich_help_panel=_VALIDATION)
    ] = 50
    safety_checker: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|HUB ID",
            help="A model that blacks out what it takes for indecent; such pictures are marked, never rated. "
            "Default: none.",
            rich_help_panel=_VALIDATION,
        ),
    ] = None
    rank: Annotated[
        int, typer.Option(min=1, max=1024, help="Directions of change.", rich_help_panel=_LORA)
    ] = 16
    alpha: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=4096,
            help="The change is scaled by alpha / rank. Default: the rank.",
            rich_help_panel=_LORA,
        ),
    ] = None
    lora_learning_rate: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Peak learning rate, in place of --learning-rate: LoRAs want a higher one.",
            rich_help_panel=_LORA,
        ),
    ] = 1e-4
    target_modules: Annotated[
        str,
        typer.Option(
            help="Ends of the names of the denoiser's modules, with commas between.",
            rich_help_panel=_LORA,
        ),
    ] = "to_q,to_k,to_v,to_out.0"
    batch_size: Annotated[
        int,
        typer.Option(
            min=1,
            max=4096,
            help="Style pictures a forward pass; as many class pictures go with them.",
            rich_help_panel=_LOOP,
        ),
    ] = 4
    optimizer: Annotated[
        stylecli.OptimizerName,
        typer.Option(
            help="AdamW, or one that remembers gradients in 8 bits, where bitsandbytes is installed and works on "
            "the device; else AdamW, and a line says so.",
            rich_help_panel=_LOOP,
        ),
    ] = "adamw-8bit"

    def __post_init__(self) -> None:
        if self.class_folder is not None:
            # A run may go on from another folder.
            place = Path(self.class_folder).expanduser().absolute()
            object.__setattr__(self, "class_folder", str(place))
            if not self.prior_preservation:
                raise stylecli.UsageError(
                    "--class-folder goes with prior preservation.",
                    "Leave it out, or leave out --no-prior-preservation.",
                )
        for flag, words in (
            ("--instance-prompt", self.instance_prompt),
            ("--class-prompt", self.class_prompt),
        ):
            if words is not None and not words.strip(" ,"):
                raise stylecli.UsageError(
                    f"{flag} {words!r}: says nothing.", "Such as 'disney style'."
                )
        if self.keep_full and self.variant == "lora":
            raise stylecli.UsageError(
                "--keep-full: with --variant lora the base's weights stay as they are.",
                "Leave it out: the style file holds all that is learnt.",
            )
        if self.buckets and self.prior_preservation:
            raise stylecli.UsageError(
                "--buckets: class pictures are square, and a batch is of one shape.",
                "Leave it out, or add --no-prior-preservation.",
            )

    def shape(self, part: str) -> stylecli.LoraShape:
        """What a part's LoRA is put on, and how."""
        targets = self.target_modules if part == "unet" else "q_proj,k_proj,v_proj,out_proj"
        return stylecli.LoraShape.of(targets, self.rank, self.alpha)

    @property
    def class_place(self) -> Path | None:
        """The folder of class pictures that the user named, or None."""
        return Path(self.class_folder) if self.class_folder is not None else None


@dataclass(frozen=True, kw_only=True)
@stylecli.defaults(scheduler="euler-a", guidance=20.0, strength=0.35)
class DreamboothTransfer(stylecli.SdeditOptions):
    """How a photo is repainted: SDEdit, as the published demo had it."""


@dataclass(frozen=True, kw_only=True)
@stylecli.defaults(steps=30, scheduler="euler-a", guidance=8.0)
class DreamboothGeneration(stylecli.SamplingOptions):
    """How pictures are made from text, as the published demo had it."""
