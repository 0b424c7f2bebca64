"""``stylecli bases``: the models that styles sit on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stylecli.bases.folder import check_whole
from stylecli.bases.locate import find_spec, folder_of, present_folder
from stylecli.bases.spec import ANY_METHOD, BaseSpec
from stylecli.cli.console import escape, out, print_json
from stylecli.cli.offers import offering
from stylecli.cli.parameters import JsonOption
from stylecli.errors import StylecliError
from stylecli.progress import silent
from stylecli.registry import load_registry

app = typer.Typer(no_args_is_help=True, help="List and show the base models.")

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FOLDER|HUB-ID", help="The base.", autocompletion=offering("bases")
    ),
]


@app.command("list")
def list_bases(as_json: JsonOption = False) -> None:
    """List the bases by name; any diffusers folder or hub id works too."""
    from rich.table import Table

    rows = [
        {
            "name": spec.name,
            "family": spec.family,
            "resolution": str(spec.resolution),
            "here": "yes" if present_folder(spec) else "no",
            "summary": spec.summary,
        }
        for spec in load_registry().bases.values()
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "family", "resolution", "here", "summary"):
        table.add_column(column)
    for row in rows:
        table.add_row(*map(escape, row.values()))
    out().print(table)


@app.command("show")
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show a base, and what it recommends for each method."""
    from rich.table import Table

    spec = find_spec(name, list(load_registry().bases.values()))
    folder = present_folder(spec)
    facts = {
        "name": spec.name,
        "family": spec.family,
        "source": str(spec.source) + (f"@{spec.revision}" if spec.revision else ""),
        "here": str(folder) if folder else _absent(spec),
        "resolution": f"{spec.resolution} px on the short side",
        "neutral prompt": spec.neutral_prompt,
        "ControlNets": ", ".join(f"{name}: {at}" for name, at in spec.controlnets.items())
        or "none",
        "IP-Adapter": str(spec.ip_adapter or "none"),
        "autoencoder for half precision": str(spec.half_vae or "none"),
        "licence": spec.licence or "see its source",
        "summary": spec.summary,
    }
    if as_json:
        print_json(
            {**facts, "recommends": {key: dict(value) for key, value in spec.recommends.items()}}
        )
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in facts.items():
        table.add_row(escape(key), escape(value))
    for method, commands in spec.recommends.items():
        for command, values in commands.items():
            text = " ".join(f"--{key.replace('_', '-')} {value}" for key, value in values.items())
            whose = ", any method" if method == ANY_METHOD else f" --method {method}"
            table.add_row(escape(command + whose), escape(text))
    out().print(table)


def _absent(spec: BaseSpec) -> str:
    """Why a base is not here, in a few words."""
    if not isinstance(spec.source, Path):
        return "no; it is fetched on first use"
    try:
        folder_of(spec, silent)
    except StylecliError as problem:
        return f"no; {problem.message}"
    return "no"


@app.command("path")
def path(name: NameArgument) -> None:
    """Print the folder of a base that is on this machine, for use in other programs."""
    spec = find_spec(name, list(load_registry().bases.values()))
    folder = present_folder(spec)
    if folder is None:
        raise StylecliError(
            f"{spec.name}: not on this machine yet.",
            f"It is fetched by: stylecli train … --base {name}",
        )
    check_whole(folder, spec.family)
    out().print(str(folder), markup=False)
