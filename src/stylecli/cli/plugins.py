"""``stylecli plugins``: what is installed, and whether it keeps its contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from stylecli.cli.console import escape, out, print_json
from stylecli.cli.parameters import JsonOption
from stylecli.cli.plugin_check import check
from stylecli.cli.plugin_new import new_plugin
from stylecli.plugin import Plugin
from stylecli.registration import KINDS
from stylecli.registry import load_registry

WIDE = 120
"""Columns of a terminal from which the whole table fits."""

app = typer.Typer(no_args_is_help=True, help="Show, begin and check plugins.")
app.command("new")(new_plugin)
app.command("check")(check)


@app.command("list")
def list_plugins(as_json: JsonOption = False) -> None:
    """List plugins, where each comes from, what it adds, and why any was left out."""
    from rich.table import Table

    registry = load_registry()
    if as_json:
        print_json([_record(plugin) for plugin in registry.plugins])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    # Where it is narrow, what --json has beside is left out.
    wide = ("hooks",) if out().width >= WIDE else ()
    for column in ("name", "package", "adds", *wide, "loaded in", "state"):
        table.add_column(column, overflow="fold", max_width=40 if column == "adds" else None)
    for plugin in registry.plugins:
        adds = [_listed(kind, names) for kind, names in plugin.adds.items()]
        hooks = ", ".join(hook.removeprefix("stylecli_") for hook in plugin.hooks)
        table.add_row(
            escape(plugin.source.name),
            escape(plugin.source.package),
            escape("; ".join(adds)),
            *((hooks,) if wide else ()),
            f"{1000 * plugin.seconds:.0f} ms",
            _state(plugin),
        )
    out().print(table)
    for plugin in registry.plugins:
        # In a column of a narrow terminal a reason could not be read.
        if plugin.failure:
            out().print(
                f"[red]{escape(plugin.source.name)} is left out[/]: {escape(plugin.failure)}"
            )
        elif plugin.slow:
            out().print(f"[yellow]{escape(plugin.source.name)} is slow[/]: {escape(plugin.slow)}")
    for kind in (registry.methods, registry.captioners, registry.metrics, registry.commands):
        for name, item in kind.items():
            out().print(f"  [bold]{escape(name)}[/]: {escape(item.summary)}")


def _record(plugin: Plugin) -> dict[str, Any]:
    source = plugin.source
    return {
        "name": source.name,
        "package": source.package,
        "distribution": source.distribution,
        "version": source.version,
        "module": source.module,
        "file": plugin.file,
        "hooks": list(plugin.hooks),
        **{f"{kind.name}s": list(plugin.adds.get(kind.name, ())) for kind in KINDS},
        "milliseconds": round(1000 * plugin.seconds, 1),
        "slow": plugin.slow,
        "failure": plugin.failure,
    }


def _state(plugin: Plugin) -> str:
    if plugin.failure:
        return "[red]left out[/]"
    return "[yellow]slow[/]" if plugin.slow else "[green]ok[/]"


def _listed(kind: str, names: Sequence[str]) -> str:
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}"
