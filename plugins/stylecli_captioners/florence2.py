"""Florence-2 (Xiao et al. 2024): a sentence or a paragraph about what a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

import stylecli
from stylecli_captioners.generation import NEEDED, WANTED, GenerationOptions

_TASKS = {
    "caption": "<CAPTION>",
    "detailed": "<DETAILED_CAPTION>",
    "more-detailed": "<MORE_DETAILED_CAPTION>",
}


@dataclass(frozen=True, kw_only=True)
class Florence2Options(GenerationOptions):
    """Which Florence-2, and how much it says."""

    model: Annotated[
        str,
        typer.Option(
            metavar="FOLDER|HUB-ID", help="The model; ORG/NAME@REVISION names a revision."
        ),
    ] = "florence-community/Florence-2-base-ft"
    task: Annotated[
        Literal["caption", "detailed", "more-detailed"],
        typer.Option(help="How much is said: a sentence, two or three, or a paragraph."),
    ] = "caption"
    max_tokens: Annotated[
        int, typer.Option(min=1, max=1024, help="Most tokens of a caption; about 3 make 2 words.")
    ] = 256


class Florence2(stylecli.Captioner):
    """Captions with Florence-2, in the layout that transformers has built in."""

    name = "florence2"
    summary = "a sentence or a paragraph from Florence-2; fetches a model of up to 1 GB"
    Options = Florence2Options

    def load(self, options: Florence2Options, progress: stylecli.Progress) -> stylecli.Captions:
        """Load the model; see `stylecli.Captioner.load`."""
        folder = stylecli.model_folder(options.model, NEEDED, progress, WANTED)
        try:
            from transformers import Florence2ForConditionalGeneration, Florence2Processor
        except ImportError as problem:
            raise stylecli.StylecliError(
                "This version of transformers has no Florence-2.",
                "Install a newer one: pip install --upgrade transformers",
            ) from problem

        from stylecli_captioners.generation import generate, load_model, load_part

        model = load_model(Florence2ForConditionalGeneration, folder, "florence2")
        processor = load_part(Florence2Processor, folder)

        def captions(subjects: Sequence[stylecli.Subject]) -> list[str]:
            images = [subject.image for subject in subjects]
            inputs = processor(
                text=[_TASKS[options.task]] * len(images), images=images, return_tensors="pt"
            )
            ids = generate(model, inputs, options)
            return [text.strip() for text in processor.batch_decode(ids, skip_special_tokens=True)]

        return captions
