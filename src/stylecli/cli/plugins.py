"""``stylecli plugins``: what is installed."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from stylecli.cli.console import escape, out, print_json
from stylecli.cli.parameters import JsonOption
from stylecli.cli.plugin_new import new_plugin
from stylecli.registration import KINDS
from stylecli.registry import load_registry

app = typer.Typer(no_args_is_help=True, help="Show, begin and check plugins.")
app.command("new")(new_plugin)


@app.command("list")
def list_plugins(as_json: JsonOption = False) -> None:
    """List plugins, what each adds, and why any was left out."""
    from rich.table import Table

    registry = load_registry()
    rows = [
        {
            "name": plugin.source.name,
            "package": plugin.source.package,
            "module": plugin.source.module,
            **{f"{kind.name}s": list(plugin.adds.get(kind.name, ())) for kind in KINDS},
            "milliseconds": round(1000 * plugin.seconds, 1),
            "failure": plugin.failure,
        }
        for plugin in registry.plugins
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "package", "adds", "loaded in", "state"):
        table.add_column(column, overflow="fold")
    for plugin in registry.plugins:
        adds = [_listed(kind, names) for kind, names in plugin.adds.items()]
        state = (
            "[green]ok[/]" if not plugin.failure else f"[red]left out[/]: {escape(plugin.failure)}"
        )
        table.add_row(
            plugin.source.name,
            plugin.source.package,
            "; ".join(adds),
            f"{1000 * plugin.seconds:.0f} ms",
            state,
        )
    out().print(table)
    for kind in (registry.methods, registry.captioners, registry.metrics):
        for name, item in kind.items():
            out().print(f"  [bold]{name}[/]: {escape(item.summary)}")


def _listed(kind: str, names: Sequence[str]) -> str:
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}"
