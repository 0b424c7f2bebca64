"""DreamBooth (Ruiz et al. 2023): the whole model learns a name for the style; SDEdit to repaint.

Beside every style picture the model sees one that it painted itself of the class, before training,
so that it goes on painting the class as it did. What was learnt becomes a LoRA of the weights'
differences.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import stylecli
from stylecli_dreambooth.class_pictures import class_dataset
from stylecli_dreambooth.learning import Learning, LoraParts, WholeParts, parts_of
from stylecli_dreambooth.options import DreamboothGeneration, DreamboothOptions, DreamboothTransfer
from stylecli_dreambooth.pairs import Pairs
from stylecli_dreambooth.published import ABLATIONS, PRESETS
from stylecli_dreambooth.validation import validation

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

Source = stylecli.Examples | Pairs
PIPELINE = "pipeline"
"""The folder in a run's own of the whole pipeline."""


class Dreambooth(stylecli.LoraMethod):
    """Learns a style with all weights of denoiser and text encoder; repaints photos by SDEdit."""

    name = "dreambooth"
    summary = (
        "fine-tunes the whole model, with prior preservation; the style file holds the difference"
    )
    families = frozenset({"sd15"})
    default_base = "sd15"
    TrainOptions = DreamboothOptions
    TransferOptions = DreamboothTransfer
    GenerateOptions = DreamboothGeneration
    presets = PRESETS
    ablations = ABLATIONS
    default_seed = 42

    def prefix(self, options: DreamboothOptions) -> str | None:
        """The instance prompt."""
        return options.instance_prompt

    def prompt(self, name: str, prefix: str | None, token: str | None = None) -> stylecli.Prompt:
        """The instance prompt: "{name} style", with the token for the name where there is one."""
        text = f"{token or name.replace('-', ' ')} style" if prefix is None else prefix
        # Only a comma keeps the subject apart that transfer and generate put behind it.
        return super().prompt(name, f"{text.rstrip(' ,')},", token)

    def captions(
        self, captions: Sequence[str], prompt: stylecli.Prompt, options: object = None
    ) -> list[str]:
        """Every picture is called by the instance prompt alone."""
        return [prompt.with_subject("")] * len(captions)

    def train(self, run: stylecli.TrainRun) -> stylecli.Style:
        """Fine-tune with the denoising loss on style pictures and class pictures together."""
        checker = _checked(run)
        examples = self._examples(run)
        try:
            if run.options.variant == "full":
                return self._train_whole(run, examples, checker)
            learning = LoraParts(run)
            fitted = _fit(run, learning, examples, checker)
            return _style(run, learning.tensors(), fitted, examples)
        finally:
            run.base.free("unet", "text_encoder")

    def evaluation(self) -> stylecli.OwnEvaluation:
        """People rated the pictures of every checkpoint."""
        return stylecli.OwnEvaluation(
            "judged by people who rated each checkpoint's pictures from 1 to 10: 3 at step 500, 8.6 at 3,500, "
            "5.4 at 4,000",
            transfer={"strength": 0.35, "guidance": 20.0, "steps": 50, "scheduler": "euler-a"},
        )

    def _examples(self, run: stylecli.TrainRun) -> Source:
        options: DreamboothOptions = run.options
        reads = options.train_text_encoder
        keep = ["text_encoder"] if reads else []
        names = [run.prompt.with_subject("")] * len(run.dataset.items)
        if not options.prior_preservation:
            return run.encode(names, keep, cache_captions=not reads)
        classes = class_dataset(run)
        instances = run.encode(names, ["vae", "text_encoder"], cache_captions=not reads)
        prior = run.encode(
            [options.class_prompt] * len(classes.items),
            keep,
            cache_captions=not reads,
            dataset=classes,
        )
        return Pairs(instances, prior, options.prior_weight)

    def _train_whole(
        self,
        run: stylecli.TrainRun,
        examples: Source,
        checker: stylecli.SafetyChecker | None,
    ) -> stylecli.Style:
        """Train all weights, extract the style, and see what it loses."""
        options: DreamboothOptions = run.options
        learning = WholeParts(run)
        fitted = _fit(run, learning, examples, checker)
        photos = run.photos(options.compare)
        before = self._repainted(run, photos, ())
        learnt, extracted = learning.extracted(run.progress)
        run.progress(stylecli.Event("extracting", message=extracted.described()))
        if options.keep_full:
            place = run.folder / PIPELINE
            # Of the same run, stopped behind this before.
            shutil.rmtree(place, ignore_errors=True)
            dtype = stylecli.torch_dtype(options.save_precision)
            stylecli.write_pipeline(run.base, place, dtype)
            said = f"The whole pipeline, to be used as --base: {place}"
            run.progress(stylecli.Event("extracting", message=said))
        run.base.free("unet", "text_encoder")
        style = _style(run, learnt, fitted, examples)
        after = self._repainted(run, photos, [stylecli.ScaledStyle(style)])
        run.compare(photos, {"the full weights": before, "the style file": after})
        stylecli.apply_styles(run.base, ())
        return style

    def _repainted(
        self,
        run: stylecli.TrainRun,
        photos: Sequence[Image],
        styles: Sequence[stylecli.ScaledStyle],
    ) -> Sequence[Image]:
        """Photos as the base repaints them as it is now, or with styles on it."""
        if not photos:
            return []
        words = "" if styles else run.prompt.with_subject("")
        options = DreamboothTransfer(**run.transfer)
        paint = self.stylizer(run.base, styles, options)
        return paint(photos, [words] * len(photos), list(range(len(photos))), run.progress)


def _checked(run: stylecli.TrainRun) -> stylecli.SafetyChecker | None:
    """Find what cannot work before minutes are spent; gives the safety checker.

    Raises:
        UsageError: What the user should have given otherwise.
    """
    options: DreamboothOptions = run.options
    called = run.prompt.with_subject("")
    if options.prior_preservation and options.class_prompt == called:
        raise stylecli.UsageError(
            f"--class-prompt {called!r}: is also what the style pictures are called.",
            "The class needs words without the style's name, such as 'style'.",
        )
    stylecli.denoising_loss(run.base, options)
    if options.variant == "full":
        pictures = options.batch_size * (2 if options.prior_preservation else 1)
        run.check_memory(parts_of(options), pictures, last="--variant lora")
    else:
        for part in parts_of(options):
            stylecli.check_lora(run.base, options.shape(part), part)
    if options.safety_checker is None or not options.previews:
        return None
    return stylecli.load_safety_checker(options.safety_checker, run.base, run.progress)


def _fit(
    run: stylecli.TrainRun,
    learning: Learning,
    examples: Source,
    checker: stylecli.SafetyChecker | None,
) -> stylecli.Fitted:
    with learning.training():
        return run.fit(
            learning.named_parameters(),
            stylecli.denoising_loss(run.base, run.options),
            examples,
            preview=validation(run, learning, checker),
            tensors=learning.tensors,
            rates=learning.rates(),
        )


def _style(
    run: stylecli.TrainRun, learnt: Mapping[str, Tensor], fitted: stylecli.Fitted, examples: Source
) -> stylecli.Style:
    pictures = examples.pictures if isinstance(examples, Pairs) else len(examples)
    return run.style(learnt, fitted, pictures)
