"""``stylecli plugins new``: a package to begin a plugin with."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated, Optional

import typer

from stylecli.cli.console import note, out
from stylecli.errors import UsageError
from stylecli.files import write_folder_whole
from stylecli.registry import Registry, load_registry
from stylecli.scaffold.package import Kind, Names, check_plugin_name, package_files


def new_plugin(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="What users will type: small letters, digits, dashes. The package is stylecli-NAME.",
            show_default=False,
        ),
    ],
    kind: Annotated[Kind, typer.Option("--kind", "-k", help="What it adds.")] = "method",
    output: Annotated[
        Optional[Path],  # noqa: UP045 - Typer reads it at run time
        typer.Option("--output", "-o", help="A folder that is made; default: stylecli-NAME here."),
    ] = None,
) -> None:
    """Write a whole package that installs, works and passes its own tests; then make it yours."""
    names = check_plugin_name(name)
    _check_free(names, kind, load_registry())
    folder = output if output is not None else Path(names.project)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder}: is already there; nothing was written.", "Choose another place with -o."
        )
    files = package_files(kind, names)
    write_folder_whole(folder, files)
    for path in sorted(files):
        note(f"  {folder / path}")
    console = out()
    console.print(f"The {kind} {names.name} is in {folder}. Next:", markup=False)
    for line in (
        f"cd {folder}",
        "pip install -e '.[test]' && pytest",
        f"stylecli plugins check {names.project}",
    ):
        console.print(f"  {line}", markup=False)


def _check_free(names: Names, kind: Kind, registry: Registry) -> None:
    """Refuse a name that something installed has already, which would be left out beside it."""
    known = {
        "method": registry.methods,
        "metric": registry.metrics,
        "captioner": registry.captioners,
        "base": registry.bases,
    }[kind]
    if names.name in known:
        raise UsageError(f"There is a {kind} {names.name!r} already.", "Choose another name.")
    symbols = {metric.symbol.casefold(): metric.name for metric in registry.metrics.values()}
    if kind == "metric" and names.symbol.casefold() in symbols:
        raise UsageError(
            f"{names.name!r} would stand in tables as {names.symbol}, which is the sign of "
            f"{symbols[names.symbol.casefold()]!r}.",
            "Choose another name; its first letters make the sign.",
        )
    for plugin in registry.plugins:
        if plugin.source.name == names.name:
            raise UsageError(
                f"{plugin.source.package} has a plugin {names.name!r} already.",
                "Choose another name.",
            )
    if importlib.util.find_spec(names.module) is not None:
        raise UsageError(f"There is a module {names.module} already.", "Choose another name.")
