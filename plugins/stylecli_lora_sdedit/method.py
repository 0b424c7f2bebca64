"""Low-rank adapters on the denoiser (Hu et al. 2021); SDEdit to repaint (Meng et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import stylecli
from stylecli_lora_sdedit.options import PRESETS, LoraOptions

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

PREVIEW_SUBJECTS = ("a landscape with trees and water", "a house by the sea")


class LoraSdedit(stylecli.Method):
    """Learns a style as a LoRA on the denoiser and repaints photos by SDEdit."""

    name = "lora-sdedit"
    summary = "LoRA on the denoiser, photos repainted by SDEdit; the quickest way to a style"
    families = frozenset({"sd15"})
    default_base = "sd15"
    TrainOptions = LoraOptions
    TransferOptions = stylecli.SdeditOptions
    GenerateOptions = stylecli.SamplingOptions
    presets = PRESETS
    takes_loras = True

    def train(self, run: stylecli.TrainRun) -> stylecli.Style:
        """Train a LoRA with the denoising loss on cached latents and contexts."""
        options: LoraOptions = run.options
        base = run.base
        targets = tuple(name.strip() for name in options.target_modules.split(",") if name.strip())
        shape = stylecli.LoraShape(
            options.rank, options.alpha or options.rank, options.dropout, targets
        )
        examples = run.encode()
        if options.gradient_checkpointing:
            base.denoiser.enable_gradient_checkpointing()
        base.denoiser.train()
        lora = stylecli.add_lora(base, shape, run.seed)

        def tensors() -> Mapping[str, Tensor]:
            return stylecli.to_kohya(lora.modules(), base, options.save_precision)

        try:
            fitted = run.fit(
                lora.named_parameters(),
                stylecli.denoising_loss(base, options),
                examples,
                preview=lambda: self._preview(run),
                tensors=tensors,
            )
            learnt = tensors()
            thumbnail = self._preview(run)[0] if options.preview_every else None
        finally:
            stylecli.remove_lora(base)
            base.denoiser.eval()
        return run.style(learnt, fitted, len(examples), thumbnail)

    def stylizer(
        self,
        base: stylecli.Base,
        styles: Sequence[stylecli.ScaledStyle],
        options: stylecli.SdeditOptions,
    ) -> stylecli.Stylizer:
        """Repaint with the styles' LoRAs on the base."""
        return stylecli.Sdedit(base, styles, options)

    def generator(
        self,
        base: stylecli.Base,
        styles: Sequence[stylecli.ScaledStyle],
        options: stylecli.SamplingOptions,
    ) -> stylecli.Generator:
        """Make pictures from text with the styles' LoRAs on the base."""
        return stylecli.TextToImage(base, styles, options)

    def evaluation(self) -> stylecli.OwnEvaluation:
        """The report that the defaults for SD 1.5 come from showed pictures and no figures."""
        return stylecli.OwnEvaluation(
            "judged by eye, pictures side by side; no figures were published",
            transfer={"strength": 0.5, "guidance": 7.5, "steps": 100, "image_cond_scale": 0.3},
        )

    def _preview(self, run: stylecli.TrainRun) -> Sequence[Image]:
        base = run.base
        options = run.preview_options(len(PREVIEW_SUBJECTS))
        base.denoiser.eval()
        try:
            prompts = [run.prompt.with_subject(subject) for subject in PREVIEW_SUBJECTS]
            return stylecli.paint_prompts(base, prompts, [run.seed] * len(prompts), options)
        finally:
            base.denoiser.train()
