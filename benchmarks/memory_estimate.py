"""What training whole parts of a base was estimated to need, beside what it was measured to need.

    python benchmarks/memory_estimate.py [--base tiny|sd15]

Each row is a process of its own that makes two steps of AdamW. On a CPU it is the denoiser of `tiny`
in fp32, and what the process held more at its fullest than before; on CUDA SD 1.5's size with
matrices of zeros, denoiser and text encoder in bf16 with fp32 weights, 8 pictures of 512 px, and the most that
tensors held.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import torch

from random_base import write_random_base
from stylecli.bases.base import Base, load_base
from stylecli.bases.spec import BaseSpec
from stylecli.registry import load_registry
from stylecli.training.memory import WholeTraining, memory_needed

Row = tuple[str, int, int, bool]
"""Base, pictures, side in pixels, checkpointed gradients."""

TINY: list[Row] = [
    ("tiny", pictures, 256, checkpointing) for pictures in (2, 8) for checkpointing in (False, True)
] + [("tiny", 4, 384, False), ("tiny", 4, 128, False)]
LARGE: list[Row] = [("sd15", 8, 512, False), ("sd15", 8, 512, True)]


def measured(base: Base, training: WholeTraining) -> int:
    """Bytes at the fullest of two steps."""
    on_cpu = base.device.type == "cpu"
    _first_kernels(base.device)
    before = psutil.Process().memory_info().rss
    models = {
        part: (base.denoiser if part == "unet" else base.text_encoder) for part in training.parts
    }
    for part, model in models.items():
        model.float().requires_grad_(True).train()
        if training.checkpointing and part == "unet":
            model.enable_gradient_checkpointing()
        elif training.checkpointing:
            model.activation_checkpointing_enable()
    weights = [value for model in models.values() for value in model.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=1e-6)
    cells = training.side // base.pixels_per_latent
    latents = torch.randn(training.pictures, 4, cells, cells, device=base.device)
    timesteps = torch.full((training.pictures,), 500, device=base.device)
    if not on_cpu:
        torch.cuda.reset_peak_memory_stats()
    for _ in range(2):
        conditions = base.contexts(
            ["a painting"] * training.pictures, trainable="text_encoder" in training.parts
        )
        (base.predict(latents, timesteps, conditions) - latents).square().mean().backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    if on_cpu:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    return torch.cuda.max_memory_allocated()


def _first_kernels(device: torch.device) -> None:
    """Let torch load what it loads when it first computes: that is no part of a training."""
    layer = torch.nn.Conv2d(8, 8, 3, device=device)
    layer(torch.ones(1, 8, 8, 8, device=device)).mean().backward()
    torch.optim.AdamW(layer.parameters()).step()


def row(name: str, pictures: int, side: int, checkpointing: bool, folder: Path) -> dict[str, float]:
    """Estimate and measure in this process."""
    if name == "tiny":
        spec = load_registry().bases["tiny"]
        base = load_base(spec, Path(spec.source), "fp32", torch.device("cpu"))
        parts: tuple[str, ...] = ("unet",)
    else:
        spec = BaseSpec(name="random", family="sd15", source=folder)
        base = load_base(spec, folder, "bf16", torch.device("cuda"))
        parts = ("unet", "text_encoder")
    if name == "tiny":
        # It stays loaded in the measurement, for the prompts, and is no part of what is asked.
        base.contexts(["a painting"])
    training = WholeTraining(parts, pictures, pictures, side, checkpointing)
    started = time.perf_counter()
    estimate = memory_needed(base, training).total
    seconds = time.perf_counter() - started
    return {"estimate": estimate, "measured": measured(base, training), "seconds": seconds}


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", choices=("tiny", "sd15"), help="Only the rows of this one.")
    parser.add_argument("--row", help="One row in this process, as JSON.")
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    if args.row:
        print(json.dumps(row(*json.loads(args.row), args.folder)))
        return
    print(
        f"{'base':6s} {'pictures':>8s} {'px':>4s} {'checkpointed':>12s}  estimate  measured  ratio"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "random"
        rows = [one for one in (*TINY, *LARGE) if args.base in (None, one[0])]
        if torch.cuda.is_available() and args.base != "tiny":
            write_random_base(folder, spread=0)
        for one in rows:
            print(_line(one, folder), flush=True)


def _line(one: Row, folder: Path) -> str:
    start = f"{one[0]:6s} {one[1]:8d} {one[2]:4d} {'yes' if one[3] else 'no':>12s}"
    if one[0] == "sd15" and not torch.cuda.is_available():
        return f"{start}  not measured: no CUDA device"
    command = [sys.executable, __file__, "--row", json.dumps(one), "--folder", str(folder)]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    got = json.loads(finished.stdout.splitlines()[-1])
    return (
        f"{start} {got['estimate'] / 1e6:6.0f} MB {got['measured'] / 1e6:6.0f} MB "
        f"{got['estimate'] / got['measured']:6.2f}   (estimated in {got['seconds']:.1f} s)"
    )


if __name__ == "__main__":
    main()
