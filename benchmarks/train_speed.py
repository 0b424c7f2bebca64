"""Our training loop against a plain one that encodes every step: steps a second, and launch to file.

    python benchmarks/train_speed.py

Both are whole processes on the same machine, run in turn, with the same base, pictures, batch,
crop and LoRA. The plain loop runs twice: in fp32, which is the default of diffusers' script, and in
the precision that ours chooses. The pictures are made on the spot.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stylecli.demo.materials import paint_style_pictures
from stylecli.progress import silent
from stylecli.registry import load_registry

HERE = Path(__file__).parent


def ours(folder: Path, pictures: Path, turn: int, args: argparse.Namespace) -> tuple[float, float]:
    """Steps a second in the loop, and seconds from launch to file, of ``stylecli train``.

    Every turn has a home of its own: encoding the pictures once is part of the time.
    """
    home = folder / f"home-{turn}"
    command = [
        sys.executable,
        "-m",
        "stylecli",
        "train",
        str(pictures),
        "--base",
        "tiny",
        "--name",
        "speed",
    ]
    command += [
        "--steps",
        str(args.steps),
        "--batch-size",
        str(args.batch_size),
        "--crop-size",
        str(args.crop_size),
    ]
    command += ["--preview-every", "0", "--checkpoint-every", "0"]
    started = time.perf_counter()
    subprocess.run(
        command, check=True, capture_output=True, env={**os.environ, "STYLECLI_HOME": str(home)}
    )
    seconds = time.perf_counter() - started
    lines = (home / "runs" / "speed" / "metrics.jsonl").read_text().splitlines()
    return args.steps / json.loads(lines[-1])["seconds"], seconds


def plain(
    folder: Path, pictures: Path, turn: int, precision: str, args: argparse.Namespace
) -> tuple[float, float]:
    """The same of the plain loop."""
    spec = load_registry().bases["tiny"]
    training = spec.recommended("lora-sdedit", "train")
    command = [
        sys.executable,
        str(HERE / "plain_lora.py"),
        "--base",
        str(spec.source),
        "--pictures",
        str(pictures),
    ]
    command += [
        "--out",
        str(folder / f"plain-{precision}-{turn}"),
        "--steps",
        str(args.steps),
        "--rank",
        str(training["rank"]),
    ]
    command += ["--batch-size", str(args.batch_size), "--crop-size", str(args.crop_size)]
    command += ["--targets", str(training["target_modules"]), "--precision", precision]
    started = time.perf_counter()
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    return json.loads(finished.stdout.splitlines()[-1])["steps_per_second"], seconds


def main() -> None:
    """Run both in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--crop-size", type=int, default=256)
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = folder / "pictures"
        paint_style_pictures(pictures, 36, silent, (args.crop_size + 32, args.crop_size))
        rows = [
            (
                ours(folder, pictures, turn, args),
                plain(folder, pictures, turn, "fp32", args),
                plain(folder, pictures, turn, "auto", args),
            )
            for turn in range(args.turns)
        ]
    print(
        f"{args.steps} steps of batch {args.batch_size}, {args.crop_size} px, median of {args.turns} turns"
    )
    for index, name in (
        (1, "plain loop in fp32, as diffusers' script runs by default"),
        (2, "plain loop, our precision"),
    ):
        rate = statistics.median(row[0][0] / row[index][0] for row in rows)
        whole = statistics.median(row[index][1] / row[0][1] for row in rows)
        print(
            f"{name}: {_median(rows, index, 0):.2f} steps/s against our {_median(rows, 0, 0):.2f} ({rate:.1f} x), "
            f"launch to file {_median(rows, index, 1):.0f} s against our {_median(rows, 0, 1):.0f} s ({whole:.1f} x)"
        )


def _median(rows: list[tuple[tuple[float, float], ...]], which: int, figure: int) -> float:
    return statistics.median(row[which][figure] for row in rows)


if __name__ == "__main__":
    main()
