"""Low-rank adapters on SDXL's denoiser and, if wanted, on both its text encoders; SDEdit to repaint.

Two phases share the memory: pictures and captions are encoded first, then what encoded them is
dropped and the denoiser learns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import stylecli
from stylecli_sdxl_lora.options import (
    ENCODERS,
    SdxlLoraOptions,
    parts_of,
)
from stylecli_sdxl_lora.perceptual import perceptual_term
from stylecli_sdxl_lora.published import ABLATIONS, PRESETS
from stylecli_sdxl_lora.simple_captions import simplified

if TYPE_CHECKING:
    from torch import Tensor


class SdxlLora(stylecli.LoraMethod):
    """Learns a style as LoRAs on a base of the SDXL family; repaints photos by SDEdit."""

    name = "sdxl-lora"
    summary = (
        "LoRA on SDXL's denoiser and, if wanted, both text encoders; photos repainted by SDEdit"
    )
    families = frozenset({"sdxl"})
    default_base = "sdxl"
    TrainOptions = SdxlLoraOptions
    TransferOptions = stylecli.RepaintOptions
    presets = PRESETS
    ablations = ABLATIONS
    first_for_loras = True

    def captions(
        self, captions: Sequence[str], prompt: stylecli.Prompt, options: object = None
    ) -> list[str]:
        """The prefix before what is said, which may be made simple."""
        if isinstance(options, SdxlLoraOptions) and options.caption_simplify:
            captions = [simplified(caption) for caption in captions]
        return super().captions(captions, prompt)

    def train(self, run: stylecli.TrainRun) -> stylecli.Style:
        """Train with the denoising loss, the denoiser being told every picture's size and crop."""
        options: SdxlLoraOptions = run.options
        base, parts = run.base, parts_of(options)
        for part in parts:
            # Before minutes are spent on encoding.
            stylecli.check_lora(base, options.shape(part), part)
        also = None
        if options.perceptual_weight:
            also = perceptual_term(
                base,
                options.perceptual_weight,
                options.perceptual_network,
                run.progress,
                checkpointing=options.gradient_checkpointing,
            )
        kept = {*parts, "vae"} if also is not None else set(parts)
        reads = options.train_text_encoders
        said = [item.caption for item in run.dataset.items]
        examples = run.encode(
            self.captions(said, run.prompt, options), kept, cache_captions=not reads
        )
        dropped = {"vae", *ENCODERS} - kept
        base.free(*dropped)
        try:
            loras = stylecli.Loras(base, {part: options.shape(part) for part in parts}, run.seed)

            def tensors() -> Mapping[str, Tensor]:
                return stylecli.to_kohya(loras.modules(), base, options.save_precision)

            def preview() -> Sequence[stylecli.Preview]:
                with loras.in_use():
                    # One at a time: a picture of 1024 px takes gigabytes to decode.
                    painted = run.paint_previews(
                        options.validation_pictures, options.validation_prompt, batch_size=1
                    )
                # What painting loads, training does not need.
                base.free(*dropped)
                return painted

            rates = dict.fromkeys(ENCODERS, options.text_encoder_learning_rate)
            with loras.training(options.gradient_checkpointing):
                fitted = run.fit(
                    loras.named_parameters(),
                    stylecli.denoising_loss(base, options, also=also),
                    examples,
                    preview=preview,
                    tensors=tensors,
                    rates=loras.rates(rates),
                )
                learnt = tensors()
        finally:
            stylecli.remove_lora(base)
        return run.style(learnt, fitted, len(examples))

    def evaluation(self) -> stylecli.OwnEvaluation:
        """The report measured how far generated pictures are from the show's, before and after."""
        return stylecli.OwnEvaluation(
            "judged by FID of generated pictures against the style's own: 117.4 for the base, 99.7 tuned",
            metrics=("style-closure", "fid"),
        )
