"""Does a style trained on a painter really style photographs?

    python benchmarks/style_transfer.py --data FOLDER [--out FOLDER]

FOLDER holds ``styles/monet``, ``styles/van-gogh``, ``styles/cezanne`` and ``photos`` with
``photos.csv`` (columns file, parent). A style is trained on two thirds of a painter's pictures (200 of
the Monets) as a user would, then photographs are repainted at four strengths with three seeds: with
the style, and by the base alone with the same prompt, seed, steps and guidance. Printed are style
closure against the painter's other pictures, content retention, and deception-lite
(docs/evaluation.md), with the seeds' spread, and whether the main job's rule holds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from stylecli.bases.base import Base, load_base
from stylecli.bases.locate import folder_of
from stylecli.cli.app import main as stylecli
from stylecli.images.reading import list_pictures, read_picture
from stylecli.images.sizing import working_size
from stylecli.images.writing import grid
from stylecli.options import Layer, known_values, resolve
from stylecli.progress import silent
from stylecli.registry import load_registry
from stylecli.sampling.options import SdeditOptions
from stylecli.styles.format import read_style
from stylecli.styles.style import ScaledStyle, Style
from stylecli_metrics.content_retention import content_retention
from stylecli_metrics.deception import Judge, deception, train_judge
from stylecli_metrics.style_closure import style_closure

STRENGTHS = (0.3, 0.45, 0.6, 0.75)
SEEDS = (0, 1, 2)
TRAINED_ON = 2 / 3
PAINTERS = ("monet", "van-gogh", "cezanne")


@dataclass(frozen=True)
class Row:
    """What one strength gave, a value a seed."""

    strength: float
    closure: list[float]
    retention: list[float]
    called: list[float]
    base_closure: list[float]
    base_retention: list[float]
    base_called: list[float]


def main() -> None:
    """Train, repaint, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("work/style-transfer"))
    parser.add_argument("--photos", type=int, default=16)
    parser.add_argument("--method", default="lora-sdedit")
    parser.add_argument("--painter", default="monet", choices=PAINTERS)
    parser.add_argument("--pictures", type=int, help="train on so many of them only")
    parser.add_argument("--style", type=Path, help="rate this style file instead of training one")
    parser.add_argument(
        "--option", action="append", default=[], help="a transfer option, name=value; repeatable"
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    chosen, others, groups = pick_photos(args.data, args.photos)
    trained, reference = split_paintings(args.data, args.painter)
    judge = train_judge(
        {name: pictures(list_pictures(args.data / "styles" / name)) for name in PAINTERS},
        pictures(others),
        photo_groups=groups,
    )
    held_out = dict(zip(judge.classes, judge.held_out, strict=True))
    print(f"judge: {judge.accuracy:.2f} of held-out paintings named rightly (held out: {held_out})")
    style = (
        read_style(args.style) if args.style else train_style(trained[: args.pictures], args.method)
    )
    photos = pictures(chosen)
    untouched = deception(judge, photos, args.painter)
    print(f"photographs called {args.painter}: {untouched.share:.2f}")
    rows, sheet = repaint(style, args.painter, photos, pictures(reference), judge, args.option)
    report(rows)
    grid(sheet, height=192).save(args.out / "grid.png")
    (args.out / "figures.json").write_text(json.dumps([row.__dict__ for row in rows], indent=2))
    print(f"grid: {args.out / 'grid.png'}")


def pick_photos(data: Path, count: int) -> tuple[list[Path], list[Path], list[str]]:
    """Photographs to repaint, the others for the judge, and whose crops those are."""
    rows = [row for row in csv.DictReader((data / "photos.csv").open(encoding="utf-8"))]
    files = {row["file"]: data / "photos" / Path(row["file"]).name for row in rows}
    parents = {
        row["file"]: row["parent"] or row["file"] for row in rows if files[row["file"]].is_file()
    }
    whole = sorted(name for name in parents if parents[name] == name)
    chosen = random.Random(0).sample(whole, count)
    others = [name for name in parents if parents[name] not in chosen]
    return (
        [files[name] for name in chosen],
        [files[name] for name in others],
        [parents[name] for name in others],
    )


def split_paintings(data: Path, painter: str) -> tuple[list[Path], list[Path]]:
    """Two thirds to train on, the rest to compare with."""
    paths = list_pictures(data / "styles" / painter)
    random.Random(0).shuffle(paths)
    count = round(len(paths) * TRAINED_ON)
    return paths[:count], paths[count:]


def pictures(paths: Sequence[Path]) -> list[Image.Image]:
    """Read pictures, at most 256 px on the short side."""
    images = [read_picture(path) for path in paths]
    return [
        image.resize(working_size(*image.size, min(256, *image.size)), Image.Resampling.LANCZOS)
        for image in images
    ]


def train_style(paths: Sequence[Path], method: str) -> Style:
    """Train as a user would, in a home of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "paintings"
        folder.mkdir()
        for path in paths:
            shutil.copyfile(path, folder / path.name)
        os.environ["STYLECLI_HOME"] = str(Path(name) / "home")
        os.environ["STYLECLI_PLUGINS"] = f"{method},tiny"
        families = load_registry().method(method).families
        base = "tiny" if "sd15" in families else "tiny-xl"
        command = f"train {folder} --method {method} --base {base} --name painter --preview-every 0"
        started = time.perf_counter()
        if stylecli(command.split()) != 0:
            raise SystemExit("training failed")
        print(
            f"trained on {len(paths)} paintings in {time.perf_counter() - started:.0f} s, launch to file"
        )
        return read_style(Path(name) / "home" / "styles" / "painter.safetensors")


def repaint(
    style: Style,
    painter: str,
    photos: Sequence[Image.Image],
    reference: Sequence[Image.Image],
    judge: Judge,
    changes: Sequence[str],
) -> tuple[list[Row], list[list[tuple[Image.Image, str]]]]:
    """Repaint with the style and without, and rate both."""
    registry = load_registry()
    method = registry.method(style.method)
    base = load_base(*folder_of(registry.bases[style.provenance.base], silent))
    given = {name: json.loads(value) for name, value in (change.split("=") for change in changes)}
    layers = [
        Layer("--option", given),
        Layer("style", known_values(method.TransferOptions, style.transfer)),
    ]
    options = resolve(method.TransferOptions, layers).options
    rows = []
    sheet = [[(photo, "photo")] for photo in photos[:6]]
    for strength in STRENGTHS:
        row = Row(strength, [], [], [], [], [], [])
        for seed in SEEDS:
            for scale, closure, retention, called in (
                (1.0, row.closure, row.retention, row.called),
                (0.0, row.base_closure, row.base_retention, row.base_called),
            ):
                images = paint(
                    method, base, style, scale, replace(options, strength=strength), photos, seed
                )
                closure.append(style_closure(images, photos, reference).value)
                retention.append(content_retention(images, photos).value)
                called.append(deception(judge, images, painter).share)
                if seed == 0 and strength != 0.75:
                    label = f"{'style' if scale else 'base'} {strength:g}"
                    for line, image in zip(sheet, images, strict=False):
                        line.append((image, label))
        print_row(row)
        rows.append(row)
    return rows, sheet


def paint(
    method: object,
    base: Base,
    style: Style,
    scale: float,
    options: SdeditOptions,
    photos: Sequence[Image.Image],
    seed: int,
) -> list[Image.Image]:
    """One set of outputs."""
    stylizer = method.stylizer(base, [ScaledStyle(style, scale)], options)  # type: ignore[attr-defined]
    return stylizer(photos, [""] * len(photos), [seed] * len(photos))


def print_row(row: Row) -> None:
    """One line a strength: mean and spread over the seeds, the base alone in brackets."""
    cells = [f"strength {row.strength:.2f}"]
    for name, mine, other in (
        ("SC", row.closure, row.base_closure),
        ("CR", row.retention, row.base_retention),
        ("deceived", row.called, row.base_called),
    ):
        cells.append(
            f"{name} {np.mean(mine):.2f} ± {np.std(mine):.2f} [{np.mean(other):.2f} ± {np.std(other):.2f}]"
        )
    print("   ".join(cells), flush=True)


def report(rows: Sequence[Row]) -> None:
    """Say whether the main job's rule holds."""
    late = [row for row in rows if row.strength >= 0.45]
    beats = all(
        np.mean(row.called) - np.mean(row.base_called)
        > max(np.ptp(row.called), np.ptp(row.base_called))
        for row in late
    )
    strong = [
        row.strength
        for row in rows
        if np.mean(row.retention) >= 0.35
        and np.mean(row.called) >= 0.5
        and np.mean(row.base_called) <= 0.2
    ]
    print(
        f"with the style beats without at every strength from .45 up, by more than the seeds' range: {beats}"
    )
    print(
        "strengths with CR >= .35, half or more taken for the painter's, at most a fifth of the base's: "
        f"{strong or 'none'}"
    )


if __name__ == "__main__":
    main()
