"""Parameters that several commands share, and what they mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Optional

import typer

from stylecli.cli.console import warn
from stylecli.cli.offers import offering
from stylecli.plugin import broken_plugins_note, slow_plugins_note
from stylecli.registry import Registry

DEFAULT_METHOD = "lora-sdedit"
DEFAULT_CAPTIONER = "title"

StyleOption = Annotated[
    Optional[list[str]],  # noqa: UP045 - Typer reads it at run time
    typer.Option(
        "--style",
        "-s",
        metavar="NAME|FILE[:SCALE]",
        help="A style of your library or a LoRA file, and how strongly it acts: 1 as trained, 0 not at all. "
        "Repeat it to mix styles.",
        autocompletion=offering("styles"),
    ),
]
BaseOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--base",
        metavar="NAME|FOLDER|HUB-ID",
        help="The base model; see `stylecli bases list`.",
        autocompletion=offering("bases"),
    ),
]
ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--config",
        help="A TOML file with options; the command line goes before it.",
        dir_okay=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on standard output.")
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace what is already there.")
]
SEEDS = 2**32
_SEED_HELP = "Of everything random: the same seed, the same result."
SeedOption = Annotated[
    int,
    typer.Option("--seed", min=0, max=SEEDS - 1, help=_SEED_HELP),
]
MethodSeedOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--seed", min=0, max=SEEDS - 1, help=f"{_SEED_HELP} Default: the method's, mostly 0."
    ),
]


def tell_broken_plugins(registry: Registry) -> None:
    """Warn of the plugins that were left out, and of those that all must wait for."""
    for text in (broken_plugins_note(registry.plugins), slow_plugins_note(registry.plugins)):
        if text:
            warn(text)


def named(folder: Path) -> Path:
    """A folder by its own name: ``.`` and ``..`` have none to name a style or results after."""
    return Path(os.path.abspath(folder))
