"""What the autoencoder's phase of lora-sdedit learns: the error on style pictures that it has not seen.

    python benchmarks/vae_phase.py                      # the project's own painter, made on the spot
    python benchmarks/vae_phase.py --pictures FOLDER    # any pictures in a style

Two thirds of the pictures are trained on, as `tiny` recommends it and with the published modules alone;
the error on the others, by the same measure as the loss, is given as a ratio to the untouched base's.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.lora import add_lora, remove_lora
from stylecli.datasets.folder import Dataset, read_dataset
from stylecli.demo.materials import paint_style_pictures
from stylecli.images.tensors import to_pictures
from stylecli.options import Layer, resolve
from stylecli.progress import silent
from stylecli.registry import load_registry
from stylecli.training.loop import fit
from stylecli.training.reconstruction import Pictures, picture_distance, reconstruction_loss
from stylecli_lora_sdedit.options import LoraOptions, vae_phase

SIDE = 192


def errors(base: Base, pixels: torch.Tensor) -> tuple[float, float, torch.Tensor]:
    """Distance as the loss has it, root mean square in 8-bit levels, and the latents."""
    mean, _ = base.encode(pixels)
    again = base.decode(mean)
    levels = torch.stack(
        [
            torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).float()
            for picture in (*to_pictures(again), *to_pictures(pixels))
        ]
    )
    made, wanted = levels.chunk(2)
    return (
        float(picture_distance(again, pixels)),
        float((made - wanted).square().mean().sqrt()),
        mean,
    )


def main() -> None:
    """Train with each set of modules and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    args = parser.parse_args()
    spec = load_registry().bases["tiny"]
    recommended = resolve(
        LoraOptions, [Layer("base", spec.recommended("lora-sdedit", "train"))]
    ).options
    with tempfile.TemporaryDirectory() as name:
        folder = args.pictures or Path(name) / "pictures"
        if args.pictures is None:
            paint_style_pictures(folder, 60, silent, (256, 224))
        every = read_dataset(folder)
        seen = replace(every, items=every.items[::3] + every.items[1::3])
        unseen = Pictures(
            replace(every, items=every.items[2::3]),
            replace(recommended, crop="center", flip=False),
            SIDE,
            silent,
        )
        import numpy as np

        pixels = unseen.batch(range(min(24, len(unseen))), np.random.default_rng(0)).pixels
        print(
            f"{len(seen.items)} pictures trained on, {len(pixels)} others measured, {args.steps} steps"
        )
        for what, targets in (
            ("as tiny recommends", recommended.vae_target_modules),
            ("to_q,to_k,to_v of the middle alone", "to_q,to_k,to_v"),
        ):
            options = replace(recommended, vae_steps=args.steps, vae_target_modules=targets)
            print(f"{what}: {learnt(seen, options, pixels, Path(name) / targets)}")


def learnt(seen: Dataset, options: LoraOptions, pixels: torch.Tensor, folder: Path) -> str:
    """Train one and say what became of the error."""
    spec = load_registry().bases["tiny"]
    base = load_base(spec, Path(spec.source), "fp32", torch.device("cpu"))
    distance, deviation, latents = errors(base, pixels)
    lora = add_lora(base, options.shape("vae"), 0, "vae")
    phase = replace(vae_phase(options), checkpoint_every=0)
    started = time.perf_counter()
    fit(
        lora.named_parameters(),
        reconstruction_loss(base),
        Pictures(seen, phase, options.vae_crop_size, silent),
        phase,
        seed=0,
        folder=folder,
        dtype=torch.float32,
        resume=False,
        progress=silent,
    )
    seconds = time.perf_counter() - started
    after, rest, moved = errors(base, pixels)
    remove_lora(base)
    drift = float((moved - latents).std() / latents.std())
    return (
        f"distance {distance:.4f} -> {after:.4f} ({after / distance:.3f}), "
        f"deviation {deviation:.1f} -> {rest:.1f} levels ({rest / deviation:.3f}), "
        f"latents moved by {drift:.2f} of their deviation, {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
