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
folder, and a command that is given again goes on; a measured cost is not measured anew. For the costs of
a quiet machine: ``--only costs --out`` another folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from base_styles import PAINTERS, held_out_photos
from child_runs import Cost, run, run_stylecli
from methods_picture import paint_picture
from methods_tables import cost_table, equal_table, own_table
from style_transfer import split_paintings

BASES = {"lora-sdedit": "tiny", "dreambooth": "tiny", "lsast": "tiny", "sdxl-lora": "tiny-xl"}
FEWER = {"dreambooth": 20}
"""Methods that learn from so many pictures only."""

LADDER = (0.45, 0.6, 0.7, 0.85)
FEW, MANY = 4, 12
"""Photographs of the two commands whose difference is what one takes: starting and loading fall out."""


@dataclass(frozen=True)
class Bench:
    """Where everything is.

    Attributes:
        out: The output folder.
        quick: Whether only the script is tried: a few steps, a few photographs.
        methods: The methods, the first one the measure of costs.
    """

    out: Path
    quick: bool
    methods: tuple[str, ...]

    def style(self, method: str, painter: str) -> Path:
        """The style file."""
        return self.out / painter / method / "home" / "styles" / f"{painter}.safetensors"

    def figures(self, method: str, painter: str) -> Path:
        """What the evaluation found."""
        return self.out / painter / method / "eval" / "eval.json"

    def fast(self, option: str) -> list[str]:
        """Fewer steps, where the script is only tried."""
        return [option, "steps=4"] if self.quick else []

    def measured(self, name: str, measure: Callable[[], Cost]) -> Cost:
        """A cost: from its file, else measured and kept."""
        file = self.out / "costs" / f"{name}.json"
        if not file.exists():
            found = measure()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(asdict(found)))
            print(f"{name}: {found.seconds:.1f} s, {found.peak_mb:.0f} MB", flush=True)
        return Cost(**json.loads(file.read_text()))


def main() -> None:
    """Train, measure, repaint, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("work/methods-compared"))
    parser.add_argument("--painter", action="append", choices=PAINTERS, help="repeatable")
    parser.add_argument("--method", action="append", choices=list(BASES), help="repeatable")
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--turns", type=int, default=2, help="of the timed transfers, in turn")
    parser.add_argument("--only", choices=("costs", "figures", "picture"))
    parser.add_argument(
        "--show", type=Path, help="photographs for the picture; default: the demo's"
    )
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
                write_tables(bench, painters)
    write_tables(bench, painters)
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


def write_tables(bench: Bench, painters: Sequence[str]) -> None:
    """Write the tables of all that is there."""
    known = {
        painter: {
            method: bench.figures(method, painter)
            for method in bench.methods
            if bench.figures(method, painter).exists()
        }
        for painter in painters
    }
    parts = [
        table
        for painter, files in known.items()
        if files
        for table in (f"## {painter}", own_table(files, BASES), equal_table(files, BASES))
    ]
    costs = {file.stem: Cost(**json.loads(file.read_text())) for file in bench.out.glob("costs/*")}
    whole = [method for method in bench.methods if f"transfer-{method}-many-0" in costs]
    if whole:
        parts += ["## costs", cost_table(rows_of_costs(bench, whole, painters[0], costs))]
    (bench.out / "tables.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def rows_of_costs(
    bench: Bench, methods: Sequence[str], painter: str, costs: dict[str, Cost]
) -> dict[str, dict[str, float]]:
    """For each method what it took, by name."""
    rows = {}
    for method in methods:
        turns = [
            (found, costs[name.replace("-many-", "-few-")])
            for name, found in costs.items()
            if name.startswith(f"transfer-{method}-many-")
            and name.replace("-many-", "-few-") in costs
        ]
        more = len(list((bench.out / "data" / "many").iterdir())) - FEW
        apart = [(many.seconds - few.seconds) / max(more, 1) for many, few in turns]
        trained = costs[f"train-{method}-{painter}"]
        rows[method] = {
            "train_seconds": trained.seconds,
            "train_mb": trained.peak_mb,
            "photo_seconds": statistics.median(apart),
            "transfer_mb": max(many.peak_mb for many, _ in turns),
            "file_kb": bench.style(method, painter).stat().st_size / 1e3,
            "libraries_mb": costs["libraries"].peak_mb,
        }
    return rows


if __name__ == "__main__":
    main()
