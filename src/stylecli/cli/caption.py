"""``stylecli caption``: words for the pictures of a folder, as training reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Optional

import typer

from stylecli.captioner import Captioner
from stylecli.captioning.pictures import Captioned, State, caption_pictures
from stylecli.captioning.store import CaptionStore, Format
from stylecli.captioning.wording import Wording
from stylecli.cli.console import Reporter, escape, note, out, print_json, warn
from stylecli.cli.given import Given
from stylecli.cli.offers import offering
from stylecli.cli.parameters import (
    DEFAULT_CAPTIONER,
    ConfigOption,
    JsonOption,
    named,
    tell_broken_plugins,
)
from stylecli.images.reading import list_pictures
from stylecli.options import resolve
from stylecli.registry import Registry
from stylecli.styles.style import suggested_name

ROWS = 20
"""Rows of the table; of more pictures `--json` gives all."""

_COLOURS: dict[State, str] = {
    "written": "green",
    "replaced": "green",
    "would be written": "green",
    "kept": "dim",
    "nothing to say": "yellow",
    "failed": "red",
}


def caption(
    registry: Registry,
    captioner: Captioner,
    folder: Annotated[Path, typer.Argument(help="The folder of pictures.", show_default=False)],
    captioner_name: Annotated[
        str,
        typer.Option(
            "--captioner",
            "-c",
            help="Who finds the words; see `stylecli plugins list`.",
            autocompletion=offering("captioners"),
        ),
    ] = DEFAULT_CAPTIONER,
    method_name: Annotated[
        Optional[str],  # noqa: UP045 - Typer reads it at run time
        typer.Option(
            "--method",
            "-m",
            help="Caption as this method would train on them: with its words and the prefix of `train`.",
            autocompletion=offering("methods"),
        ),
    ] = None,
    prefix: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--prefix",
            help="Words before every caption; default: none, with --method that method's.",
        ),
    ] = None,
    suffix: Annotated[str, typer.Option("--suffix", help="Words behind every caption.")] = "",
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="A .txt beside each picture, or one metadata.jsonl for the folder."
        ),
    ] = "txt",
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace captions too; else those that are there stay."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the captions and write nothing.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    *,
    given: Given,
    ctx: typer.Context,
) -> None:
    """Caption a folder; see `stylecli.captioner.Captioner.load`."""
    tell_broken_plugins(registry)
    method = registry.method(method_name) if method_name is not None else None
    if method is not None:
        prefix = method.prompt(suggested_name(named(folder).name), prefix).prefix
    options = resolve(captioner.Options, given.layers()).options if captioner.Options else None
    pictures = list_pictures(folder)
    store = CaptionStore(folder, pictures, form)
    with Reporter() as progress:
        results = caption_pictures(
            pictures,
            captioner,
            options,
            Wording(prefix or "", suffix, method),
            store,
            overwrite=overwrite,
            dry_run=dry_run,
            progress=progress,
        )
    if as_json:
        print_json(
            [
                {
                    "picture": str(item.picture),
                    "caption": item.caption,
                    "state": item.state,
                    "reason": item.reason,
                }
                for item in results
            ]
        )
    else:
        _show(results)
    _tell(results, captioner)


def _show(results: Sequence[Captioned]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("picture", overflow="fold")
    table.add_column("caption", overflow="fold")
    table.add_column("state", no_wrap=True)
    for item in results[:ROWS]:
        colour = _COLOURS[item.state]
        text = item.reason if item.state == "failed" else item.caption
        table.add_row(escape(item.picture.name), escape(text), f"[{colour}]{item.state}[/]")
    console = out()
    console.print(table, soft_wrap=False)
    if len(results) > ROWS:
        console.print(f"… and {len(results) - ROWS} more; --json shows all.")
    counted = Counter(item.state for item in results)
    console.print(
        f"{_count(len(results))}: "
        + ", ".join(f"{counted[state]} {state}" for state in _COLOURS if counted[state])
        + "."
    )


def _tell(results: Sequence[Captioned], captioner: Captioner) -> None:
    counted = Counter(item.state for item in results)
    silent = counted["nothing to say"]
    if silent:
        hint = (
            "" if captioner.reads_pictures else " Try: --captioner describe, which looks at them."
        )
        note(f"{captioner.name} has nothing to say of {_count(silent)}; no caption there.{hint}")
    kept = sum(item.state == "kept" and not item.reason for item in results)
    if kept:
        had = "has a caption" if kept == 1 else "have captions"
        note(f"{_count(kept)} {had} already; --overwrite replaces them.")
    shared = [item for item in results if item.state == "kept" and item.reason]
    if shared:
        note(
            f"{shared[0].reason} That makes {_count(len(shared))} without a caption of its own; "
            "rename one, or remove the .txt and use --format metadata.jsonl."
        )
    failed = [item for item in results if item.state == "failed"]
    for item in failed:
        warn(item.reason)
    if failed:
        note(f"{len(failed)} of {_count(len(results))} could not be captioned.")
        raise typer.Exit(1)


def _count(pictures: int) -> str:
    return f"{pictures} picture{'' if pictures == 1 else 's'}"
