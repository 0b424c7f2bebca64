"""``stylecli styles``: the library."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from stylecli.cli.console import out, print_json
from stylecli.cli.parameters import JsonOption, complete_styles, library
from stylecli.errors import StylecliError, UsageError
from stylecli.registry import load_registry
from stylecli.styles.format import read_metadata

app = typer.Typer(no_args_is_help=True, help="List, show and remove the styles of your library.")

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The style.", autocompletion=complete_styles)
]


@app.command("list")
def list_styles(as_json: JsonOption = False) -> None:
    """List the styles that you can use."""
    from rich.table import Table

    rows = []
    for entry in library(load_registry()).entries():
        try:
            metadata = read_metadata(entry.path)
            row = {
                "name": entry.name,
                "method": metadata.get("stylecli.method", "?"),
                "base": metadata.get("stylecli.base", "?"),
                "pictures": metadata.get("ss_num_train_images", "?"),
                "date": metadata.get("modelspec.date", "")[:10],
                "from": "stylecli" if entry.ready else "you",
                "problem": "",
            }
        except StylecliError as problem:
            row = dict.fromkeys(("method", "base", "pictures", "date"), "") | {
                "name": entry.name,
                "from": "you",
                "problem": problem.message,
            }
        rows.append(row)
    if as_json:
        print_json(rows)
        return
    if not rows:
        out().print("No styles yet: train one with `stylecli train FOLDER`.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "method", "base", "pictures", "date", "from"):
        table.add_column(column)
    for row in rows:
        cells = [row[key] for key in ("name", "method", "base", "pictures", "date", "from")]
        table.add_row(*(cells if not row["problem"] else [row["name"], row["problem"]]))
    out().print(table)


@app.command("show")
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show how a style came to be and what it works with."""
    from rich.table import Table

    entry = library(load_registry()).find(name)
    metadata = read_metadata(entry.path)
    metadata.pop("modelspec.thumbnail", None)
    if as_json:
        print_json(
            {
                "name": entry.name,
                "path": str(entry.path),
                "ready": entry.ready,
                "metadata": metadata,
            }
        )
        return
    try:
        prompt, dataset, training, options, defaults = (
            json.loads(metadata[f"stylecli.{key}"])
            for key in ("prompt", "dataset", "training", "options", "transfer")
        )
    except (KeyError, ValueError) as problem:
        raise UsageError(f"{entry.path}: damaged style metadata ({problem}).") from problem
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    captions = ", ".join(
        f"{count} from {source}" for source, count in sorted(dataset.get("captions", {}).items())
    )
    rows = {
        "name": entry.name + (" (came with stylecli, read-only)" if entry.ready else ""),
        "file": f"{entry.path} ({entry.path.stat().st_size / 1e6:.1f} MB)",
        "method": metadata.get("stylecli.method", ""),
        "base": f"{metadata.get('stylecli.base', '')} ({metadata.get('stylecli.family', '')} family)",
        "base weights": metadata.get("stylecli.base_hash", "")[:16],
        "words": prompt.get("prefix", ""),
        "pictures": f"{dataset.get('count', '?')} ({dataset.get('fingerprint', '')[:16]}); captions: {captions}",
        "training": ", ".join(f"{key} {value}" for key, value in training.items()),
        "options": ", ".join(f"{key} {value}" for key, value in options.items()),
        "transfer": ", ".join(f"{key} {value}" for key, value in defaults.items()),
        "date": metadata.get("modelspec.date", ""),
        "made by": f"stylecli {metadata.get('stylecli.version', '')}",
    }
    for key, value in rows.items():
        table.add_row(key, value)
    out().print(table)


@app.command("remove")
def remove(name: NameArgument) -> None:
    """Delete a style of yours."""
    path = library(load_registry()).remove(name)
    out().print(f"Removed {path}", markup=False)
