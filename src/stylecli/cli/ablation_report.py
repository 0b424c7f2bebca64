"""What ``stylecli train --ablate`` shows: every entry on one page and in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stylecli.cli.ablation import AGAIN, PICTURE, Ablating
from stylecli.cli.console import Reporter, note
from stylecli.cli.eval_metrics import chosen_metrics
from stylecli.cli.eval_plan import Asked, plan_for
from stylecli.cli.eval_report import report_on
from stylecli.cli.eval_settings import Typed
from stylecli.cli.train_setup import Setup
from stylecli.errors import Cancelled
from stylecli.evaluation.evaluate import Evaluated, evaluate
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.images.reading import read_picture
from stylecli.images.writing import grid, save_png
from stylecli.registry import Registry

ROWS = 6


def compare(
    asked: Ablating, registry: Registry, files: Sequence[Path], setup: Setup, as_json: bool
) -> None:
    """Repaint the photos with every style, each at its own settings, and report."""
    wanted = Asked(
        styles=tuple(map(str, files)),
        outputs=(),
        checkpoints=None,
        content=asked.content,
        references=(str(asked.reference or setup.dataset.folder),),
        baseline=None,
        limit=None,
        skip_unpaired=False,
        pair_by_order=False,
        typed=Typed((), {}),
        own_settings=True,
        prompt="",
        base=setup.base_name,
        seed=setup.seed,
        preset="standard",
        overwrite=asked.overwrite,
    )
    styles = wanted.reference_pictures()
    try:
        with Reporter() as progress:
            plan = plan_for(registry, wanted, styles, asked.report / "outputs", progress, note)
            cache = FeatureCache(setup.places.cache / "features")
            found = evaluate(
                plan, chosen_metrics(registry, None, {"content"}), cache, progress, chosen=False
            )
    except Cancelled as stopped:
        raise Cancelled("The comparison was stopped.", AGAIN) from stopped
    report_on(found, asked.report, as_json, None)
    note(f"Picture: {_picture(asked, found)}")
    note(f"Keep one: stylecli styles import {files[0]} --name NAME")


def _picture(asked: Ablating, found: Evaluated) -> Path:
    """One picture to look at: some photos, and what every entry made of them."""
    made = {
        name: dict(zip(found.gallery.content[name], outputs, strict=True))
        for name, outputs in found.gallery.outputs.items()
    }
    photos = [photo for photo in made[asked.name] if all(photo in each for each in made.values())]
    rows = [
        [(read_picture(photo), "photo")]
        + [(read_picture(outputs[photo]), name) for name, outputs in made.items()]
        for photo in photos[:ROWS]
    ]
    path = asked.report / PICTURE
    save_png(grid(rows, height=192), path, {"ablation": list(made)})
    return path
