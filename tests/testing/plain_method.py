"""A method that keeps its contract, to be broken in one place at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

import stylecli

TARGETS = ("attn2.to_k", "attn2.to_v")


@dataclass(frozen=True, kw_only=True)
@stylecli.defaults(save_precision="fp32")
class PlainTraining(stylecli.CaptionedTraining):
    rank: Annotated[int, typer.Option(min=1, max=64, help="Directions of change.")] = 2


class Plain(stylecli.Method):
    """Low-rank changes of the cross-attention's keys and values."""

    name = "plain"
    summary = "low-rank changes of keys and values"
    families = frozenset({"sd15"})
    TrainOptions = PlainTraining
    TransferOptions = stylecli.SdeditOptions
    GenerateOptions = stylecli.SamplingOptions
    takes_loras = True
    presets = {"careful": stylecli.Preset("slowly", {"learning_rate": 1e-5})}
    ablations = {"flat": stylecli.Ablation("one direction", {"rank": 1})}

    def train(self, run):
        examples = run.encode()
        shape = stylecli.LoraShape(run.options.rank, 2.0, 0.0, TARGETS)
        lora = stylecli.add_lora(run.base, shape, run.seed)

        def preview():
            options = run.preview_options(1)
            images = stylecli.paint_prompts(run.base, ["a house"], [run.seed], options)
            return [stylecli.Preview(images[0], "a house", run.seed)]

        try:
            loss = stylecli.denoising_loss(run.base, run.options)

            def tensors():
                return stylecli.to_kohya(lora.modules(), run.base, run.options.save_precision)

            fitted = run.fit(lora.named_parameters(), loss, examples, preview, tensors)
            learnt = tensors()
        finally:
            stylecli.remove_lora(run.base)
        return run.style(learnt, fitted, len(examples))

    def stylizer(self, base, styles, options):
        return stylecli.Sdedit(base, styles, options)

    def generator(self, base, styles, options):
        return stylecli.TextToImage(base, styles, options)
