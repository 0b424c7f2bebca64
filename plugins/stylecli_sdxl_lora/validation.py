"""Pictures on the way: always the same prompts and seeds, so that they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import stylecli
from stylecli_sdxl_lora.options import SdxlLoraOptions

SEEDS = 2**32
SUBJECTS = ("a landscape with trees and water", "a house by the sea", "a person", "a cat")


def paint_validation(run: stylecli.TrainRun) -> Sequence[stylecli.Preview]:
    """Paint a run's validation pictures with what it has learnt so far."""
    options: SdxlLoraOptions = run.options
    count = options.validation_pictures
    prompts = [
        options.validation_prompt or run.prompt.with_subject(SUBJECTS[number % len(SUBJECTS)])
        for number in range(count)
    ]
    seeds = [(run.seed + number) % SEEDS for number in range(count)]
    # One at a time: a picture of 1024 px takes gigabytes to decode.
    sampling = replace(run.preview_options(count), batch_size=1)
    images = stylecli.paint_prompts(run.base, prompts, seeds, sampling)
    return [
        stylecli.Preview(image, prompt, seed)
        for image, prompt, seed in zip(images, prompts, seeds, strict=True)
    ]
