"""What training denoiser and text encoder costs: memory and speed, against a plain loop.

    python benchmarks/three_parts.py

On `tiny`, against a plain loop that encodes every picture and caption at every step, as diffusers' script
does, whole processes in turn. For SD 1.5's size see `full_size.py --rows three-parts,monet`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from stylecli.demo.materials import paint_style_pictures
from stylecli.progress import silent
from stylecli.registry import load_registry

HERE = Path(__file__).parent
PARTS = ("unet", "unet,text-encoder")


def ours(pictures: Path, home: Path, *arguments: object) -> dict[str, Any]:
    """What ``stylecli train`` says of a run, and the process's peak memory in bytes."""
    command = [sys.executable, "-m", "stylecli", "train", str(pictures), "--name", "cost", "--json"]
    command += ["--preview-every", "0", "--checkpoint-every", "0", *map(str, arguments)]
    said, peak = measured(command, {"STYLECLI_HOME": str(home)})
    training: dict[str, Any] = json.loads(said)["training"]
    return {**training, "peak": peak}


def measured(command: list[str], environment: dict[str, str]) -> tuple[str, int]:
    """A process's standard output and the most memory that it held, in bytes."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(
            command, stdout=said, stderr=told, text=True, env={**os.environ, **environment}
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            told.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{told.read()}")
        said.seek(0)
        return said.read(), usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def phase(training: dict[str, Any], name: str) -> dict[str, Any]:
    """One phase of a run."""
    return next(one for one in training["phases"] if one["name"] == name)


def on_tiny(folder: Path, args: argparse.Namespace) -> None:
    """Print ours against the plain loop on the embedded base."""
    spec = load_registry().bases["tiny"]
    recommended = spec.recommended("lora-sdedit", "train")
    pictures = folder / "pictures"
    paint_style_pictures(pictures, 36, silent, (args.crop_size + 32, args.crop_size))
    for parts in PARTS:
        ratios = []
        for turn in range(args.turns):
            run = ours(
                *(pictures, folder / f"{parts}-{turn}", "--base", "tiny", "--train-modules", parts),
                *("--steps", args.steps, "--batch-size", args.batch_size),
                *("--crop-size", args.crop_size, "--precision", "fp32"),
            )
            command = [sys.executable, str(HERE / "plain_lora.py"), "--base", str(spec.source)]
            command += ["--pictures", str(pictures), "--out", str(folder / f"plain-{parts}-{turn}")]
            command += ["--steps", str(args.steps), "--batch-size", str(args.batch_size)]
            command += ["--crop-size", str(args.crop_size), "--rank", str(recommended["rank"])]
            command += ["--targets", str(recommended["target_modules"]), "--precision", "fp32"]
            command += ["--train-text-encoder"] if "text-encoder" in parts else []
            said, peak = measured(command, {})
            plain_rate = json.loads(said.splitlines()[-1])["steps_per_second"]
            rate = args.steps / phase(run, "training")["seconds"]
            ratios.append((rate / plain_rate, run["peak"] / peak, rate, run["peak"]))
        speed, memory, rate, held = (
            statistics.median(column) for column in zip(*ratios, strict=True)
        )
        print(
            f"tiny, {args.crop_size} px, batch {args.batch_size}, {parts}: {rate:.2f} steps/s, {speed:.2f} x the plain "
            f"loop's; whole process at most {held / 1e9:.2f} GB, {memory:.2f} x the plain loop's"
        )


def main() -> None:
    """Print all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--crop-size", type=int, default=128)
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        on_tiny(Path(name), args)


if __name__ == "__main__":
    main()
