"""Prompts for every stage and layer (LSAST); SDEdit along the photo's edges to repaint.

A prompt head makes P*, a vector for each of 10 stages of the noise schedule and each of 3 layers of
the denoiser (down, middle, up). The text encoder reads "*" with that vector in its place, and the
cross-attentions of that layer hear what it says at that stage. Only the head learns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import stylecli
from stylecli_lsast.layers import DOWN_MIDDLE_UP, by_layer, layer_of_block
from stylecli_lsast.options import ABLATIONS, PRESETS, LsastTraining, LsastTransfer
from stylecli_lsast.painting import LsastGenerator, LsastStylizer, PromptGuide
from stylecli_lsast.prompts import KEY, WORD, PromptSpace, grouped, learning_conditioner

if TYPE_CHECKING:
    from torch import Tensor

PREVIEWS = 2


class Lsast(stylecli.Method):
    """Learns prompts for stages and layers; repaints photos along their edges."""

    name = "lsast"
    summary = "learns prompts for every stage and layer, the model itself untouched; photos keep their edges"
    families = frozenset({"sd15"})
    default_base = "sd15"
    TrainOptions = LsastTraining
    TransferOptions = LsastTransfer
    GenerateOptions = stylecli.SamplingOptions
    presets = PRESETS
    ablations = ABLATIONS

    def prompt(self, name: str, prefix: str | None, token: str | None = None) -> stylecli.Prompt:
        """The text in which the learnt vectors stand in for the word "*"."""
        if token not in (None, WORD):
            raise stylecli.UsageError(
                f"--token {token!r}: the word that lsast learns is always {WORD!r}.",
                "Leave --token out.",
            )
        text = WORD if prefix is None else prefix
        if WORD not in text.split():
            raise stylecli.UsageError(
                f"--prefix {text!r}: lsast learns what {WORD!r} means, so it must be a word of its own in the prefix.",
                "Such as --prefix 'a painting by *', or none.",
            )
        return stylecli.Prompt(text, token=WORD)

    def captions(
        self, captions: Sequence[str], prompt: stylecli.Prompt, options: object = None
    ) -> list[str]:
        """Every picture is captioned with the prompt alone."""
        return [prompt.with_subject("")] * len(captions)

    def train(self, run: stylecli.TrainRun) -> stylecli.Style:
        """Train a prompt head with the base's own denoising loss, everything else frozen."""
        from stylecli_lsast.heads import make_head

        options: LsastTraining = run.options
        base, text = run.base, run.prompt.with_subject("")
        if options.release_compatible and options.layers != DOWN_MIDDLE_UP:
            raise stylecli.UsageError(f"--release-compatible needs --layers {DOWN_MIDDLE_UP}.")
        layer_of = layer_of_block(base.denoiser, options.layers)
        start = base.word_vector(options.init_word)
        examples = run.encode([text] * len(run.dataset.items), keep=["text_encoder"])
        head = make_head(options.head, start, options.stages * options.layers, run.seed)

        def space() -> PromptSpace:
            return grouped(head(), options.stages, options.layers, options.release_compatible)

        def tensors() -> Mapping[str, Tensor]:
            return {
                KEY: space()
                .vectors.detach()
                .to("cpu", stylecli.torch_dtype(options.save_precision))
            }

        def preview() -> list[stylecli.Preview]:
            return self._preview(run, space())

        told = learning_conditioner(base, space, text, only_up=options.release_compatible)
        if options.gradient_checkpointing:
            base.checkpoint_gradients("unet")
        try:
            with by_layer(layer_of, base.denoiser):
                fitted = run.fit(
                    dict(head.named_parameters()),
                    stylecli.denoising_loss(base, options, told),
                    examples,
                    preview=preview,
                    tensors=tensors,
                )
        finally:
            base.checkpoint_gradients("unet", on=False)
        return run.style(tensors(), fitted, len(examples))

    def stylizer(
        self,
        base: stylecli.Base,
        styles: Sequence[stylecli.ScaledStyle],
        options: LsastTransfer,
    ) -> stylecli.Stylizer:
        """Repaint with the styles' prompts, along the photos' edges."""
        return LsastStylizer(base, styles, options)

    def generator(
        self,
        base: stylecli.Base,
        styles: Sequence[stylecli.ScaledStyle],
        options: stylecli.SamplingOptions,
    ) -> stylecli.Generator:
        """Make pictures from text with the styles' prompts."""
        return LsastGenerator(base, styles, options)

    def evaluation(self) -> stylecli.OwnEvaluation:
        """The report asked people which picture they prefer, and a judge of artists whose it is."""
        return stylecli.OwnEvaluation(
            "judged by people's preference and by deception: the share of outputs that a classifier of artists "
            "takes for the artist's",
            metrics=("deception-lite",),
            transfer={
                "strength": 0.7,
                "guidance": 10.0,
                "steps": 50,
                "scheduler": "ddim",
                "controlnet": "canny",
            },
        )

    def _preview(self, run: stylecli.TrainRun, space: PromptSpace) -> list[stylecli.Preview]:
        """What the prompts alone make the base paint."""
        detached = PromptSpace(space.vectors.detach())
        options = run.preview_options(PREVIEWS)
        guide = PromptGuide(run.base, [(detached, run.prompt, 1.0)], options)
        seeds = [run.seed + number for number in range(PREVIEWS)]
        images = stylecli.paint_prompts(run.base, [""] * PREVIEWS, seeds, options, guide=guide)
        return [
            stylecli.Preview(image, run.prompt.with_subject(""), seed)
            for image, seed in zip(images, seeds, strict=True)
        ]
