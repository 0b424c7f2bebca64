"""The options of training that makes LoRAs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from stylecli.bases.lora import LoraShape
from stylecli.training.options import CaptionedTraining

_TEXT = "Text encoder"


@dataclass(frozen=True, kw_only=True)
class LoraTraining(CaptionedTraining):
    """A fine-tuning run of LoRAs (Hu et al. 2021) on the denoiser and, if wanted, on text encoders."""

    rank: Annotated[int, typer.Option(min=1, max=1024, help="Directions of change a module.")] = 16
    alpha: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=4096, help="The change is scaled by alpha / rank. Default: the rank."
        ),
    ] = None
    dropout: Annotated[
        float,
        typer.Option(
            min=0, max=0.99, help="Share of a module's inputs dropped, in all that is trained."
        ),
    ] = 0.0
    target_modules: Annotated[
        str,
        typer.Option(
            help="Ends of the names of the denoiser's modules that are adapted, with commas between."
        ),
    ] = "to_q,to_k,to_v,to_out.0"
    text_encoder_rank: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, help="Its rank. Default: the denoiser's.", rich_help_panel=_TEXT
        ),
    ] = None
    text_encoder_alpha: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=4096, help="Its alpha. Default: its rank.", rich_help_panel=_TEXT
        ),
    ] = None
    text_encoder_learning_rate: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Its peak learning rate. Default: the denoiser's.",
            rich_help_panel=_TEXT,
        ),
    ] = None
    text_encoder_target_modules: Annotated[
        str, typer.Option(help="Ends of the names of its modules.", rich_help_panel=_TEXT)
    ] = "q_proj,k_proj,v_proj,out_proj"

    def shape(self, part: str = "unet") -> LoraShape:
        """What a part's LoRA is put on, and how: of "unet", or of any text encoder."""
        rank, alpha, targets = self.rank, self.alpha, self.target_modules
        if part.startswith("text_encoder"):
            rank, alpha = self.text_encoder_rank or rank, self.text_encoder_alpha
            targets = self.text_encoder_target_modules
        return LoraShape.of(targets, rank, alpha, self.dropout)
