"""Loading a style onto a loaded base: milliseconds and file size, beside stock diffusers.

    python benchmarks/style_loading.py [--family sd15|sdxl]

Both load the same LoRA onto a UNet that is in memory already, in turn, from the file to a model that
is ready to paint: ours by `read_style` and `apply_styles`, diffusers by `load_lora_weights`. Without
``--family`` the base is the embedded one and the style its ready Monet; with it a UNet of the real
architecture with random weights and a rank 16 LoRA on its attention. The file that diffusers itself
writes of the LoRA is measured, too.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from stylecli.bases import adapters
from stylecli.bases.modules import models_of_family, modules_in, modules_of_family
from stylecli.loras.kohya import to_kohya
from stylecli.loras.module import LoraModule, ModuleShapes
from stylecli.loras.reading import fit, gather
from stylecli.registry import load_registry
from stylecli.styles.format import read_style, write_style
from stylecli.styles.style import Style

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")


def main() -> None:
    """Time both in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=("sd15", "sdxl"))
    parser.add_argument("--turns", type=int, default=7)
    args = parser.parse_args()
    pipeline, modules, style = _real(args.family) if args.family else _embedded()
    with tempfile.TemporaryDirectory() as name:
        files = {
            "ours": Path(name) / "ours.safetensors",
            "theirs": Path(name) / "theirs.safetensors",
        }
        write_style(style, files["ours"])
        _saved_by_diffusers(pipeline, style, modules, files["theirs"])
        ways: dict[str, Callable[[], None]] = {
            "stylecli, our file": partial(_load, pipeline.unet, files["ours"], modules),
            "diffusers, our file": partial(pipeline.load_lora_weights, files["ours"]),
            "diffusers, its own file": partial(pipeline.load_lora_weights, files["theirs"]),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        # The first turn of each pays for imports.
        for turn in range(args.turns + 1):
            for way, load in ways.items():
                # What the turn before left behind is not this one's to clear away.
                gc.collect()
                started = time.perf_counter()
                load()
                if turn:
                    seconds[way].append(time.perf_counter() - started)
                adapters.detach(pipeline.unet)
        sizes = {which: path.stat().st_size for which, path in files.items()}
    count = sum(key.endswith(".alpha") for key in style.tensors)
    print(f"{args.family or 'tiny'}: {count} modules, median of {args.turns} turns")
    ours = statistics.median(seconds["stylecli, our file"])
    for way, values in seconds.items():
        median = statistics.median(values)
        print(f"{way:24s} {1000 * median:6.0f} ms  {median / ours:5.2f} x")
    print(
        f"on disk: ours {sizes['ours'] / 1e6:.3f} MB, diffusers' {sizes['theirs'] / 1e6:.3f} MB "
        f"({sizes['ours'] / sizes['theirs']:.3f} x)"
    )


def _load(unet: Any, path: Path, modules: ModuleShapes) -> None:
    """What `apply_styles` does for a style that is not on the base yet."""
    fitted = fit(gather(read_style(path).tensors, "it"), modules, "it")
    adapters.attach(unet, "x", fitted.modules["unet"])
    adapters.activate(unet, {"x": 1.0})


def _embedded() -> tuple[Any, ModuleShapes, Style]:
    from diffusers import StableDiffusionPipeline

    spec = load_registry().bases["tiny"]
    folder = Path(spec.source)
    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    assert spec.ready_styles is not None
    return pipeline, modules_in(folder, "sd15"), read_style(spec.ready_styles / "monet.safetensors")


def _real(family: str) -> tuple[Any, ModuleShapes, Style]:
    """The true architecture with random weights; loading does not read what they hold."""
    from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline

    modules = modules_of_family(family)
    unet = models_of_family(family)["unet"].to_empty(device="cpu")
    kind = StableDiffusionXLPipeline if family == "sdxl" else StableDiffusionPipeline
    others = ("vae", "text_encoder", "tokenizer", "scheduler")
    if family == "sdxl":
        others += ("text_encoder_2", "tokenizer_2")
    else:
        others += ("safety_checker", "feature_extractor")
    pipeline = kind(unet=unet, **dict.fromkeys(others))
    generator = torch.Generator().manual_seed(0)
    lora = {
        path: LoraModule(
            torch.randn(16, into, generator=generator),
            torch.randn(out, 16, generator=generator),
            16,
        )
        for path, (out, into, *_) in modules["unet"].items()
        if path.endswith(ATTENTION)
    }
    tensors = to_kohya({"unet": lora}, family, modules, torch.float16)
    return pipeline, modules, Style("random", "lora-sdedit", family, tensors)


def _saved_by_diffusers(pipeline: Any, style: Style, modules: ModuleShapes, path: Path) -> None:
    """The same LoRA as `save_lora_weights` writes it, in half precision."""
    fitted = fit(gather(style.tensors, "it"), modules, "it")
    layers = {}
    for place, module in fitted.modules["unet"].items():
        layers[f"{place}.lora_A.weight"] = module.down.half()
        layers[f"{place}.lora_B.weight"] = (module.up * module.scale).half()
    pipeline.save_lora_weights(path.parent, unet_lora_layers=layers, weight_name=path.name)


if __name__ == "__main__":
    main()
