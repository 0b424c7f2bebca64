"""Does lsast's attention head tell painters apart where the released single-vector head over-fits?

    python benchmarks/lsast_heads.py --data FOLDER [--out FOLDER] [--photos 20]

FOLDER as for style_transfer.py. Both heads are trained on two thirds of each of three painters'
pictures, with one seed and one schedule, then the same photographs are repainted. Printed is for
each head the matrix of every output set's energy distance, by the features phi-v1, to every
painter's other pictures: a head that tells painters apart has its smallest value of each row on the
diagonal. Last, one figure a head: how much nearer outputs are to their own painter than to the
others, as a share of how far the painters are apart.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from style_transfer import PAINTERS, pick_photos, pictures, split_paintings
from stylecli.cli.app import main as stylecli
from stylecli.images.reading import list_pictures
from stylecli_metrics.energy import energy_distance
from stylecli_metrics.features import phi_v1

HEADS = ("attention", "single")


def main() -> None:
    """Train six styles, repaint, print two matrices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("work/lsast-heads"))
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--option", action="append", default=[], help="a training option; repeatable"
    )
    args = parser.parse_args()
    chosen, _, _ = pick_photos(args.data, args.photos)
    references = {
        painter: phi_v1(pictures(split_paintings(args.data, painter)[1])) for painter in PAINTERS
    }
    apart = {
        pair: energy_distance(references[pair[0]], references[pair[1]])
        for pair in itertools.combinations(PAINTERS, 2)
    }
    listed = ", ".join(f"{one} and {other} {far:.3f}" for (one, other), far in apart.items())
    print(f"painters apart: {listed}")
    photos = phi_v1(pictures(chosen))
    print_row("photographs", [energy_distance(photos, there) for there in references.values()])
    for head in HEADS:
        made = {
            painter: outputs(
                args.data, painter, head, chosen, args.out / head, args.seed, args.option
            )
            for painter in PAINTERS
        }
        matrix = np.array(
            [
                [energy_distance(out, there) for there in references.values()]
                for out in made.values()
            ]
        )
        print(f"\n{head} head: distance of outputs in a style (rows) to a painter (columns)")
        print_row("", list(PAINTERS))
        for painter, row in zip(PAINTERS, matrix, strict=True):
            print_row(painter, list(row))
        right = int((matrix.argmin(axis=1) == np.arange(len(PAINTERS))).sum())
        columns = int((matrix.argmin(axis=0) == np.arange(len(PAINTERS))).sum())
        own = float(np.diag(matrix).mean())
        others = float((matrix.sum() - np.trace(matrix)) / (matrix.size - len(matrix)))
        print(
            f"nearest to their own painter: {right} of {len(matrix)} sets; nearest set to each painter is its "
            f"own: {columns} of {len(matrix)}; own {own:.3f}, others {others:.3f}, "
            f"({(others - own) / np.mean(list(apart.values())):+.3f} of the painters' distance)",
            flush=True,
        )


def outputs(
    data: Path,
    painter: str,
    head: str,
    photos: list[Path],
    place: Path,
    seed: int,
    options: list[str],
) -> NDArray[np.float64]:
    """Features of the photographs in a style that is trained now, unless they are there."""
    folder = place / painter
    if not folder.is_dir():
        with tempfile.TemporaryDirectory() as name:
            home, paintings, content = (Path(name) / part for part in ("home", painter, "photos"))
            os.environ["STYLECLI_HOME"] = str(home)
            for target, sources in (
                (paintings, split_paintings(data, painter)[0]),
                (content, photos),
            ):
                target.mkdir()
                for path in sources:
                    shutil.copyfile(path, target / path.name)
            train = f"train {paintings} --method lsast --base tiny --head {head} --seed {seed} --preview-every 0"
            run([*train.split(), *options])
            run(["transfer", str(content), "--style", painter, "-o", str(Path(name) / "made")])
            shutil.copytree(Path(name) / "made", folder)
    return phi_v1(pictures(list_pictures(folder)))


def run(command: list[str]) -> None:
    """Run stylecli or give up."""
    if stylecli(command) != 0:
        raise SystemExit(f"failed: stylecli {' '.join(command)}")


def print_row(label: str, values: list[float] | list[str]) -> None:
    """One line of a table."""
    cells = [value if isinstance(value, str) else f"{value:.3f}" for value in values]
    print(f"{label:14s}" + "".join(f"{cell:>12s}" for cell in cells))


if __name__ == "__main__":
    main()
