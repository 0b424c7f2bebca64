"""Is bf16 faster than fp32 on this machine? Layers of the size that bases have, and a step of `tiny`.

    python benchmarks/precision.py

Printed are times in bf16 as multiples of fp32's, the best of several turns taken alternately.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch

from stylecli.bases.base import load_base
from stylecli.bases.device import Precision, pick_device, pick_dtype
from stylecli.registry import load_registry

TURNS = 5
LAYERS = (
    ("SD 1.5", 320, 64, 1),
    ("SD 1.5", 1280, 16, 1),
    ("tiny", 32, 64, 4),
    ("tiny", 128, 16, 4),
)
"""Name, channels, side in latent cells, pictures."""


def main() -> None:
    """Time layers and a step, and say what `--precision auto` takes."""
    device = pick_device()
    print(f"auto: {pick_dtype('auto', device)} on {device}, {torch.get_num_threads()} threads")
    for name, channels, side, pictures in LAYERS:
        shape = (pictures, channels, side, side)
        kinds = {
            "3x3 convolution": torch.nn.Conv2d(channels, channels, 3, padding=1),
            "linear layer": torch.nn.Conv2d(channels, 4 * channels, 1),
        }
        for kind, layer in kinds.items():
            forward, training = (
                ratio(layer, shape, device, False),
                ratio(layer, shape, device, True),
            )
            print(
                f"{name}, {channels} channels, {kind}: x {forward:.2f}, training x {training:.2f}"
            )
    one, other = (tiny_step(precision, device) for precision in ("bf16", "fp32"))
    print(f"a denoising step of tiny, 4 pictures of 256 px: x {compare(one, other):.2f}")


def tiny_step(precision: Precision, device: torch.device) -> Callable[[], None]:
    """A denoising step of the embedded base with four pictures."""
    spec = load_registry().bases["tiny"]
    base = load_base(spec, Path(spec.source), precision, device)
    conditions = base.contexts(["a painting"] * 4)
    latents = torch.randn(4, 4, 64, 64, device=device)
    times = torch.full((4,), 500, device=device)

    def step() -> None:
        with torch.no_grad():
            base.predict(latents, times, conditions)

    return step


def ratio(
    layer: torch.nn.Module, shape: tuple[int, ...], device: torch.device, train: bool
) -> float:
    """A layer's time in bf16 as a multiple of fp32's."""

    def run(dtype: torch.dtype) -> Callable[[], None]:
        own = type(layer)(
            layer.in_channels, layer.out_channels, layer.kernel_size, padding=layer.padding
        )
        own = own.to(device, dtype, memory_format=torch.channels_last)
        inputs = torch.randn(shape, device=device, dtype=dtype)
        inputs = inputs.contiguous(memory_format=torch.channels_last).requires_grad_(train)

        def once() -> None:
            with torch.set_grad_enabled(train):
                output = own(inputs)
                if train:
                    output.sum().backward()

        return once

    return compare(run(torch.bfloat16), run(torch.float32))


def compare(one: Callable[[], None], other: Callable[[], None]) -> float:
    """The best time of one as a multiple of the best of the other."""
    best = [float("inf")] * 2
    for run in (one, other):
        run()
    for _ in range(TURNS):
        for number, run in enumerate((one, other)):
            started = time.perf_counter()
            run()
            if torch.accelerator.is_available():
                torch.accelerator.synchronize()
            best[number] = min(best[number], time.perf_counter() - started)
    return best[0] / best[1]


if __name__ == "__main__":
    main()
