"""From prompts and styles to the two branches of guidance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.bases.conditions import constant
from stylecli.bases.lora import without_style
from stylecli.sampling.denoise import Guidance
from stylecli.sampling.options import SamplingOptions
from stylecli.styles.style import ScaledStyle

if TYPE_CHECKING:
    from PIL.Image import Image


def full_prompt(styles: Sequence[ScaledStyle], subject: str) -> str:
    """A prompt with every style's own words before it; words that several have stand once."""
    text = subject
    for words in reversed(list(dict.fromkeys(scaled.style.prompt for scaled in styles))):
        text = words.with_subject(text)
    return text


Guide = Callable[[Sequence[str], Sequence["Image"]], Guidance]
"""Gives the guidance for a batch: what each picture is to show, and the photos that are repainted,
RGB in the size that is worked at; none where pictures are made from text."""


def neutral_prompt(base: Base, options: SamplingOptions) -> str:
    """What the base is told when it is to paint without a style."""
    given = options.neutral_prompt
    return base.spec.neutral_prompt if given is None else given


def other_prompt(base: Base, options: SamplingOptions) -> str:
    """What the branch is told that guidance leads away from."""
    return neutral_prompt(base, options) if options.style_guidance else options.negative_prompt


def guide_by_prompts(base: Base, styles: Sequence[ScaledStyle], options: SamplingOptions) -> Guide:
    """The guide of `Sdedit` and `TextToImage`: the prompts with the styles' words, against the other prompt.

    Styles need not be LoRAs: only their words are read.
    """

    def guide(subjects: Sequence[str], photos: Sequence[Image]) -> Guidance:
        towards = base.contexts([full_prompt(styles, subject) for subject in subjects])
        # In style guidance nothing of the style is in the other branch, its text encoder's part neither.
        with without_style(base) if options.style_guidance else nullcontext():
            away = base.contexts([other_prompt(base, options)]).pick([0] * len(subjects))
        return Guidance(constant(towards), constant(away), options.guidance, options.style_guidance)

    return guide
