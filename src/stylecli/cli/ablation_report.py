"""What ``stylecli train --ablate`` shows: every entry on one page, repainting photos and from text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from stylecli.cli.ablation import AGAIN, PAGE, PICTURE, TEXTS, Ablating
from stylecli.cli.ablation_page import page_of
from stylecli.cli.ablation_text import text_plan
from stylecli.cli.console import Reporter, note, out, print_json, warn
from stylecli.cli.eval_metrics import chosen_metrics
from stylecli.cli.eval_plan import Asked, plan_for
from stylecli.cli.eval_settings import Typed
from stylecli.cli.eval_table import print_evaluation
from stylecli.cli.train_setup import Setup
from stylecli.errors import Cancelled
from stylecli.evaluation.evaluate import Evaluated, evaluate
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.report.record import json_of
from stylecli.evaluation.report.writing import write_report
from stylecli.files import write_text_whole
from stylecli.images.reading import read_picture
from stylecli.images.writing import grid, save_png
from stylecli.registry import Registry

ROWS = 6
WHOLE = "nothing left out"


def compare(
    asked: Ablating, registry: Registry, files: Sequence[Path], setup: Setup, as_json: bool
) -> None:
    """Repaint the photos with every style at its own settings, make pictures from text, and report."""
    wanted = Asked(
        styles=tuple(map(str, files)),
        outputs=(),
        checkpoints=None,
        content=asked.content,
        prompts=None,
        per_prompt=None,
        references=(str(asked.reference or setup.dataset.folder),),
        baseline=None,
        limit=None,
        skip_unpaired=False,
        pair_by_order=False,
        typed=Typed((), {}),
        own_settings=True,
        with_base=False,
        prompt="",
        base=setup.base_name,
        seed=setup.seed,
        preset="standard",
        overwrite=asked.overwrite,
    )
    references = wanted.reference_pictures()
    cache = FeatureCache(setup.places.cache / "features")
    metrics, networks = chosen_metrics(registry, None, {"content"}, note, warn)
    found: dict[str, Evaluated] = {}
    try:
        with Reporter() as progress:
            plan = plan_for(registry, wanted, references, asked.report / "outputs", progress, note)
            found["photos repainted"] = evaluate(plan, metrics, cache, progress, networks=networks)
            if setup.method.GenerateOptions is not None:
                plan = text_plan(asked, setup, files, references, progress)
                found["from text"] = evaluate(plan, metrics, cache, progress, networks=networks)
    except Cancelled as stopped:
        raise Cancelled("The comparison was stopped.", AGAIN) from stopped
    _write(asked, found)
    if as_json:
        print_json(
            {
                key: json.loads(json_of(each.evaluation))
                for key, each in zip(("transfer", "generate"), found.values(), strict=False)
            }
        )
    else:
        for what, each in found.items():
            out().print(f"[bold]{what[:1].upper()}{what[1:]}[/]")
            print_evaluation(each.evaluation)
            out().print()
        out().print(f"Page: {asked.report / PAGE}", markup=False)
    note(f"Picture: {asked.report / PICTURE}")
    note(f"Keep one: stylecli styles import {files[0]} --name NAME")


def _write(asked: Ablating, found: Mapping[str, Evaluated]) -> None:
    """The reports, a picture of each, and the page of all."""
    summaries = {name: each.summary for name, each in asked.chosen.items()}
    compared = []
    for number, (what, each) in enumerate(found.items()):
        folder = asked.report / TEXTS if number else asked.report
        write_report(folder, each.evaluation, each.gallery)
        _picture(asked.name, each, folder / PICTURE, "photo" if number == 0 else "no style")
        before = f"{TEXTS}/" if number else ""
        compared.append((what, each.evaluation, f"{before}{PICTURE}", f"{before}report.html"))
    entries = {
        entry.name: summaries.get(entry.name, WHOLE)
        for entry in next(iter(found.values())).evaluation.entries
    }
    write_text_whole(asked.report / PAGE, page_of(asked.name, entries, compared))


def _picture(name: str, found: Evaluated, path: Path, first: str) -> None:
    """One picture to look at: some of what was there before, and what every entry made of it."""
    made = {
        entry: dict(zip(found.gallery.content[entry], outputs, strict=True))
        for entry, outputs in found.gallery.outputs.items()
    }
    grounds = [each for each in made[name] if all(each in others for others in made.values())]
    # Evenly over all, so that of pictures from text every subject is there.
    chosen = [grounds[len(grounds) * row // ROWS] for row in range(min(ROWS, len(grounds)))]
    rows = [
        [(read_picture(ground), first)]
        + [(read_picture(outputs[ground]), entry) for entry, outputs in made.items()]
        for ground in dict.fromkeys(chosen)
    ]
    save_png(grid(rows, height=192), path, {"ablation": list(made)})
