"""``stylecli styles import``, ``export`` and ``merge``: styles from and for other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Optional

import typer

from stylecli.cli.console import Reporter, note, out, print_json, warn
from stylecli.cli.parameters import (
    BaseOption,
    JsonOption,
    OverwriteOption,
    complete_styles,
    library,
)
from stylecli.cli.selection import (
    check_mixable,
    modules_for,
    place,
    read_place,
    split_style,
)
from stylecli.errors import UsageError
from stylecli.loras.kohya import TensorPrecision
from stylecli.loras.merge import Combination, MergeOptions
from stylecli.registry import Registry, load_registry
from stylecli.styles.export import ExportLayout, export_style
from stylecli.styles.hub import fetch_lora
from stylecli.styles.merging import merge_loras
from stylecli.styles.style import ANY_LORA, Prompt, ScaledStyle, Style, check_name, suggested_name
from stylecli.styles.weights import is_place, weights_in

NameOption = Annotated[
    Optional[str],  # noqa: UP045 - Typer reads it at run time
    typer.Option("--name", help="Its name in the library; default: the file's or folder's."),
]
PrefixOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--prefix", help="Words that belong before every prompt; default: what it brings along."
    ),
]
AuthorOption = Annotated[
    Optional[str], typer.Option("--author", help="Who made it.")  # noqa: UP045
]
LicenceOption = Annotated[
    Optional[str], typer.Option("--license", help="What others may do with it.")  # noqa: UP045
]


def only_file(text: str) -> Path:
    """The one file of a style or LoRA that is named by its place.

    Raises:
        UsageError: There is none, or there are several.
    """
    files = weights_in(place(text))
    if len(files) > 1:
        raise UsageError(f"{text}: has several parts.", f"Name one of them: {files[0].path}")
    return files[0].path


def import_style(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|FOLDER|HUB-ID",
            help="A .safetensors file, a folder as diffusers or peft leaves it, or org/name on the hub.",
            show_default=False,
        ),
    ],
    name: NameOption = None,
    base: BaseOption = None,
    prefix: PrefixOption = None,
    author: AuthorOption = None,
    licence: LicenceOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Bring a style or LoRA into your library, from any program that writes .safetensors."""
    registry = load_registry()
    shelf = library(registry)
    path = Path(source).expanduser()
    if not path.exists() and is_local(source):
        raise UsageError(f"{source}: no such file or folder.", "One on the hub is called org/name.")
    if not path.exists():
        with Reporter() as progress:
            path = fetch_lora(source, progress)
        given = source.removesuffix(".safetensors").rpartition("/")[2].partition("@")[0]
    else:
        given = path.stem if path.is_file() else path.absolute().name
    style_name = check_name(name) if name is not None else suggested_name(given)
    if not overwrite:
        shelf.check_free(style_name)
    style = read_place(registry, path, base)
    style = _edited(replace(style, name=style_name), prefix, author, licence)
    saved = shelf.save(style, overwrite)
    if as_json:
        print_json(
            {
                "style": style_name,
                "path": str(saved),
                "method": style.method,
                "base": style.provenance.base,
                "left_out": list(style.provenance.source.get("left_out", ())),
            }
        )
        return
    if not style.prompt.prefix:
        note("It has no words of its own; if it was trained with some, give them with --prefix.")
    if style.method == ANY_LORA:
        _tell_if_unusable(registry, style)
    out().print(
        f"Style [bold]{style_name}[/] is in your library, for base {style.provenance.base}: ",
        end="",
    )
    out().print(str(saved), markup=False)


def is_local(text: str) -> bool:
    """Whether what is not there was meant as a place on this machine and not as a hub id."""
    return text.startswith((".", "/", "~", "\\")) or "/" not in text


def export(
    style: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE",
            help="A style of the library, or a style file.",
            autocompletion=complete_styles,
            show_default=False,
        ),
    ],
    layout: Annotated[
        ExportLayout,
        typer.Option(
            "--format",
            help="kohya: ComfyUI, A1111, Forge, sd-scripts, InvokeAI and diffusers; diffusers: its own layout; "
            "peft: a folder with an adapter for each part.",
        ),
    ] = "kohya",
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--output",
            "-o",
            help="The file, of peft the folder; or a folder to put it in. Default: the current folder.",
        ),
    ] = None,
    precision: Annotated[
        TensorPrecision, typer.Option("--precision", help="Number type of the file.")
    ] = "fp16",
    base: BaseOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a style as other programs read it; what they have no place for is named."""
    registry = load_registry()
    chosen = _read(registry, style, base)
    target = _target(chosen.name, layout, output)
    if target.exists() and not overwrite:
        raise UsageError(
            f"{target}: is already there.",
            "Replace it with --overwrite, or choose another with -o.",
        )
    if target.exists() and target.is_dir() != (layout == "peft"):
        raise UsageError(f"{target}: is {'a folder' if target.is_dir() else 'a file'}.")
    done = export_style(chosen, target, layout, modules_for(registry, chosen, base), precision)
    for what in done.left_out:
        warn(f"left out, because other programs have no place for it: {what}")
    if as_json:
        print_json({"path": str(done.path), "format": layout, "left_out": list(done.left_out)})
    else:
        out().print(str(done.path), markup=False)


def merge_styles(
    styles: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME[:SCALE]...",
            help="Two or more styles or LoRA files, each with how much of it goes in.",
            autocompletion=complete_styles,
            show_default=False,
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="The new style's name.", show_default=False)],
    combination: Annotated[
        Combination,
        typer.Option(
            help="linear: the weighted sum, exactly as --style A:0.7 --style B:0.3 mixes; ties, dare_linear and "
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
        parts.append(ScaledStyle(_read(registry, named, base), scale))
    check_mixable(registry, [part.style for part in parts])
    options = MergeOptions(combination, 0.5 if density is None else density, rank, seed)
    modules = modules_for(registry, parts[0].style, base)
    merged, lost = merge_loras(parts, name, modules, options)
    saved = shelf.save(_edited(merged, prefix, author, licence), overwrite)
    if as_json:
        print_json({"style": name, "path": str(saved), "lost": lost})
        return
    if lost > 0:
        note(f"Low rank keeps {1 - lost:.1%} of the merged change; a higher --rank keeps more.")
    out().print(f"Style [bold]{name}[/] is in your library: ", end="")
    out().print(str(saved), markup=False)


def _read(registry: Registry, text: str, base: str | None) -> Style:
    return (
        read_place(registry, place(text), base) if is_place(text) else library(registry).read(text)
    )


def _edited(style: Style, prefix: str | None, author: str | None, licence: str | None) -> Style:
    """The style with what the user says of it in place of what it says itself."""
    made = style.provenance
    return replace(
        style,
        prompt=style.prompt if prefix is None else Prompt(prefix),
        provenance=replace(
            made,
            author=made.author if author is None else author,
            licence=made.licence if licence is None else licence,
        ),
    )


def _target(name: str, layout: ExportLayout, output: Path | None) -> Path:
    ending = ".peft" if layout == "peft" else f".{layout}.safetensors"
    if output is None:
        return Path(name + ending)
    if layout != "peft" and output.suffix.lower() != ".safetensors":
        if output.suffix and not output.is_dir():
            raise UsageError(
                f"-o {output}: a style is written as .safetensors; name such a file or a folder."
            )
        return output / (name + ending)
    return output


def _tell_if_unusable(registry: Registry, style: Style) -> None:
    try:
        registry.method_for(style.method, style.family)
    except UsageError as problem:
        warn(f"{problem.message} It can be shown, merged and exported.")
