"""The command ``python -m stylecli_tiny.recipe``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from stylecli_tiny.recipe.settings import STAGES, Budget, Settings, Sizes
from stylecli_tiny.recipe.stages import Recipe

_MADE_ANEW = {"tokenizer", "vae"}
"""Stages that --init leaves out: the denoiser that comes along knows only the old parts."""
_CONTINUED = {"refine"}
"""Stages that only make sense with --init."""


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m stylecli_tiny.recipe",
        description="Make the embedded base: pictures in, a diffusers pipeline folder out. "
        "Run the same command again to go on where it stopped.",
    )
    places = parser.add_argument_group("places")
    places.add_argument("--paintings", type=Path, metavar="DIR", help="folder of paintings")
    places.add_argument(
        "--photos", type=Path, nargs="+", default=[], metavar="DIR", help="folders of photographs"
    )
    places.add_argument("--work", type=Path, metavar="DIR", required=True, help="scratch folder")
    places.add_argument("--out", type=Path, metavar="DIR", help="folder to write the family to")
    places.add_argument("--init", type=Path, metavar="PIPELINE", help="continue from a pipeline")
    places.add_argument(
        "--evaluate", type=Path, metavar="PIPELINE", help="only measure an existing pipeline"
    )
    training = parser.add_argument_group("training")
    training.add_argument("--vae-minutes", type=float, help="default: 22, unless --vae-steps")
    training.add_argument("--vae-steps", type=int)
    training.add_argument("--unet-minutes", type=float, help="default: 80, unless --unet-steps")
    training.add_argument("--unet-steps", type=int)
    training.add_argument("--xl-minutes", type=float, help="default: 80, unless --xl-steps")
    training.add_argument("--xl-steps", type=int)
    training.add_argument(
        "--extras-minutes",
        type=float,
        help="for each of ControlNet and IP-Adapter; default: 30, unless --extras-steps",
    )
    training.add_argument("--extras-steps", type=int)
    training.add_argument("--vae-rate", type=float, default=1.5e-3, help="peak (%(default)s)")
    training.add_argument(
        "--unet-rate", type=float, help="peak (default: 1.3e-3, or 5e-4 with --init)"
    )
    training.add_argument(
        "--unet-batch", type=int, default=16, help="crops a step; more on a GPU (%(default)s)"
    )
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's)")
    training.add_argument(
        "--stages",
        nargs="+",
        choices=STAGES,
        metavar="STAGE",
        help=f"only these of: {', '.join(STAGES)} (with --init: no tokenizer, no vae)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the recipe, or measure a pipeline."""
    parser = build_parser()
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    settings = Settings(
        work=given.work,
        out=given.out,
        paintings=given.paintings,
        photos=tuple(given.photos),
        init=given.init,
        seed=given.seed,
        vae_budget=_budget(given.vae_minutes, given.vae_steps, 22),
        unet_budget=_budget(given.unet_minutes, given.unet_steps, 80),
        xl_budget=_budget(given.xl_minutes, given.xl_steps, 80),
        extras_budget=_budget(given.extras_minutes, given.extras_steps, 30),
        vae_rate=given.vae_rate,
        unet_rate=given.unet_rate or (5e-4 if given.init else 1.3e-3),
        sizes=Sizes(unet_batch=given.unet_batch),
    )
    recipe = Recipe(settings, partial(print, flush=True))
    if given.evaluate:
        recipe.evaluate(given.evaluate)
        return
    stages = given.stages or [
        s for s in STAGES if s not in (_MADE_ANEW if given.init else _CONTINUED)
    ]
    if given.out is None and {"assemble", "evaluate"} & set(stages):
        parser.error("--out is needed, unless --stages leaves out assemble and evaluate")
    recipe.run(stages)


def _budget(minutes: float | None, steps: int | None, default: float) -> Budget:
    if minutes is None and steps is None:
        return Budget(minutes=default)
    return Budget(minutes=minutes, steps=steps)


if __name__ == "__main__":
    main()
