"""Repainting and painting with prompts of stage and layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import stylecli
from stylecli_lsast.edges import edges
from stylecli_lsast.layers import by_layer, layer_of_block
from stylecli_lsast.options import LsastTransfer
from stylecli_lsast.prompts import PromptSpace, space_of

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


class PromptGuide:
    """Tells the denoiser the styles' prompts at every step, and the other branch the other prompt.

    Several styles are mixed, and scales apply, in the contexts: base + sum of scale * (style - base),
    where base is the context of the neutral prompt.

    Args:
        base: The base.
        styles: Prompts, the words around them, and scales; of as many layers each.
        options: Guidance, and the other branch's words.
    """

    def __init__(
        self,
        base: stylecli.Base,
        styles: Sequence[tuple[PromptSpace, stylecli.Prompt, float]],
        options: stylecli.SamplingOptions,
    ) -> None:
        self._base = base
        self._styles = styles
        self._options = options
        self._contexts: dict[tuple[int, str], Tensor] = {}
        self._layers = styles[0][0].layers

    def __call__(
        self,
        subjects: Sequence[str],
        photos: Sequence[Image],
        control: stylecli.Control | None = None,
    ) -> stylecli.Guidance:
        """See `stylecli.Guide`; both branches follow the ControlNet."""
        import torch

        base, options = self._base, self._options
        other = stylecli.other_prompt(base, options)
        away = self._alike([other] * len(subjects))
        plain = self._alike(
            [subject or stylecli.neutral_prompt(base, options) for subject in subjects]
        )
        learnt = [
            (
                space,
                scale,
                torch.stack([self._encoded(number, words.with_subject(s)) for s in subjects]),
            )
            for number, (space, words, scale) in enumerate(self._styles)
        ]

        def towards(timesteps: Tensor) -> stylecli.Conditions:
            context = plain
            every = torch.arange(len(subjects), device=base.device)
            for space, scale, contexts in learnt:
                own = contexts[every, space.stage(base, timesteps)]
                context = context + scale * (own - plain)
            return stylecli.Conditions(context, control=control)

        def otherwise(timesteps: Tensor) -> stylecli.Conditions:
            return stylecli.Conditions(away, control=control)

        # All of the style is in the prompts: without them the other branch is the base itself.
        return stylecli.Guidance(towards, otherwise, options.guidance, style_guidance=False)

    def _alike(self, prompts: Sequence[str]) -> Tensor:
        """The contexts of plain prompts, the same for every layer."""
        context = self._base.contexts(prompts).context
        return context[:, None].expand(-1, self._layers, -1, -1)

    def _encoded(self, number: int, text: str) -> Tensor:
        """A text's contexts for all stages and layers; each text is encoded once."""
        import torch

        key = (number, text)
        if key not in self._contexts:
            with torch.no_grad():
                self._contexts[key] = self._styles[number][0].contexts(self._base, text)
        return self._contexts[key]


class LsastStylizer:
    """Repaints pictures along their edges, with prompts of stage and layer.

    Args:
        base: The base; it is changed only while pictures are made.
        styles: Styles of lsast, with scales.
        options: Strength, sampler, guidance, ControlNet.

    Raises:
        UsageError: A style that does not fit the base, a strength that leaves no step, or thresholds
            the wrong way round.
    """

    def __init__(
        self, base: stylecli.Base, styles: Sequence[stylecli.ScaledStyle], options: LsastTransfer
    ) -> None:
        if options.canny_low > options.canny_high:
            raise stylecli.UsageError(
                f"--canny-low {options.canny_low} is above --canny-high {options.canny_high}.",
                "Edges begin at the high threshold and go on down to the low one.",
            )
        self._base = base
        self._options = options
        self._words = prompt_guide(base, styles, options)
        self._layer_of = layer_of_block(base.denoiser, layers_of(base, styles))
        self._control: Any = None
        self._sdedit = stylecli.Sdedit(base, (), options, guide=self._guide, noise=options.noise)

    def __call__(
        self,
        images: Sequence[Image],
        prompts: Sequence[str],
        seeds: Sequence[int],
        progress: stylecli.Progress = stylecli.silent,
    ) -> list[Image]:
        """Repaint pictures; see `stylecli.Stylizer`."""
        base, options = self._base, self._options
        models = [base.denoiser]
        if options.controlnet != "none" and options.controlnet_scale > 0:
            self._control = base.controlnet(options.controlnet, progress)
            models.append(self._control)
        with by_layer(self._layer_of, *models):
            return self._sdedit(images, prompts, seeds, progress)

    def _guide(self, subjects: Sequence[str], photos: Sequence[Image]) -> stylecli.Guidance:
        control, options = None, self._options
        if self._control is not None:
            lines = edges(photos, options.canny_low, options.canny_high)
            control = stylecli.Control(self._control, lines, options.controlnet_scale)
        return self._words(subjects, photos, control)


class LsastGenerator:
    """Makes pictures from text with prompts of stage and layer; arguments as `LsastStylizer`'s."""

    def __init__(
        self,
        base: stylecli.Base,
        styles: Sequence[stylecli.ScaledStyle],
        options: stylecli.SamplingOptions,
    ) -> None:
        self._base = base
        self._layer_of = layer_of_block(base.denoiser, layers_of(base, styles))
        guide = prompt_guide(base, styles, options)
        self._paint = stylecli.TextToImage(base, (), options, guide=guide)

    def __call__(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        progress: stylecli.Progress = stylecli.silent,
    ) -> list[Image]:
        """Make pictures; see `stylecli.Generator`."""
        with by_layer(self._layer_of, self._base.denoiser):
            return self._paint(prompts, seeds, progress)


def prompt_guide(
    base: stylecli.Base,
    styles: Sequence[stylecli.ScaledStyle],
    options: stylecli.SamplingOptions,
) -> PromptGuide:
    """The guide of some styles; raises as `layers_of`."""
    layers_of(base, styles)
    told = [(space_of(it.style, base), it.style.prompt, it.scale) for it in styles]
    return PromptGuide(base, told, options)


def layers_of(base: stylecli.Base, styles: Sequence[stylecli.ScaledStyle]) -> int:
    """How many layers the styles' prompts are for.

    Raises:
        UsageError: They do not agree, or do not fit the base.
    """
    stylecli.check_styles(base, styles)
    numbers = {it.style.name: space_of(it.style, base).layers for it in styles}
    if len(set(numbers.values())) > 1:
        listed = ", ".join(f"{name} {layers}" for name, layers in numbers.items())
        raise stylecli.UsageError(f"Prompts for different layers cannot be mixed ({listed}).")
    return next(iter(numbers.values()))
