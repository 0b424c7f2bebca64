"""How long an evaluation takes a picture, and whether its memory grows with their number.

    python benchmarks/eval_speed.py [--pictures FOLDER] [--small 50] [--large 400]

The whole program, once for each number of outputs, each in a process of its own with an empty feature
cache, then again with a full one. Without a folder, pictures are made: 640 x 480, smooth with noise.
Seconds include the start of Python and the reports; the ratio of memory is what to look at: it is 1 where
only features stay, and would be near large / small if pictures did.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

REFERENCES = 40


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, help="a folder of photos instead of made ones")
    parser.add_argument("--small", type=int, default=50)
    parser.add_argument("--large", type=int, default=400)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores")
    memory = {}
    for count in (options.small, options.large):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            prepare(folder, count, options.pictures)
            measured = 2 * count + REFERENCES
            for cache in ("empty", "full"):
                seconds, peak = run(folder)
                if cache == "empty":
                    memory[count] = peak
                print(
                    f"{count} outputs of {count} photos, {REFERENCES} references, cache {cache}: "
                    f"{seconds:.1f} s, {seconds / measured:.3f} s a picture, peak {peak:.0f} MB"
                )
    ratio = memory[options.large] / memory[options.small]
    print(
        f"memory at {options.large} over that at {options.small}: {ratio:.2f} "
        f"(pictures: {options.large / options.small:.0f} times as many)"
    )


def prepare(folder: Path, count: int, pictures: Path | None) -> None:
    """Photos, outputs and references: different files."""
    sources = sorted(path for path in pictures.iterdir() if path.is_file()) if pictures else []
    for kind, number, seed in (
        ("photos", count, 0),
        ("outputs", count, 1),
        ("refs", REFERENCES, 2),
    ):
        (folder / kind).mkdir(parents=True)
        for index in range(number):
            target = folder / kind / f"{index:04d}.jpg"
            if sources and kind == "photos":
                with Image.open(sources[index % len(sources)]) as image:
                    image.convert("RGB").save(target, quality=94 - index // len(sources))
            else:
                made(seed, index).save(target, quality=92)


def made(seed: int, index: int) -> Image.Image:
    """A picture of its own: smooth colours and noise."""
    random = np.random.default_rng([seed, index])
    coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((640, 480), Image.Resampling.BICUBIC), dtype=np.float64)
    noisy = smooth + random.normal(0, 12 + 6 * seed, smooth.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def run(folder: Path) -> tuple[float, float]:
    """Seconds and peak memory in MB of one evaluation with a report."""
    shutil.rmtree(folder / "report", ignore_errors=True)
    words = ["eval", "--outputs", "outputs", "--content", "photos", "--reference", "refs"]
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "stylecli", *words, "--report", "report"],
        cwd=folder,
        env={**os.environ, "STYLECLI_HOME": str(folder / "home")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"stylecli eval failed with {os.waitstatus_to_exitcode(status)}")
    scale = 1024 if sys.platform == "darwin" else 1
    return seconds, usage.ru_maxrss / 1024 / scale


if __name__ == "__main__":
    main()
