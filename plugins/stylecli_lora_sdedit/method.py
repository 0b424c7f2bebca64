"""Low-rank adapters (Hu et al. 2021) on denoiser, text encoder and autoencoder; SDEdit to repaint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import stylecli
from stylecli_lora_sdedit.options import LoraOptions, trained_parts, vae_phase
from stylecli_lora_sdedit.published import ABLATIONS, PRESETS

if TYPE_CHECKING:
    from torch import Tensor


class LoraSdedit(stylecli.LoraMethod):
    """Learns a style as LoRAs on one to three parts of the base; repaints photos by SDEdit."""

    name = "lora-sdedit"
    summary = "LoRA on the denoiser, photos repainted by SDEdit; the quickest way to a style"
    families = frozenset({"sd15"})
    default_base = "sd15"
    TrainOptions = LoraOptions
    presets = PRESETS
    ablations = ABLATIONS
    first_for_loras = True

    def train(self, run: stylecli.TrainRun) -> stylecli.Style:
        """Train the autoencoder's LoRA by reconstruction, then the others with the denoising loss."""
        options: LoraOptions = run.options
        parts = trained_parts(options)
        for part in parts:
            # Before minutes are spent on another part.
            stylecli.check_lora(run.base, options.shape(part), part)
        if options.save_every and parts == ("vae",):
            raise stylecli.UsageError(
                "--save-every: of the autoencoder alone no copies are kept on the way.",
                "Leave it out, or train another part, too.",
            )
        autoencoder: stylecli.LoraModules = {}
        try:
            if "vae" in parts:
                autoencoder, fitted, pictures = self._train_vae(run)
            if parts == ("vae",):
                learnt = stylecli.to_kohya(autoencoder, run.base, options.save_precision)
                return run.style(learnt, fitted, pictures)
            return self._train_denoising(run, [p for p in parts if p != "vae"], autoencoder)
        finally:
            stylecli.remove_lora(run.base)

    def _train_vae(
        self, run: stylecli.TrainRun
    ) -> tuple[stylecli.LoraModules, stylecli.Fitted, int]:
        """The change of the autoencoder, which goes on acting on the base."""
        options: LoraOptions = run.options
        lora = stylecli.Loras(run.base, {"vae": options.shape("vae")}, run.seed)
        side = min(options.vae_crop_size, options.resolution)
        with lora.training(options.gradient_checkpointing):
            fitted, pictures = run.fit_vae(lora.named_parameters(), vae_phase(options), side)
        return lora.frozen(), fitted, pictures

    def _train_denoising(
        self, run: stylecli.TrainRun, parts: Sequence[str], autoencoder: stylecli.LoraModules
    ) -> stylecli.Style:
        options: LoraOptions = run.options
        base = run.base
        reads = "text_encoder" in parts
        # Before the denoiser is loaded, so that both are never in memory where none needs the other.
        examples = run.encode(keep=["text_encoder"] if reads else [], cache_captions=not reads)
        loras = stylecli.Loras(base, {part: options.shape(part) for part in parts}, run.seed)

        def tensors() -> Mapping[str, Tensor]:
            changes = {**loras.modules(), **autoencoder}
            return stylecli.to_kohya(changes, base, options.save_precision)

        def preview() -> list[stylecli.Preview]:
            with loras.in_use():
                return run.paint_previews()

        with loras.training(options.gradient_checkpointing):
            fitted = run.fit(
                loras.named_parameters(),
                stylecli.denoising_loss(base, options),
                examples,
                preview=preview,
                tensors=tensors,
                rates=loras.rates({"text_encoder": options.text_encoder_learning_rate}),
            )
            learnt = tensors()
        return run.style(learnt, fitted, len(examples))

    def evaluation(self) -> stylecli.OwnEvaluation:
        """The report that the defaults for SD 1.5 come from showed pictures and no figures."""
        return stylecli.OwnEvaluation(
            "judged by eye, pictures side by side; no figures were published",
            transfer={"strength": 0.5, "guidance": 7.5, "steps": 100, "image_cond_scale": 0.3},
        )
