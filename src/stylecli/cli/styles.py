"""``stylecli styles``: the library."""

from __future__ import annotations

from typing import Annotated

import typer

from stylecli.cli import style_exchange, style_merging
from stylecli.cli.console import note, out, print_json, readable, warn
from stylecli.cli.offers import offering
from stylecli.cli.parameters import JsonOption
from stylecli.cli.style_card import card_of, print_card
from stylecli.errors import StylecliError
from stylecli.opening import library
from stylecli.registry import load_registry
from stylecli.styles.format import read_metadata
from stylecli.styles.weights import is_place

app = typer.Typer(
    no_args_is_help=True,
    help="List, show, import, export, merge and remove the styles of your library.",
)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The style.", autocompletion=offering("styles"))
]
ShownArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FILE",
        help="A style of the library, or a style or LoRA file.",
        autocompletion=offering("styles"),
    ),
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
                "pictures": count
                if (count := metadata.get("ss_num_train_images", "")) != "0"
                else "-",
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
        table.add_row(*map(readable, cells))
    out().print(table, markup=False)
    for row in rows:
        if row["problem"]:
            warn(row["problem"])


@app.command("show")
def show(name: ShownArgument, as_json: JsonOption = False) -> None:
    """Show how a style came to be, what it works with and where it loads."""
    if is_place(name):
        card = card_of(style_exchange.only_file(name))
    else:
        entry = library(load_registry()).find(name)
        card = card_of(entry.path, name=entry.name, ready=entry.ready)
    if as_json:
        print_json(card.as_json())
    else:
        print_card(card)


app.command("import")(style_exchange.import_style)
app.command("export")(style_exchange.export)
app.command("merge")(style_merging.merge_styles)


@app.command("remove")
def remove(name: NameArgument) -> None:
    """Delete a style of yours."""
    shelf = library(load_registry())
    hidden = shelf.hides(name)
    path = shelf.remove(name)
    out().print(f"Removed {path}", markup=False)
    if hidden:
        note(f"The ready style {name!r} is there again.")
