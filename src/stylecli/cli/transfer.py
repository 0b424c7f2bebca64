"""``stylecli transfer``: photos repainted in a style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from stylecli.bases.base import Base, load_base
from stylecli.bases.locate import find_spec, folder_of
from stylecli.bases.spec import BaseSpec
from stylecli.cli.auto_strength import KeepOption, StylePicturesOption, pick, wanted_of
from stylecli.cli.auto_sweep import Painting
from stylecli.cli.console import Reporter, note, out, print_json, warn
from stylecli.cli.given import Given
from stylecli.cli.other_base import tell_other_base
from stylecli.cli.parameters import (
    BaseOption,
    ConfigOption,
    JsonOption,
    OverwriteOption,
    SeedOption,
    StyleOption,
    named,
    tell_broken_plugins,
)
from stylecli.cli.selection import label_of, read_styles, suiting
from stylecli.cli.train_setup import check_family, check_said_family
from stylecli.errors import UsageError
from stylecli.images.reading import list_pictures
from stylecli.method import Method
from stylecli.options import Layer, as_record, known_values, resolve
from stylecli.recommended import recommended_for
from stylecli.registry import Registry
from stylecli.sampling.repaint import Job, Outcome, Variant, repaint_files
from stylecli.styles.style import ScaledStyle

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="A folder, or for one picture a .png file; default: beside the photo.",
    ),
]


def transfer(
    registry: Registry,
    method: Method,
    photos: Annotated[
        list[Path],
        typer.Argument(
            metavar="PHOTO|FOLDER...", help="Photos, or a folder of them.", show_default=False
        ),
    ],
    style: StyleOption = None,
    base: BaseOption = None,
    prompt: Annotated[
        str,
        typer.Option("--prompt", "-p", help="What the photo shows; the style adds its own words."),
    ] = "",
    seed: SeedOption = 0,
    keep: KeepOption = None,
    reference: StylePicturesOption = None,
    output: OutputOption = None,
    grid: Annotated[
        bool,
        typer.Option("--grid", help="Also write photo and results side by side in one picture."),
    ] = False,
    overwrite: OverwriteOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    *,
    given: Given,
    ctx: typer.Context,
) -> None:
    """Repaint photos; see `stylecli.method.Method.stylizer`."""
    tell_broken_plugins(registry)
    wanted = wanted_of(ctx, given, keep, reference)
    styles = read_styles(registry, style, base)
    spec = spec_for(registry, styles, base)
    if wanted and wanted.reference and not styles:
        raise UsageError("--reference: without a style there is no scale to choose.")
    layers = [
        *given.layers(),
        Layer("style", known_values(method.TransferOptions, suiting(styles))),
        Layer(f"base {spec.name}", recommended_for(method, spec, "transfer")),
    ]
    options = resolve(method.TransferOptions, layers).options
    typed: Sequence[float | None] = given.sweeps.get("strength") or ()
    strengths = typed or (getattr(options, "strength", None),)
    label = label_of(styles, spec)
    jobs = plan(photos, output, label, strengths, grid)
    check_said_family(method, spec)
    with Reporter() as progress:
        spec, folder = folder_of(spec, progress)
        check_family(method, spec)
        opened = load_base(spec, folder, getattr(options, "precision", "auto"), progress=progress)
        tell_other_base(styles, opened)
        alone = None if styles else opened

        def variant(strength: float | None, factor: float = 1.0) -> Variant:
            settled = options if strength is None else replace(options, strength=strength)
            scaled = [replace(each, scale=each.scale * factor) for each in styles]
            stylizer = method.stylizer(opened, scaled, settled)
            record = made_record("transfer", method, spec, scaled, settled, prompt, seed, alone)
            return Variant(label if strength is None else f"{label} {strength:g}", stylizer, record)

        trial = None
        if wanted:
            record = made_record("transfer", method, spec, styles, options, prompt, seed, alone)
            painting = Painting(method, options, variant, record, prompt, seed)
            trial = pick(wanted, painting, jobs, label, registry, overwrite, progress)
        ways = [(trial.strength, trial.factor)] if trial else [(each, 1.0) for each in strengths]
        variants = [variant(*way) for way in ways]
        outcomes = repaint_files(
            jobs,
            variants,
            prompt,
            seed,
            batch_size=getattr(options, "batch_size", 1),
            overwrite=overwrite,
            progress=progress,
        )
    picked: dict[str, Any] = {}
    if trial:
        scales = [each.scale * trial.factor for each in styles]
        picked = {"strength": trial.strength, "scales": scales}
    _report(outcomes, jobs, as_json, picked)


def spec_for(registry: Registry, styles: Sequence[ScaledStyle], base: str | None) -> BaseSpec:
    """The base that the user named, else the one that the style was trained on."""
    known = list(registry.bases.values())
    if base is not None:
        return find_spec(base, known)
    trained_on = styles[0].style.provenance.base
    try:
        return find_spec(trained_on, known)
    except UsageError as problem:
        raise UsageError(
            f"Style {styles[0].style.name!r} was trained on {trained_on!r}, which is not known here.",
            "Say where it is with --base.",
        ) from problem


def made_record(
    command: str,
    method: Method,
    spec: BaseSpec,
    styles: Sequence[ScaledStyle],
    options: Any,
    prompt: str,
    seed: int,
    alone: Base | None = None,
) -> dict[str, Any]:
    """How a picture is made, for its PNG: enough to make it again, nothing about this machine.

    A base that paints alone (`alone`) is told from another of its name by its denoiser's hash.
    """
    kept = {name: value for name, value in as_record(options).items() if name != "batch_size"}
    return {
        "command": command,
        "method": method.name,
        "base": spec.public_name,
        **({} if alone is None else {"base_hash": alone.denoiser_hash[:16]}),
        "styles": [
            {
                "name": scaled.style.name,
                "scale": scaled.scale,
                "created": scaled.style.provenance.created,
                "fingerprint": scaled.style.fingerprint[:16],
            }
            for scaled in styles
        ],
        "prompt": prompt,
        "seed": seed,
        "options": kept,
    }


def plan(
    photos: Sequence[Path],
    output: Path | None,
    label: str,
    strengths: Sequence[float | None],
    grid: bool,
) -> list[Job]:
    """Decide which file every result goes to.

    Raises:
        UsageError: No such photo or folder, or one output file for several results.
    """
    if len(photos) == 1 and photos[0].is_dir():
        sources = list_pictures(photos[0])
        whole = named(photos[0])
        place: Path | None = output or whole.parent / f"{whole.name}.{label}"
    else:
        for photo in photos:
            if not photo.exists():
                raise UsageError(f"{photo}: no such file or folder.")
            if photo.is_dir():
                raise UsageError(f"{photo}: give one folder, or photos, not both.")
        sources = list(dict.fromkeys(photos))
        place = output
    if output is not None and output.suffix and not output.is_dir():
        if output.suffix.lower() != ".png":
            raise UsageError(
                f"-o {output}: results are written as PNG; name a .png file or a folder."
            )
        if len(sources) * len(strengths) > 1:
            raise UsageError(
                f"-o {output}: one file cannot hold {len(sources) * len(strengths)} results; name a folder."
            )
        return [Job(sources[0], (output,), output.with_suffix(".grid.png") if grid else None)]
    if output is not None and output.exists() and not output.is_dir():
        raise UsageError(f"-o {output}: is a file, not a folder.")
    jobs = []
    many = len(strengths) > 1
    for source, stem in zip(sources, result_stems(sources, place), strict=True):
        folder = place or source.parent
        targets = tuple(
            folder / f"{stem}.{label}{f'-{strength:g}' if many else ''}.png"
            for strength in strengths
        )
        jobs.append(Job(source, targets, folder / f"{stem}.{label}.grid.png" if grid else None))
    return jobs


def result_stems(sources: Sequence[Path], place: Path | None) -> list[str]:
    """What each photo's results are named after, so that no two write the same file."""
    folders = [place or source.parent for source in sources]
    stems = [source.stem for source in sources]
    # a.jpg and a.png, then one/a.jpg and two/a.jpg.
    for full in (
        [source.name for source in sources],
        [f"{named(source).parent.name}-{source.name}" for source in sources],
        [f"{number}-{source.name}" for number, source in enumerate(sources, 1)],
    ):
        times = Counter(zip(folders, stems, strict=True))
        stems = [
            stem if times[folder, stem] == 1 else longer
            for folder, stem, longer in zip(folders, stems, full, strict=True)
        ]
    return stems


def _report(
    outcomes: Sequence[Outcome], jobs: Sequence[Job], as_json: bool, picked: Mapping[str, Any]
) -> None:
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if as_json:
        print_json(
            [
                {
                    "photo": str(item.source),
                    "result": str(item.target),
                    "status": item.status,
                    "reason": item.reason,
                    **picked,
                }
                for item in outcomes
            ]
        )
    else:
        console = out()
        for item in outcomes:
            if item.status == "made":
                console.print(str(item.target), markup=False)
        for job in jobs:
            if job.grid is not None and job.grid.exists():
                console.print(str(job.grid), markup=False)
    skipped = sum(item.status == "skipped" for item in outcomes)
    if skipped:
        note(
            f"{skipped} of {len(outcomes)} were already there, made in the same way, and were left as they are."
        )
    for item in failed:
        warn(item.reason)
    if failed:
        note(f"{len(failed)} of {len(outcomes)} pictures were not made.")
        if any("already there" in item.reason for item in failed):
            note("Replace them with --overwrite, or choose another place with -o.")
        raise typer.Exit(1)
