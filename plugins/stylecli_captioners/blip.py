"""BLIP (Li et al. 2022): one short sentence about what a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

import stylecli
from stylecli_captioners.generation import NEEDED, WANTED, GenerationOptions


@dataclass(frozen=True, kw_only=True)
class BlipOptions(GenerationOptions):
    """Which BLIP, and how it begins."""

    model: Annotated[
        str,
        typer.Option(
            metavar="FOLDER|HUB-ID", help="The model; ORG/NAME@REVISION names a revision."
        ),
    ] = "Salesforce/blip-image-captioning-large"
    begin: Annotated[
        str, typer.Option(help="Words that every caption begins with: 'a painting of'.")
    ] = ""


class Blip(stylecli.Captioner):
    """Captions with BLIP."""

    name = "blip"
    summary = "a short sentence from BLIP; fetches a model of 1.9 GB"
    Options = BlipOptions

    def load(self, options: BlipOptions, progress: stylecli.Progress) -> stylecli.Captions:
        """Load the model; see `stylecli.Captioner.load`."""
        folder = stylecli.model_folder(options.model, NEEDED, progress, WANTED)
        from transformers import AutoImageProcessor, AutoTokenizer, BlipForConditionalGeneration

        from stylecli_captioners.generation import generate, load_model, load_part

        model = load_model(BlipForConditionalGeneration, folder, "blip")
        # Apart, because BLIP's processor as a whole is not the same in all versions of transformers.
        prepare = load_part(AutoImageProcessor, folder)
        tokenizer = load_part(AutoTokenizer, folder)

        def captions(subjects: Sequence[stylecli.Subject]) -> list[str]:
            images = [subject.image for subject in subjects]
            inputs = {"pixel_values": prepare(images, return_tensors="pt")["pixel_values"]}
            if options.begin:
                begun = tokenizer([options.begin] * len(images), return_tensors="pt")
                inputs |= {
                    "input_ids": begun["input_ids"],
                    "attention_mask": begun["attention_mask"],
                }
            ids = generate(model, inputs, options)
            return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]

        return captions
