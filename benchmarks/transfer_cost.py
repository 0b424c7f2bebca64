"""What a photo costs: lsast, with and without ControlNet, beside lora-sdedit at the same settings.

    python benchmarks/transfer_cost.py [--photos 4] [--turns 5] [--style FILE]

Both repaint the same photos on the embedded base in one process, in turn, with the base's
recommended steps and sampler at one strength; the medians and their ratios to lora-sdedit are
printed. FILE is a style of lsast; without it the prompts are random, whose values cost the same.
Counted besides: how often a prompt is encoded for a photo of 4 and of 16 steps.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from stylecli.bases.base import Base, load_base
from stylecli.options import Layer, known_values, resolve
from stylecli.registry import Registry, load_registry
from stylecli.sampling.stylizer import Stylizer
from stylecli.styles.format import read_style
from stylecli.styles.style import Prompt, ScaledStyle, Style


def main() -> None:
    """Time all ways in turn and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=4)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--style", type=Path)
    args = parser.parse_args()
    registry = load_registry()
    spec = registry.bases["tiny"]
    base = load_base(spec, Path(spec.source))
    monet = read_style(Path(spec.ready_styles or "") / "monet.safetensors")
    prompts = read_style(args.style) if args.style else random_prompts(base)
    ways = {
        "lora-sdedit, style guidance": stylizer(registry, base, monet, {}),
        "lora-sdedit, ordinary guidance": stylizer(
            registry, base, monet, {"style_guidance": False}
        ),
        "lsast, ControlNet canny": stylizer(registry, base, prompts, {}),
        "lsast, no ControlNet": stylizer(registry, base, prompts, {"controlnet": "none"}),
    }
    photos = pictures(args.photos)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    # The first turn of each pays for loading.
    for turn in range(args.turns + 1):
        for way, paint in ways.items():
            started = time.perf_counter()
            paint(photos, [""] * len(photos), [0] * len(photos))
            if turn:
                seconds[way].append((time.perf_counter() - started) / len(photos))
    first = statistics.median(seconds["lora-sdedit, style guidance"])
    for way, values in seconds.items():
        middle = statistics.median(values)
        print(f"{way:32s} {middle:6.2f} s a photo   x {middle / first:.2f}")
    for steps in (4, 16):
        print(
            f"texts encoded for a photo at {steps} steps: {encoded(registry, base, prompts, steps)}"
        )


def stylizer(registry: Registry, base: Base, style: Style, changes: dict[str, Any]) -> Stylizer:
    """A stylizer with what the base recommends, at strength 0.7."""
    method = registry.method(style.method)
    layers = [
        Layer("here", {"strength": 0.7, "guidance": 4.0, **changes}),
        Layer(
            "base",
            known_values(method.TransferOptions, base.spec.recommended(method.name, "transfer")),
        ),
    ]
    options = resolve(method.TransferOptions, layers).options
    return method.stylizer(base, [ScaledStyle(style)], options)


def encoded(registry: Registry, base: Base, style: Style, steps: int) -> int:
    """How many texts go through the text encoder for one photo."""
    counted = []
    hook = base.text_encoder.register_forward_pre_hook(
        lambda _, given: counted.append(len(given[0]))
    )
    paint = stylizer(registry, base, style, {"steps": steps})
    paint(pictures(1), [""], [0])
    hook.remove()
    return sum(counted)


def random_prompts(base: Base) -> Style:
    """A style of lsast with random prompts."""
    vectors = torch.randn(10, 3, 128, generator=torch.Generator().manual_seed(0))
    style = Style("random", "lsast", "sd15", {"stylecli.lsast.prompts": vectors}, Prompt("*", "*"))
    return replace(style, provenance=replace(style.provenance, base=base.spec.name))


def pictures(count: int) -> list[Image.Image]:
    """Smooth random pictures."""
    random = np.random.default_rng(0)
    return [
        Image.fromarray(random.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(
            (384, 288), Image.Resampling.BICUBIC
        )
        for _ in range(count)
    ]


if __name__ == "__main__":
    main()
