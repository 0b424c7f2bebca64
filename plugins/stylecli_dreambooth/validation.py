"""Pictures on the way: always the same prompts and seeds, so that checkpoints can be rated by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import stylecli
from stylecli_dreambooth.learning import Learning
from stylecli_dreambooth.options import DreamboothOptions

SEEDS = 2**32
SUBJECTS = ("a person", "a landscape with trees and water", "a house by the sea", "a cat")


def validation(
    run: stylecli.TrainRun, learning: Learning, checker: stylecli.SafetyChecker | None
) -> Callable[[], Sequence[stylecli.Preview]]:
    """What paints a run's validation pictures, and blacks out what a checker flags."""
    options: DreamboothOptions = run.options
    count = options.validation_pictures
    prompts = [
        options.validation_prompt or run.prompt.with_subject(SUBJECTS[number % len(SUBJECTS)])
        for number in range(count)
    ]
    seeds = [(run.seed + number) % SEEDS for number in range(count)]
    sampling = replace(
        run.preview_options(count),
        scheduler=options.validation_scheduler,
        steps=options.validation_steps,
    )

    def paint() -> Sequence[stylecli.Preview]:
        with learning.in_use():
            images = stylecli.paint_prompts(run.base, prompts, seeds, sampling)
        hidden = [False] * count
        if checker is not None:
            hidden = checker(images)
            images = stylecli.black_out(images, hidden)
        return [
            stylecli.Preview(image, prompt, seed, flagged)
            for image, prompt, seed, flagged in zip(images, prompts, seeds, hidden, strict=True)
        ]

    return paint
