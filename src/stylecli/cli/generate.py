"""``stylecli generate``: pictures from text in a style."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from stylecli.bases.base import load_base
from stylecli.bases.locate import folder_of
from stylecli.cli.console import Reporter, note, out, print_json
from stylecli.cli.given import Given
from stylecli.cli.other_base import tell_other_base
from stylecli.cli.parameters import (
    BaseOption,
    ConfigOption,
    JsonOption,
    OverwriteOption,
    SeedOption,
    StyleOption,
    tell_broken_plugins,
)
from stylecli.cli.selection import label_of, read_styles, suiting
from stylecli.cli.train_setup import check_family, check_said_family
from stylecli.cli.transfer import made_record, spec_for
from stylecli.errors import UsageError
from stylecli.images.writing import read_record, save_png
from stylecli.method import Method
from stylecli.options import Layer, known_values, resolve
from stylecli.progress import Event
from stylecli.recommended import recommended_for
from stylecli.registry import Registry
from stylecli.sampling.painted import pictures_of

STAGE = "pictures"


def generate(
    registry: Registry,
    method: Method,
    prompt: Annotated[
        str, typer.Argument(help="What to paint; the style adds its own words.", show_default=False)
    ],
    style: StyleOption = None,
    base: BaseOption = None,
    count: Annotated[
        int,
        typer.Option(
            "--count",
            "-n",
            min=1,
            max=10_000,
            help="How many pictures; each has its own seed, counting up.",
        ),
    ] = 1,
    seed: SeedOption = 0,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A folder, or for one picture a .png file; default: the current folder.",
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    *,
    given: Given,
    ctx: typer.Context,
) -> None:
    """Make pictures from text; see `stylecli.method.Method.generator`."""
    tell_broken_plugins(registry)
    styles = read_styles(registry, style, base)
    spec = spec_for(registry, styles, base)
    options_class = method.GenerateOptions
    if options_class is None:
        raise UsageError(f"The method {method.name} cannot make pictures from text.")
    recommended = recommended_for(method, spec, "generate")
    layers = [
        *given.layers(),
        Layer(f"base {spec.name}", recommended),
        Layer("style", known_values(options_class, suiting(styles))),
    ]
    options = resolve(options_class, layers).options
    label = label_of(styles, spec)
    targets = dict(
        zip(range(seed, seed + count), _targets(prompt, label, count, seed, output), strict=True)
    )
    check_said_family(method, spec)
    with Reporter() as progress:
        spec, folder = folder_of(spec, progress)
        check_family(method, spec)
        opened = load_base(spec, folder, getattr(options, "precision", "auto"), progress=progress)
        tell_other_base(styles, opened)
        alone = None if styles else opened
        records = {
            number: made_record("generate", method, spec, styles, options, prompt, number, alone)
            for number in targets
        }
        waiting = [
            number
            for number, target in targets.items()
            if overwrite or not _is_made(target, records[number])
        ]
        generator = method.generator(opened, styles, options)
        size = getattr(options, "batch_size", 1)
        for start in range(0, len(waiting), size):
            seeds = waiting[start : start + size]
            painted = generator([prompt] * len(seeds), seeds, progress)
            images = pictures_of(method.name, painted, len(seeds))
            for number, image in zip(seeds, images, strict=True):
                save_png(image, targets[number], records[number])
            progress(Event(STAGE, start + len(seeds), len(waiting)))
    if as_json:
        print_json(
            [
                {
                    "result": str(target),
                    "seed": number,
                    "status": "made" if number in waiting else "skipped",
                }
                for number, target in targets.items()
            ]
        )
        return
    for number in waiting:
        out().print(str(targets[number]), markup=False)
    if len(waiting) < count:
        note(f"{count - len(waiting)} of {count} were already there, made in the same way.")


def _is_made(target: Path, record: dict[str, Any]) -> bool:
    """Whether a picture is there already, so that a stopped command can be given again."""
    if not target.exists():
        return False
    if read_record(target) == json.loads(json.dumps(record)):
        return True
    raise UsageError(
        f"{target}: is already there, made in another way.",
        "Replace it with --overwrite, or choose another with -o.",
    )


def _targets(prompt: str, label: str, count: int, seed: int, output: Path | None) -> list[Path]:
    if output is not None and output.suffix and not output.is_dir():
        if output.suffix.lower() != ".png":
            raise UsageError(
                f"-o {output}: results are written as PNG; name a .png file or a folder."
            )
        if count > 1:
            raise UsageError(f"-o {output}: one file cannot hold {count} pictures; name a folder.")
        return [output]
    if output is not None and output.exists() and not output.is_dir():
        raise UsageError(f"-o {output}: is a file, not a folder.")
    words = re.sub(r"[^\w]+", "-", prompt.lower()).strip("-")[:60].strip("-") or "picture"
    folder = output or Path()
    return [folder / f"{words}.{label}-{number}.png" for number in range(seed, seed + count)]
