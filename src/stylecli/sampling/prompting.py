"""From prompts and styles to the two branches of guidance."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from stylecli.bases.base import Base
from stylecli.bases.conditions import constant
from stylecli.bases.lora import without_lora
from stylecli.sampling.denoise import Guidance
from stylecli.sampling.options import SamplingOptions
from stylecli.styles.style import ScaledStyle


def full_prompt(styles: Sequence[ScaledStyle], subject: str) -> str:
    """A prompt with every style's own words before it; words that several have stand once."""
    text = subject
    for words in reversed(list(dict.fromkeys(scaled.style.prompt for scaled in styles))):
        text = words.with_subject(text)
    return text


def prompt_guidance(
    base: Base, styles: Sequence[ScaledStyle], subjects: Sequence[str], options: SamplingOptions
) -> Guidance:
    """Encode the prompts of a batch for `denoise`."""
    neutral = (
        options.neutral_prompt if options.neutral_prompt is not None else base.spec.neutral_prompt
    )
    other = neutral if options.style_guidance else options.negative_prompt
    towards = base.contexts([full_prompt(styles, subject) for subject in subjects])
    # In style guidance nothing of the style is in the other branch, its text encoder's part neither.
    with without_lora(base) if options.style_guidance else nullcontext():
        away = base.contexts([other]).pick([0] * len(subjects))
    return Guidance(constant(towards), constant(away), options.guidance, options.style_guidance)
