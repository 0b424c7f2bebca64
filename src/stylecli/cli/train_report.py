"""What ``stylecli train`` does and says at the end of a run."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stylecli.cli.console import costs_of, escape, human_size, note, out, print_json, warn
from stylecli.cli.eval_checkpoints import checkpoint_files
from stylecli.errors import UsageError
from stylecli.styles.header import SUFFIX
from stylecli.styles.library import Library
from stylecli.styles.style import Style
from stylecli.training.copies import STEPS
from stylecli.training.run_folder import read_description


def save_style(shelf: Library, style: Style, overwrite: bool) -> Path:
    """Put a style into the library, under another name where its own was taken meanwhile."""
    if not overwrite and shelf.path_for(style.name).exists():
        # The name was free when training began; what was learnt must not be lost because it is not now.
        number = 2
        while shelf.path_for(f"{style.name}-{number}").exists():
            number += 1
        warn(f"The name {style.name!r} was taken meanwhile; saved as {style.name}-{number}.")
        style = replace(style, name=f"{style.name}-{number}")
    return shelf.save(style, overwrite)


def report_on_run(style: Style, path: Path, folder: Path, as_json: bool) -> None:
    """Say what was made, where it is, what it cost and what can be done with it.

    Args:
        style: What was learnt.
        path: Its file in the library.
        folder: The run's.
        as_json: Whether to print JSON instead.
    """
    training = style.provenance.training
    if as_json:
        print_json(
            {"style": path.stem, "path": str(path), "run": str(folder), "training": dict(training)}
        )
        return
    console = out()
    # A method without a loop has no steps.
    after = (
        f" after {training['steps']} steps and {training['seconds']:.0f} s"
        if "steps" in training
        else ""
    )
    size = human_size(path.stat().st_size)
    console.print(
        f"Style [bold]{path.stem}[/] is in your library{after} ({size}): {escape(str(path))}"
    )
    if training.get("phases"):
        console.print(costs_line(training), markup=False)
    if after:
        console.print(f"Loss curve and previews: {folder}", markup=False)
    console.print(f"Try it: stylecli transfer photo.jpg --style {path.stem}")
    if len(list((folder / STEPS).glob(f"*{SUFFIX}"))) > 1:
        run = shlex.quote(_how_found(str(read_description(folder).get("name")), folder))
        again = f"stylecli eval --checkpoints {run} --content photos/ --reference paintings/"
        console.print(f"Which step is best: {again}", markup=False)
    if "vae" in style.parts and len(style.parts) > 1:
        note(
            f"It has a part for the VAE, which other programs do not take; stylecli styles export {path.stem}"
        )


def _how_found(name: str, folder: Path) -> str:
    """A run's name where its checkpoints are found by that here, else its folder."""
    with contextlib.suppress(UsageError):
        if next(iter(checkpoint_files(name).values())).is_relative_to(folder):
            return name
    return str(folder)


def costs_line(training: Mapping[str, Any]) -> str:
    """Time and peak memory of each phase, as one sentence."""
    where = "GPU memory" if training.get("device") == "cuda" else "memory"
    return f"Time and peak {where}: {costs_of(training)}."
