"""``stylecli styles import`` and ``export``: styles from and for other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Optional, get_args

import typer

from stylecli.cli.console import Reporter, escape, note, out, print_json, warn
from stylecli.cli.offers import offering
from stylecli.cli.parameters import (
    BaseOption,
    JsonOption,
    OverwriteOption,
)
from stylecli.cli.selection import (
    existing,
    modules_for,
    place,
    read_place,
    read_style_named,
)
from stylecli.errors import UsageError
from stylecli.loras.kohya import TensorPrecision
from stylecli.opening import library
from stylecli.registry import Registry, load_registry
from stylecli.styles.export import ExportLayout, export_style
from stylecli.styles.header import SUFFIX
from stylecli.styles.hub import fetch_lora
from stylecli.styles.library import Library
from stylecli.styles.style import ANY_LORA, Style, check_name, relabelled, suggested_name
from stylecli.styles.weights import PARTS, weights_in

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
    path = existing(source)
    if path is None and is_local(source):
        known = {entry.name for entry in shelf.entries()}
        raise UsageError(
            f"{source or 'An empty name'}: no such file or folder.",
            "It is in your library already."
            if source in known
            else "One on the hub is called org/name.",
        )
    if path is None:
        with Reporter() as progress:
            path = fetch_lora(source, progress)
        last = source.partition("?")[0].rstrip("/").rpartition("/")[2]
        given = last.removesuffix(SUFFIX).partition("@")[0]
    else:
        given = path.stem if path.is_file() else path.absolute().name
    for layout in get_args(ExportLayout):
        given = given.removesuffix(f".{layout}")
    style_name = check_name(name) if name is not None else suggested_name(given)
    if not overwrite:
        shelf.check_free(style_name)
    style = read_place(registry, path, base)
    style = relabelled(replace(style, name=style_name), prefix, author, licence)
    saved = shelf.save(style, overwrite)
    tell_if_hidden(shelf, style_name)
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
        f"Style [bold]{style_name}[/] is in your library, for base "
        f"{escape(style.provenance.base)}: ",
        end="",
    )
    out().print(str(saved), markup=False)


def tell_if_hidden(shelf: Library, name: str) -> None:
    """Warn where a new style of the user's stands before a ready one."""
    if shelf.hides(name):
        warn(
            f"Your {name!r} now goes before the ready style of that name; "
            f"stylecli styles remove {name} brings that one back."
        )


def is_local(text: str) -> bool:
    """Whether what is not there was meant as a place on this machine and not as a hub id."""
    first, _, rest = text.partition("/")
    local = text.startswith((".", "/", "~", "\\")) or not rest or existing(first) is not None
    return local or (text.lower().endswith(SUFFIX) and "/" not in rest)


def export(
    style: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE",
            help="A style of the library, or a style file.",
            autocompletion=offering("styles"),
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
            help="The file, of peft the folder; or a folder that is there, to put it in. Default: the current folder.",
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
    chosen = read_style_named(registry, style, base)
    target = _target(chosen.name, layout, output)
    if target.exists() and not overwrite:
        raise UsageError(
            f"{target}: is already there.",
            "Replace it with --overwrite, or choose another with -o.",
        )
    if target.exists() and target.is_dir() != (layout == "peft"):
        raise UsageError(f"{target}: is {'a folder' if target.is_dir() else 'a file'}.")
    try:
        done = export_style(chosen, target, layout, modules_for(registry, chosen, base), precision)
    except UsageError as problem:
        hint = problem.hint or f"It was made for base {chosen.provenance.base!r}."
        raise UsageError(problem.message, hint) from problem
    for what in done.left_out:
        warn(f"left out, because other programs have no place for it: {what}")
    if as_json:
        print_json({"path": str(done.path), "format": layout, "left_out": list(done.left_out)})
    else:
        out().print(str(done.path), markup=False)


def _target(name: str, layout: ExportLayout, output: Path | None) -> Path:
    ending = ".peft" if layout == "peft" else f".{layout}.safetensors"
    if output is None:
        return Path(name + ending)
    if layout == "peft":
        if output.suffix.lower() == SUFFIX:
            raise UsageError(f"-o {output}: peft wants a folder; name one.")
        earlier = any((output / part).is_dir() for part in PARTS)
        return output / (name + ending) if output.is_dir() and not earlier else output
    if output.suffix.lower() != SUFFIX:
        if output.suffix[1:].isalpha() and not output.is_dir():
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
