"""The four methods on the embedded bases: the same painters, the same photographs, side by side.

    python benchmarks/methods_compared.py --data FOLDER [--out FOLDER] [--only costs] [--quick]

FOLDER holds ``styles/monet``, ``styles/van-gogh``, ``styles/cezanne`` and ``photos`` with
``photos.csv``. Every method learns each painter from two thirds of the pictures (`dreambooth` from 20
of them: it paints two class pictures for each), as its base recommends. The photographs that the bases
have not seen are repainted at a ladder of strengths, with the style and by the base alone, and measured
by ``stylecli eval`` against the other third. `lora-sdedit`, `dreambooth` and `lsast` are on `tiny`,
`sdxl-lora` on `tiny-xl`: it is to be compared with its own base.

Written are ``tables.md`` (at each method's own settings; at equal content retention; what it costs),
and, of the photographs of ``--show``, a picture for each painter. All that is done is kept in the output
folder, and a command that is given again goes on; a measured cost is not measured anew. ``--page FILE``
puts the tables into a page, in place of those in it. The costs alone, on a quiet machine:

    python benchmarks/methods_compared.py --data FOLDER --only costs --out work/quiet --page docs/methods-compared.md
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from base_styles import PAINTERS, held_out_photos
from child_runs import Cost, run, run_stylecli
from methods_bench import BASES, FEW, FEWER, LADDER, MANY, Bench
from methods_page import write_tables
from methods_picture import paint_picture
from style_transfer import split_paintings


def main() -> None:
    """Train, measure, repaint, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("work/methods-compared"))
    parser.add_argument("--painter", action="append", choices=PAINTERS, help="repeatable")
    parser.add_argument("--method", action="append", choices=list(BASES), help="repeatable")
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--turns", type=int, default=2, help="of the timed transfers, in turn")
    parser.add_argument("--only", choices=("costs", "figures", "tables", "picture"))
    parser.add_argument(
        "--show", type=Path, help="photographs for the picture; default: the demo's"
    )
    parser.add_argument("--page", type=Path, help="a page whose tables are replaced")
    parser.add_argument("--quick", action="store_true", help="only try the script")
    args = parser.parse_args()
    bench = Bench(args.out.absolute(), args.quick, tuple(args.method or BASES))
    painters = tuple(args.painter or ("monet", "van-gogh"))
    photos = 4 if bench.quick else args.photos
    write_data(args.data, bench.out / "data", photos, 6 if bench.quick else None)
    if args.only in (None, "costs"):
        measure_costs(bench, painters[0], args.turns)
    if args.only in (None, "figures"):
        for painter in painters:
            for method in bench.methods:
                judge(bench, method, painter)
                write_tables(bench, painters, args.page)
    write_tables(bench, painters, args.page)
    if args.only in (None, "picture"):
        for painter in painters:
            bases = {method: BASES[method] for method in bench.methods}
            styles = {method: bench.style(method, painter) for method in bases}
            figures = {method: bench.figures(method, painter) for method in bases}
            place = paint_picture(
                bench.out, painter, args.show, bases, styles, figures, bench.quick
            )
            print(f"picture: {place}")


def write_data(data: Path, place: Path, photos: int, most: int | None) -> None:
    """Copy what is learnt from, what is measured against, and the photographs, into folders."""
    if place.exists():
        return
    for painter in PAINTERS:
        trained, reference = split_paintings(data, painter)
        _copy(trained[:most], place / "train" / painter)
        for method, count in FEWER.items():
            _copy(trained[:count][:most], place / f"train-{method}" / painter)
        _copy(reference, place / "references" / painter)
    whole = held_out_photos(data)[0]
    _copy(whole[:photos], place / "photos")
    _copy(whole[:FEW], place / "few")
    _copy(whole[: min(MANY, photos)], place / "many")


def _copy(files: Sequence[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, folder / file.name)


def train(bench: Bench, method: str, painter: str) -> Cost:
    """Train a style as a user would, in a home of its own: nothing is cached."""

    def measure() -> Cost:
        home = bench.out / painter / method / "home"
        shutil.rmtree(home, ignore_errors=True)
        kind = f"train-{method}" if method in FEWER else "train"
        words = ["train", bench.out / "data" / kind / painter, "--method", method]
        words += ["--base", BASES[method], "--name", painter, "--preview-every", "0"]
        words += ["--steps", "4"] if bench.quick else []
        return run_stylecli(words, home, bench.out / "log.txt")

    return bench.measured(f"train-{method}-{painter}", measure)


def measure_costs(bench: Bench, painter: str, turns: int) -> None:
    """Training, and photographs repainted at the recommended settings, the methods in turn."""
    for method in bench.methods:
        train(bench, method, painter)
    libraries = [sys.executable, "-c", "import torch, diffusers, transformers"]
    bench.measured("libraries", lambda: run(libraries, bench.out / "log.txt"))
    for turn in range(turns):
        for method in bench.methods:
            for folder in ("few", "many"):
                name = f"transfer-{method}-{folder}-{turn}"
                bench.measured(name, lambda m=method, f=folder: repaint(bench, m, painter, f))


def repaint(bench: Bench, method: str, painter: str, folder: str) -> Cost:
    """Repaint a folder of photographs, and throw the results away."""
    place = bench.out / "thrown-away"
    shutil.rmtree(place, ignore_errors=True)
    words = ["transfer", bench.out / "data" / folder, "--style", bench.style(method, painter)]
    words += ["--base", BASES[method], "-o", place, *(["--steps", "4"] if bench.quick else [])]
    return run_stylecli(words, bench.out / "home", bench.out / "log.txt")


def judge(bench: Bench, method: str, painter: str) -> None:
    """Repaint at every strength, with the style and by the base alone, and measure."""
    train(bench, method, painter)
    done = bench.figures(method, painter).with_name("report.html")
    if done.exists():
        return
    data = bench.out / "data"
    words = [
        "eval",
        "--style",
        bench.style(method, painter),
        "--with-base",
        "--base",
        BASES[method],
    ]
    words += ["--content", data / "photos", "--reference", data / "references"]
    words += ["--strength", ",".join(map(str, LADDER)), *bench.fast("--set")]
    words += ["--report", done.parent, "--overwrite"]
    cost = run_stylecli(words, bench.out / "home", bench.out / "log.txt")
    print(f"{method} as {painter}: judged in {cost.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
