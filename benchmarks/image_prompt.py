"""What ``transfer --image-cond-scale`` does on the embedded base: is a photo's output nearer to the photo?

    python benchmarks/image_prompt.py --data FOLDER [--photos 12] [--strength 0.7]

Photographs that the base has not seen, repainted in its ready style `monet` as it recommends, with the photo as
picture prompt at several scales: the palette's sliced Wasserstein distance to the photo's (less is nearer), content
retention (more is nearer), and the time a photo, each also as a ratio to scale 0 in the same run.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image

from base_styles import held_out_photos, read_all
from stylecli.bases.base import load_base
from stylecli.options import Layer, resolve
from stylecli.registry import load_registry
from stylecli.sampling.options import SdeditOptions
from stylecli.sampling.sdedit import Sdedit
from stylecli.styles.format import read_style
from stylecli.styles.style import ScaledStyle
from stylecli_metrics.content_retention import content_retention
from stylecli_metrics.distributions import sliced_w1
from stylecli_metrics.palette import PALETTE_GRID, palette

SCALES = (0.0, 0.3, 0.8)


def palette_distance(outputs: list[Image.Image], photos: list[Image.Image]) -> float:
    """The mean over the pairs."""
    return float(
        np.mean(
            [
                sliced_w1(palette(output)[None], palette(photo), PALETTE_GRID).mean()
                for output, photo in zip(outputs, photos, strict=True)
            ]
        )
    )


def main() -> None:
    """Print a row for every scale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--strength", type=float, default=0.7)
    args = parser.parse_args()
    spec = load_registry().bases["tiny"]
    base = load_base(spec, Path(spec.source))
    monet = ScaledStyle(read_style(Path(spec.ready_styles or "") / "monet.safetensors"))
    photos = read_all(held_out_photos(args.data)[0][: args.photos])
    recommended = spec.recommended("lora-sdedit", "transfer")
    base.image_adapter()
    first: tuple[float, float, float] | None = None
    for scale in SCALES:
        layers = [
            Layer("here", {"strength": args.strength, "image_cond_scale": scale}),
            Layer("base", recommended),
        ]
        paint = Sdedit(base, [monet], resolve(SdeditOptions, layers).options)
        paint(photos[:1], [""], [0])
        started = time.perf_counter()
        outputs = paint(photos, [""] * len(photos), [0] * len(photos))
        seconds = (time.perf_counter() - started) / len(photos)
        row = (
            palette_distance(outputs, photos),
            float(content_retention(outputs, photos).value or 0.0),
            seconds,
        )
        first = first or row
        colours, kept, slower = (value / start for value, start in zip(row, first, strict=True))
        print(
            f"scale {scale:.1f}: palette distance {row[0]:.2f} (x {colours:.2f}), content retention {row[1]:.2f} "
            f"(x {kept:.2f}), {row[2]:.2f} s a photo (x {slower:.2f})"
        )


if __name__ == "__main__":
    main()
