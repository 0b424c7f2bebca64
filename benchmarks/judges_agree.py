"""How far figures with weights are from the packages that others measure with, where these are installed.

    python benchmarks/judges_agree.py PICTURES

The networks have random weights, the same on both sides, in the form of the published files; so what
is compared are structures, resizing and formulas. PICTURES is a folder of two pictures or more. Of
each package the largest difference is printed, over the largest value; torchvision, scipy and what
else a package imports must be there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from stylecli_judges import views
from stylecli_judges.frechet import frechet
from stylecli_judges.inception import read_inception
from stylecli_judges.kernels import discrepancy, polynomial
from stylecli_judges.perceptual import read_lpips

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "stylecli_judges"))

Pictures = list[Image.Image]


def main() -> None:
    """Print a line for each comparison."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pictures", type=Path, help="a folder of pictures")
    folder = parser.parse_args().pictures
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".png"))
    pictures = [Image.open(path).convert("RGB") for path in files[:6]]
    comparisons: dict[str, Callable[[Pictures], float]] = {
        "Inception, legacy resize: torch-fidelity": legacy,
        "clean resize, of 255: clean-fid": clean,
        "ArtFID's Inception: art-fid": of_art,
        "LPIPS: lpips": lpips,
        "Fréchet distance: clean-fid": frechet_distance,
        "KID: clean-fid": kid,
    }
    for name, compare in comparisons.items():
        try:
            with torch.inference_mode():
                print(f"{name}: {compare(pictures):.1e}")
        except ImportError as problem:
            print(f"{name}: not to be compared here ({problem})")


@cache
def network(name: str) -> Path:
    """The file of a network with random weights."""
    from random_networks import WEIGHTS, make_network

    return make_network(name, Path(tempfile.mkdtemp())) / next(iter(WEIGHTS[name].files))


def legacy(pictures: Pictures) -> float:
    """Features of whole pictures, their resizing included."""
    theirs = import_module("torch_fidelity.feature_extractor_inceptionv3")
    path = network("inception-fid")
    extract = theirs.FeatureExtractorInceptionV3(
        "inception", ["2048"], feature_extractor_weights_path=str(path)
    )
    own = read_inception(path, of_art=False)
    return max(apart(own(views.legacy(each)), extract(views.pixels(each))[0]) for each in pictures)


def clean(pictures: Pictures) -> float:
    """Pixels."""
    resize = import_module("cleanfid.resize").build_resizer("clean")
    return max(
        apart((views.clean(each) * 128 + 128)[0].permute(1, 2, 0), resize(np.asarray(each)))
        for each in pictures
    )


def of_art(pictures: Pictures) -> float:
    """Features of whole pictures at 512 px."""
    theirs = import_module("art_fid.inception").Inception3(init_weights=False).eval()
    path = network("inception-art")
    theirs.load_state_dict(torch.load(path, weights_only=True), strict=False)
    own = read_inception(path, of_art=True)
    shown = [views.of_art(each) for each in pictures]
    return max(apart(own(each), theirs(each, return_features=True)) for each in shown)


def lpips(pictures: Pictures) -> float:
    """Distances of neighbouring pictures, in colour and in grey."""
    package = import_module("lpips")
    theirs = package.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    alexnet, weights = network("alexnet"), network("lpips-alex")
    state = {**torch.load(alexnet, weights_only=True), **torch.load(weights, weights_only=True)}
    for name, each in theirs.state_dict().items():
        published = f"features.{name.split('.', 2)[-1]}" if name.startswith("net.") else name
        each.copy_(state.get(published, each))
    own = read_lpips(alexnet, weights)
    pairs = [view(*both) for both in pairwise(pictures) for view in (views.pair, views.grey_pair)]
    return max(apart(own(a, b), theirs(2 * a - 1, 2 * b - 1)) for a, b in pairs)


def frechet_distance(pictures: Pictures) -> float:
    """Of made-up features, more than they have dimensions."""
    theirs = import_module("cleanfid.fid").frechet_distance
    one, other = _made_up()
    moments = [each for rows in (one, other) for each in (rows.mean(0), np.cov(rows, rowvar=False))]
    return apart(frechet(one, other), theirs(*moments))


def kid(pictures: Pictures) -> float:
    """Of made-up features."""
    theirs = import_module("cleanfid.fid").kernel_distance
    one, other = _made_up()
    own = discrepancy(one, other, polynomial, unbiased=True).rows().mean()
    return apart(own, theirs(other, one, num_subsets=2))


def _made_up() -> tuple[Any, Any]:
    generator = np.random.default_rng(0)
    return generator.normal(size=(400, 64)), generator.normal(0.1, 1.5, size=(400, 64))


def apart(own: Any, theirs: Any) -> float:
    """The largest difference over the largest value."""
    one, other = (np.asarray(each, dtype=np.float64).ravel() for each in (own, theirs))
    return float(np.abs(one - other).max() / np.abs(other).max())


if __name__ == "__main__":
    main()
