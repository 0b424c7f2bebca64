"""Pictures on the way: always the same prompts and seeds, so that checkpoints can be rated by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import stylecli
from stylecli_dreambooth.learning import Learning
from stylecli_dreambooth.options import DreamboothOptions


def validation(
    run: stylecli.TrainRun, learning: Learning, checker: stylecli.SafetyChecker | None
) -> Callable[[], Sequence[stylecli.Preview]]:
    """What paints a run's validation pictures, and blacks out what a checker flags."""
    options: DreamboothOptions = run.options

    def paint() -> Sequence[stylecli.Preview]:
        with learning.in_use():
            painted = run.paint_previews(
                options.validation_pictures,
                options.validation_prompt,
                scheduler=options.validation_scheduler,
                steps=options.validation_steps,
            )
        if checker is None:
            return painted
        images = [each.image for each in painted]
        hidden = checker(images)
        return [
            replace(each, image=image, hidden=flagged)
            for each, image, flagged in zip(
                painted, stylecli.black_out(images, hidden), hidden, strict=True
            )
        ]

    return paint
