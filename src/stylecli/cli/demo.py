"""``stylecli demo``: the main job in small, typed out command by command."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stylecli.cli.console import Reporter, err, note, out
from stylecli.errors import Cancelled, StylecliError, UsageError
from stylecli.opening import library
from stylecli.places import Places
from stylecli.registry import load_registry
from stylecli.training.record import CURVE

STRENGTHS = ("0.3", "0.45", "0.6")


def demo(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Where everything goes; a new folder beside it if it exists."
        ),
    ] = Path("stylecli-demo"),
    steps: Annotated[
        int,
        typer.Option(
            "--steps", min=1, max=10_000, help="Training steps; fewer are quicker and weaker."
        ),
    ] = 140,
    pictures: Annotated[
        int, typer.Option("--pictures", min=2, max=36, help="Style pictures to paint.")
    ] = 36,
) -> None:
    """Learn a style and repaint a photo, offline, in about two minutes."""
    from stylecli.demo.materials import paint_style_pictures, write_photos

    started = time.monotonic()
    folder = _new_folder(output)
    note(f"Everything goes into {folder}")
    with Reporter() as progress:
        paint_style_pictures(folder / "paintings", pictures, progress)
    photos = write_photos(folder / "photos")
    name = _free_name()
    train = [
        "train",
        str(folder / "paintings"),
        "--method",
        "lora-sdedit",
        "--base",
        "tiny",
        "--name",
        name,
    ]
    train += ["--prefix", "A demo painting,", "--steps", str(steps), "--preview-every", "0"]
    sampling = ["--strength", ",".join(STRENGTHS)]
    transfer = [
        "transfer",
        str(folder / "photos"),
        "--style",
        name,
        *sampling,
        "--grid",
        "-o",
        str(folder / "results"),
    ]
    for command in (train, transfer):
        _run(command)
    page = _write_page(folder, photos, name, [train, transfer], time.monotonic() - started)
    console = out()
    console.print(f"\nDone in {time.monotonic() - started:.0f} s. Open the page: {page}")
    for photo in photos:
        console.print(f"Side by side: {folder / 'results' / f'{photo.stem}.{name}.grid.png'}")
    console.print(f"Now a photo of yours: stylecli transfer photo.jpg --style {name}")
    console.print("Or in the ready style: stylecli transfer photo.jpg --style monet --strength 0.6")


def _new_folder(wanted: Path) -> Path:
    number, folder = 1, wanted.absolute()
    while folder.exists():
        number += 1
        folder = wanted.absolute().with_name(f"{wanted.name}-{number}")
    try:
        folder.mkdir(parents=True)
    except OSError as problem:
        raise StylecliError(
            f"{folder}: cannot be made ({problem.strerror}).", "Choose another place with -o."
        ) from problem
    return folder


def _free_name() -> str:
    taken = {entry.name for entry in library(load_registry()).entries()}
    number, name = 1, "demo"
    while name in taken:
        number += 1
        name = f"demo-{number}"
    return name


def _run(command: Sequence[str]) -> None:
    from stylecli.cli.app import main

    err().print(f"\n[bold]$ stylecli {shlex.join(command)}[/]")
    code = main(command)
    if code == Cancelled.exit_code:
        raise Cancelled("The demo was stopped.")
    if code != 0:
        raise UsageError("The demo could not go on; what went wrong stands above.")


def _write_page(
    folder: Path,
    photos: Sequence[Path],
    name: str,
    commands: Sequence[Sequence[str]],
    seconds: float,
) -> Path:
    from stylecli.demo.page import Story, write_page

    results = []
    for photo in photos:
        row = [(photo, photo.name)]
        for strength in STRENGTHS:
            row.append(
                (folder / "results" / f"{photo.stem}.{name}-{strength}.png", f"strength {strength}")
            )
        results.append(row)
    curve = None
    curves = list(Places.default().runs.glob(f"{name}*/{CURVE}"))
    if curves:
        curve = folder / CURVE
        shutil.copyfile(max(curves, key=lambda path: path.stat().st_mtime), curve)
    page = folder / "index.html"
    paintings = sorted((folder / "paintings").iterdir())
    shown = [shlex.join(["stylecli", *command]).replace(f"{folder}/", "") for command in commands]
    story = Story(
        commands=shown,
        style_pictures=paintings,
        results=results,
        loss_curve=curve,
        facts=[
            f"{len(paintings)} pictures painted, a style learnt and {len(photos) * len(STRENGTHS)} pictures "
            f"repainted in {seconds:.0f} s.",
            f"The style is in your library as {name!r}.",
        ],
    )
    write_page(page, story)
    return page
