"""Which options suit the embedded base: one changed at a time from what it recommends.

    python benchmarks/style_sweep.py --data FOLDER [--painter van-gogh]
        [--train learning_rate=2e-3,8e-3 --train steps=90,360] [--transfer strength=0.5,0.7]

A style is trained as the base recommends and once more for every value of a training option; the
first one is used for every value of a transfer option. Each line is one seed on the photographs
that the base has not seen: the share that the judge gives to the style's painter (beside
Monet, Van Gogh and Cézanne there are photographs to choose from), and content retention.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import base_styles
from stylecli.bases.base import load_base
from stylecli.images.writing import grid
from stylecli.registry import load_registry
from stylecli.styles.format import read_style, write_style
from stylecli.styles.style import Style

TRAIN = ("learning_rate=2e-3,8e-3", "steps=90,360", "noise_offset=0.35,1.0")
TRANSFER = (
    "strength=0.45,0.7",
    "guidance=1.5,5.0",
    "style_guidance=false",
    "scheduler=ddim,euler-a",
    "steps=10,40",
)


@dataclass(frozen=True)
class Change:
    """One option with one value."""

    name: str
    value: Any

    def __str__(self) -> str:
        return f"{self.name.replace('_', ' ')} {self.value}"


def changes(given: Sequence[str]) -> Iterator[Change]:
    """Read ``name=value,value``; values are JSON, or words."""
    for one in given:
        name, _, values = one.partition("=")
        for value in values.split(","):
            try:
                yield Change(name, json.loads(value))
            except ValueError:
                yield Change(name, value)


def train(folder: Path, change: Change | None, keep: Path) -> tuple[Style, float]:
    """Train as a user would, in a home of its own, unless it was done before; style and seconds."""
    if keep.is_file():
        return read_style(keep), 0.0
    options = ["--preview-every", "0", "--checkpoint-every", "0"]
    if change:
        options += [f"--{change.name.replace('_', '-')}", str(change.value)]
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        command = ["stylecli", "train", str(folder), "--base", "tiny", "--name", "swept"]
        subprocess.run(
            [sys.executable, "-m", *command, *options],
            check=True,
            capture_output=True,
            env={**os.environ, "STYLECLI_HOME": home},
        )
        seconds = time.perf_counter() - started
        style = read_style(Path(home) / "styles" / "swept.safetensors")
    write_style(style, keep)
    return style, seconds


def main() -> None:
    """Train, repaint, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--painter", choices=base_styles.PAINTERS, default="van-gogh")
    parser.add_argument("--train", action="append", metavar="OPTION=VALUE,…")
    parser.add_argument("--transfer", action="append", metavar="OPTION=VALUE,…")
    parser.add_argument("--photos", type=int, help="only so many of the photographs")
    parser.add_argument("--out", type=Path, default=Path("work/style-sweep"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    registry = load_registry()
    method, spec = registry.method("lora-sdedit"), registry.bases["tiny"]
    base = load_base(spec, Path(spec.source))
    judge = base_styles.judge_of(given.data)
    photos = base_styles.read_all(base_styles.held_out_photos(given.data)[0][: given.photos])
    folder = given.data / "styles" / given.painter
    recommended = dict(spec.recommended("lora-sdedit", "transfer"))

    def show(label: str, style: Style, options: dict[str, Any], note: str = "") -> None:
        rating = base_styles.rate(method, base, style, photos, options)
        own = base_styles.called(judge, rating.outputs)[given.painter]
        print(f"{label}: called {given.painter} {own:.2f}, CR {rating.retention:.2f}{note}")
        sheet = [[(one, "") for one in row[:10]] for row in (photos, rating.outputs)]
        name = "".join(letter if letter.isalnum() or letter == "." else "-" for letter in label)
        grid(sheet, height=128).save(given.out / f"{given.painter}-{name}.png")
        sys.stdout.flush()

    style, seconds = train(folder, None, given.out / f"{given.painter}.safetensors")
    show("recommended", style, recommended, f" ({seconds:.0f} s)")
    for change in changes(given.transfer if given.transfer is not None else TRANSFER):
        show(f"transfer, {change}", style, {**recommended, change.name: change.value})
    for change in changes(given.train if given.train is not None else TRAIN):
        keep = given.out / f"{given.painter}-{change.name}-{change.value}.safetensors"
        other, seconds = train(folder, change, keep)
        show(f"train, {change}", other, recommended, f" ({seconds:.0f} s)")


if __name__ == "__main__":
    main()
