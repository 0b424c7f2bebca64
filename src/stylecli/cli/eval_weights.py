"""``stylecli eval weights``: the networks that metrics rest on, which are here, and how they get here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from stylecli.cli.console import Reporter, escape, note, out, print_json
from stylecli.cli.offers import offering
from stylecli.cli.parameters import JsonOption, OverwriteOption, tell_broken_plugins
from stylecli.errors import UsageError, did_you_mean
from stylecli.places import Places
from stylecli.registry import Registry, load_registry

if TYPE_CHECKING:
    from stylecli.evaluation.weights.looking import Found, WeightFile
    from stylecli.weights import Weights

app = typer.Typer(
    no_args_is_help=True,
    help="List, check and fetch the networks that some metrics rest on.\n\n"
    "Nothing is ever fetched unasked: metrics whose network is not here are left out.",
)
STATES = {
    "present": "present",
    "unknown": "present, its published hash is not known",
    "missing": "missing",
    "wrong": "wrong: not the published file",
}


@app.command("list")
def list_weights(as_json: JsonOption = False) -> None:
    """List the networks that installed metrics rest on: size, licence, and whether they are here."""
    from rich.table import Table

    registry = load_registry()
    tell_broken_plugins(registry)
    rows = [_record(registry, found) for found in _found(_every(registry).values(), anew=False)]
    if as_json:
        print_json(rows)
        return
    if not rows:
        note("No installed metric rests on a network.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "for", "MB", "licence", "state"):
        table.add_column(
            column, justify="right" if column == "MB" else "left", no_wrap=column == "name"
        )
    for row in rows:
        metrics, state = ", ".join(row["metrics"]), STATES[row["state"]]
        size = "–" if row["megabytes"] is None else str(row["megabytes"])
        cells = (row["name"], metrics, size, row["licence"], state)
        table.add_row(*map(escape, cells))
    out().print(table)
    note(f"They belong into {Places.default().weights}/NAME/; stylecli eval weights fetch NAME.")


@app.command("verify")
def verify(
    names: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[NAME]…",
            help="Which, or for which metrics; default: all that are here.",
            autocompletion=offering("weights"),
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hash the files anew: exits with 1 where one is not the published file, or one that was named is missing."""
    registry = load_registry()
    tell_broken_plugins(registry)
    found = _found(_chosen(registry, names or ()), anew=True)
    if not names:
        found = [each for each in found if any(file.state != "missing" for file in each.files)]
    if as_json:
        print_json([_record(registry, each) for each in found])
    else:
        for each in found:
            for file in each.files:
                out().print(f"{_said(file)}", markup=False)
        if not found:
            note("There are none here.")
    if any(each.state in ("wrong", "missing") for each in found):
        raise typer.Exit(1)


@app.command("fetch")
def fetch_weights(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME…",
            help="Which networks, or metrics: fid fetches all that it rests on.",
            autocompletion=offering("weights"),
        ),
    ],
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--from",
            metavar="FOLDER|FILE|URL",
            help="Take the files from there instead of where they are published: a copy you have, an address "
            "that ends with a slash or has {file} in it, hub:OWNER/NAME. They are checked all the same.",
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch networks: what was typed and nothing else, each file checked by its SHA-256 before it is used.

    Exits with 1 where a file is missing afterwards.

    An interrupted download is gone on with. A file that is right is never fetched again.
    """
    from stylecli.cli.eval_metrics import remembered_digests
    from stylecli.evaluation.weights.fetching import fetch

    registry = load_registry()
    tell_broken_plugins(registry)
    chosen, folder = _chosen(registry, names), Places.default().weights
    found = []
    with Reporter() as progress:
        for weights in chosen:
            found.append(fetch(weights, folder, remembered_digests(), progress, source, overwrite))
    if as_json:
        print_json([_record(registry, each) for each in found])
    else:
        for each in found:
            for file in each.files:
                out().print(_said(file), markup=False)
    if any(each.state == "missing" for each in found):
        raise typer.Exit(1)


def _every(registry: Registry) -> dict[str, Weights]:
    from stylecli.metric import declared_weights

    return declared_weights(registry.metrics.values())


def _chosen(registry: Registry, names: Sequence[str]) -> list[Weights]:
    """The networks of these names, or of the metrics of these names, or all.

    Raises:
        UsageError: There is none of such a name.
    """
    every = _every(registry)
    if not names:
        return list(every.values())
    of_metrics = {
        metric.name: metric.weights for metric in registry.metrics.values() if metric.weights
    }
    chosen: dict[str, Weights] = {}
    for name in names:
        if name not in every and name not in of_metrics:
            raise UsageError(
                f"No metric rests on weights named {name!r}.",
                did_you_mean(name, [*every, *of_metrics])
                or f"There are: {', '.join(every) or 'none'}.",
            )
        for weights in (every[name],) if name in every else of_metrics[name]:
            chosen[weights.name] = weights
    return list(chosen.values())


def _found(weights: Any, anew: bool) -> list[Found]:
    from stylecli.cli.eval_metrics import remembered_digests
    from stylecli.evaluation.weights.looking import look

    folder, digests = Places.default().weights, remembered_digests()
    return [look(each, folder, digests, anew) for each in weights]


def _record(registry: Registry, found: Found) -> dict[str, Any]:
    from stylecli.evaluation.weights.looking import size_of

    weights = found.weights
    return {
        "name": weights.name,
        "summary": weights.summary,
        "metrics": [
            metric.name
            for metric in registry.metrics.values()
            if weights.name in {each.name for each in metric.weights}
        ],
        "megabytes": size_of(weights),
        "licence": weights.licence,
        "source": weights.source,
        "state": found.state,
        "files": [
            {
                "name": file.name,
                "path": str(file.path),
                "published": file.published,
                "sha256": file.digest,
                "state": file.state,
            }
            for file in found.files
        ],
    }


def _said(file: WeightFile) -> str:
    from stylecli.evaluation.weights.looking import shown

    text = f"{file.path}: {STATES[file.state]}"
    if file.problem:
        return f"{file.path}: cannot be read ({file.problem})"
    if file.state == "wrong":
        return f"{text}; SHA-256 {file.digest} instead of {shown(file.published)}"
    return f"{text}; SHA-256 {file.digest}" if file.digest else text
