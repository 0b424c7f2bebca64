"""``stylecli styles merge``: several LoRA styles become one."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Optional

import typer

from stylecli.bases.locate import find_spec
from stylecli.cli.console import Reporter, note, out, print_json
from stylecli.cli.offers import offering
from stylecli.cli.parameters import (
    BaseOption,
    JsonOption,
    OverwriteOption,
)
from stylecli.cli.selection import modules_for, read_style_named, split_style
from stylecli.cli.style_exchange import (
    AuthorOption,
    LicenceOption,
    PrefixOption,
    tell_if_hidden,
)
from stylecli.errors import UsageError
from stylecli.loras.merge import Combination, MergeOptions
from stylecli.opening import library
from stylecli.registry import load_registry
from stylecli.styles.merging import merge_loras
from stylecli.styles.style import ScaledStyle, check_name, relabelled

LEAST_LOSS = 0.0005
"""A share that is worth a word; less is what rounding leaves."""


def merge_styles(
    styles: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME[:SCALE]...",
            help="Two or more styles or LoRA files, each with how much of it goes in.",
            autocompletion=offering("styles"),
            show_default=False,
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="The new style's name.", show_default=False)],
    combination: Annotated[
        Combination,
        typer.Option(
            help="linear: the weighted sum, as --style A:0.7 --style B:0.3 mixes; ties, dare_linear and "
            "magnitude_prune first drop a part of each style, so that they disturb each other less."
        ),
    ] = "linear",
    density: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            min=0.01,
            max=1.0,
            help="Share of each style that is kept; not for linear. Default: 0.5.",
        ),
    ] = None,
    rank: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=1024, help="Rank of the new style; default: the sum of the ranks."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of what dare_linear drops.")] = 0,
    prefix: PrefixOption = None,
    author: AuthorOption = None,
    licence: LicenceOption = None,
    base: BaseOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Merge LoRA styles of one base into a new style of your library."""
    if len(styles) < 2:
        raise UsageError("Give two styles or more.", "For instance: monet:0.7 cezanne:0.3")
    if density is not None and combination == "linear":
        raise UsageError(
            "--density goes with ties, dare_linear and magnitude_prune, not with linear."
        )
    registry = load_registry()
    shelf = library(registry)
    check_name(name)
    if not overwrite:
        shelf.check_free(name)
    parts = []
    for text in styles:
        named, scale = split_style(text)
        parts.append(ScaledStyle(read_style_named(registry, named, base), scale))
    options = MergeOptions(combination, 0.5 if density is None else density, rank, seed)
    modules = modules_for(registry, parts[0].style, base)
    with Reporter() as progress:
        merged, lost = merge_loras(parts, name, modules, options, progress)
    if base is not None:
        named_base = find_spec(base, list(registry.bases.values())).public_name
        merged = replace(
            merged, provenance=replace(merged.provenance, base=named_base, base_hash="")
        )
    saved = shelf.save(relabelled(merged, prefix, author, licence), overwrite)
    tell_if_hidden(shelf, name)
    if as_json:
        print_json({"style": name, "path": str(saved), "kept": 1 - lost})
        return
    if lost > LEAST_LOSS:
        note(f"Low rank keeps {1 - lost:.1%} of the merged change; a higher --rank keeps more.")
    out().print(f"Style [bold]{name}[/] is in your library: ", end="")
    out().print(str(saved), markup=False)
