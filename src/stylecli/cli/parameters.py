"""Parameters that several commands share, and what they mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Optional

import typer

from stylecli.cli.console import warn
from stylecli.errors import UsageError
from stylecli.places import Places
from stylecli.registry import Registry, broken_plugins_note, load_registry
from stylecli.styles.library import Library
from stylecli.styles.style import ScaledStyle

DEFAULT_METHOD = "lora-sdedit"


def complete_styles(incomplete: str) -> list[str]:
    """Names of styles for TAB."""
    return [
        entry.name
        for entry in library(load_registry()).entries()
        if entry.name.startswith(incomplete)
    ]


def complete_methods(incomplete: str) -> list[str]:
    """Names of methods for TAB."""
    return [name for name in load_registry().methods if name.startswith(incomplete)]


def complete_bases(incomplete: str) -> list[str]:
    """Names of bases for TAB."""
    return [name for name in load_registry().bases if name.startswith(incomplete)]


def complete_presets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the chosen method's presets for TAB."""
    method = load_registry().method(ctx.params.get("method_name") or DEFAULT_METHOD)
    return [name for name in method.presets if name.startswith(incomplete)]


StyleOption = Annotated[
    Optional[list[str]],  # noqa: UP045 - Typer reads it at run time
    typer.Option(
        "--style",
        "-s",
        metavar="NAME[:SCALE]",
        help="A style of your library, and how strongly it acts: 1 as trained, 0 not at all. Repeat it to mix styles.",
        autocompletion=complete_styles,
    ),
]
BaseOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--base",
        metavar="NAME|FOLDER|HUB-ID",
        help="The base model; see `stylecli bases list`.",
        autocompletion=complete_bases,
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
SeedOption = Annotated[
    int,
    typer.Option(
        "--seed", min=0, max=2**32 - 1, help="Of everything random: the same seed, the same result."
    ),
]


def library(registry: Registry) -> Library:
    """The user's library with the ready styles of every base."""
    ready = [spec.ready_styles for spec in registry.bases.values() if spec.ready_styles is not None]
    return Library(Places.default().styles, ready)


def tell_broken_plugins(registry: Registry) -> None:
    """Warn of the plugins that were left out."""
    text = broken_plugins_note(registry)
    if text:
        warn(text)


def named(folder: Path) -> Path:
    """A folder by its own name: ``.`` and ``..`` have none to name a style or results after."""
    return Path(os.path.abspath(folder))


def split_style(text: str) -> tuple[str, float]:
    """Read ``NAME[:SCALE]``.

    Raises:
        UsageError: The scale is no number, or beyond -10 to 10.
    """
    name, colon, scale = text.partition(":")
    if not colon:
        return name, 1.0
    try:
        value = float(scale)
    except ValueError as problem:
        raise UsageError(
            f"--style {text}: {scale!r} is not a number.", "Write a scale as in monet:0.8."
        ) from problem
    if not -10 <= value <= 10:
        raise UsageError(f"--style {text}: the scale is beyond -10 to 10.")
    return name, value


def read_styles(registry: Registry, given: list[str] | None) -> list[ScaledStyle]:
    """Read the styles that the user named.

    Raises:
        UsageError: None was named, one is unknown, or they are of different methods.
    """
    shelf = library(registry)
    if not given:
        names = ", ".join(entry.name for entry in shelf.entries()) or "none yet: train one first"
        raise UsageError("Name a style with --style.", f"There are: {names}.")
    styles = []
    for text in given:
        name, scale = split_style(text)
        styles.append(ScaledStyle(shelf.read(name), scale))
    methods = {scaled.style.method for scaled in styles}
    if len(methods) > 1:
        raise UsageError(
            f"Styles of different methods cannot be mixed: {', '.join(sorted(methods))}."
        )
    return styles
