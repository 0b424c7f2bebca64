"""``stylecli train``: a folder of pictures becomes a style in the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from stylecli.bases.base import load_base
from stylecli.bases.locate import choose_base, find_spec, folder_of
from stylecli.bases.spec import BaseSpec
from stylecli.cli.console import Reporter, escape, human_size, note, out, print_json, warn
from stylecli.cli.given import Given
from stylecli.cli.parameters import (
    DEFAULT_METHOD,
    BaseOption,
    ConfigOption,
    JsonOption,
    OverwriteOption,
    SeedOption,
    complete_methods,
    complete_presets,
    library,
    named,
    tell_broken_plugins,
)
from stylecli.cli.resume import (
    check_same_base,
    check_same_run,
    explain_stop,
    lasting_name,
    resumed_options,
)
from stylecli.datasets.folder import Dataset, read_dataset
from stylecli.errors import Cancelled, UsageError, did_you_mean
from stylecli.method import Method, Preset
from stylecli.options import Layer, Resolved, as_record, known_values, option_fields, resolve
from stylecli.places import Places
from stylecli.registry import Registry
from stylecli.styles.library import Library
from stylecli.styles.style import Prompt, Style, check_name, suggested_name
from stylecli.training.cache import TensorCache
from stylecli.training.run import (
    STEPS,
    TrainRun,
    describe_run,
    drop_empty_run,
    new_run_folder,
    read_description,
    unfinished_run,
)


def train(
    registry: Registry,
    method: Method,
    folder: Annotated[
        Path, typer.Argument(help="The folder of style pictures.", show_default=False)
    ],
    method_name: Annotated[
        str,
        typer.Option(
            "--method",
            "-m",
            help="How to learn it; see `stylecli plugins list`.",
            autocompletion=complete_methods,
        ),
    ] = DEFAULT_METHOD,
    base: BaseOption = None,
    name: Annotated[
        Optional[str], typer.Option("--name", help="The style's name; default: the folder's.")  # noqa: UP045
    ] = None,
    prefix: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--prefix",
            help="Words before every caption, kept with the style; default: the method's, such as 'A NAME painting,'.",
        ),
    ] = None,
    preset: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--preset",
            help="A named set of options; those of the method stand above.",
            autocompletion=complete_presets,
        ),
    ] = None,
    author: Annotated[
        str, typer.Option("--author", help="Who makes the style; kept in its file.")
    ] = "",
    licence: Annotated[
        str, typer.Option("--license", help="What others may do with it; kept in its file.")
    ] = "",
    seed: SeedOption = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    overwrite: OverwriteOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    *,
    given: Given,
    ctx: typer.Context,
) -> None:
    """Learn a style; see `stylecli.method.Method.train`."""
    tell_broken_plugins(registry)
    style_name = check_name(name) if name is not None else suggested_name(named(folder).name)
    shelf = library(registry)
    if not overwrite:
        shelf.check_free(style_name)
    places = Places.default()
    dataset = read_dataset(folder)
    for problem in dataset.problems:
        warn(problem)
    described: dict[str, Any] = {}
    run_folder = None
    if resume:
        run_folder = unfinished_run(places.runs, style_name)
        described = read_description(run_folder)
        typed = {
            "prefix": prefix,
            "preset": preset,
            "seed": seed if _is_given(ctx, "seed") else None,
        }
        check_same_run(described, method, dataset, typed)
        check_same_base(registry, described["base"], base)
        base, prefix, seed = described["base"], described["prefix"], described["seed"]
    spec = _choose(registry, method, base)
    chosen_preset = _preset(method, preset)
    resolved = _options(method, spec, given, chosen_preset, described.get("options"))
    if prefix is None and chosen_preset is not None:
        prefix = chosen_preset.prefix
    prompt = method.prompt(style_name, prefix)
    with Reporter() as progress:
        spec, base_folder = folder_of(spec, progress)
        _check_family(method, spec)
        opened = load_base(spec, base_folder, getattr(resolved.options, "precision", "auto"))
        if run_folder is None:
            run_folder = new_run_folder(places.runs, style_name)
        _introduce(method, spec, dataset, style_name, prompt, resolved, run_folder)
        description = {
            "name": style_name,
            "method": method.name,
            "base": lasting_name(registry, spec),
            "prefix": prompt.prefix,
            "preset": preset,
            "seed": seed,
            "options": as_record(resolved.options),
            "dataset": dataset.fingerprint,
            "finished": False,
        }
        describe_run(run_folder, description)
        run = TrainRun(
            name=style_name,
            method=method.name,
            base=opened,
            dataset=dataset,
            prompt=prompt,
            options=resolved.options,
            transfer=known_values(
                method.TransferOptions, spec.recommended(method.name, "transfer")
            ),
            seed=seed,
            folder=run_folder,
            cache=TensorCache(places.cache),
            resume=resume,
            progress=progress,
            author=author,
            licence=licence,
        )
        try:
            style = method.train(run)
        except Cancelled as stopped:
            raise explain_stop(run_folder, folder, run, overwrite) from stopped
        except BaseException:
            if not resume:
                drop_empty_run(run_folder)
            raise
    path = _save(shelf, style, overwrite)
    describe_run(run_folder, {**description, "finished": True})
    _report(style, path, run_folder, as_json)


def _choose(registry: Registry, method: Method, base: str | None) -> BaseSpec:
    known = list(registry.bases.values())
    if base is not None:
        return find_spec(base, known)
    choice = choose_base(method.default_base, sorted(method.families), known)
    note(choice.reason)
    return choice.spec


def _check_family(method: Method, spec: BaseSpec) -> None:
    if spec.family not in method.families:
        raise UsageError(
            f"{method.name} works with bases of the family {', '.join(sorted(method.families))}; "
            f"{spec.name!r} is {spec.family}."
        )


def _preset(method: Method, name: str | None) -> Preset | None:
    if name is None:
        return None
    if name not in method.presets:
        hint = (
            did_you_mean(name, method.presets)
            or f"There are: {', '.join(method.presets) or 'none'}."
        )
        raise UsageError(f"{method.name} has no preset {name!r}.", hint)
    return method.presets[name]


def _options(
    method: Method,
    spec: BaseSpec,
    given: Given,
    preset: Preset | None,
    recorded: Mapping[str, Any] | None,
) -> Resolved:
    layers = given.layers()
    if recorded is not None:
        return resumed_options(method, layers, recorded)
    if preset is not None:
        layers.append(Layer("--preset", preset.train))
    layers.append(Layer(f"base {spec.name}", spec.recommended(method.name, "train")))
    return resolve(method.TrainOptions, layers)


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _introduce(
    method: Method,
    spec: BaseSpec,
    dataset: Dataset,
    name: str,
    prompt: Prompt,
    resolved: Resolved,
    folder: Path,
) -> None:
    note(
        f"Training style {name!r} with {method.name} on {spec.name}: {len(dataset.items)} pictures, "
        f"prefix {prompt.prefix!r}."
    )
    captions = method.captions([item.caption for item in dataset.items], prompt)
    if len(set(captions)) == 1:
        note(f"Every picture's words: {captions[0]!r}. Run folder: {folder}")
    else:
        note(f"The first picture's words, prefix included: {captions[0]!r}")
        sources = ", ".join(
            f"{count} from {source}" for source, count in sorted(dataset.caption_sources.items())
        )
        note(f"Captions: {sources}. Run folder: {folder}")
    shown = []
    for field in option_fields(method.TrainOptions):
        value, source = getattr(resolved.options, field.name), resolved.sources[field.name]
        if source != "default" and value is not None:
            shown.append(
                f"{field.flag} {value}" + ("" if source == "command line" else f" ({source})")
            )
    if shown:
        note("Options: " + "; ".join(shown))


def _save(shelf: Library, style: Style, overwrite: bool) -> Path:
    if not overwrite and shelf.path_for(style.name).exists():
        # The name was free when training began; what was learnt must not be lost because it is not now.
        number = 2
        while shelf.path_for(f"{style.name}-{number}").exists():
            number += 1
        warn(f"The name {style.name!r} was taken meanwhile; saved as {style.name}-{number}.")
        style = replace(style, name=f"{style.name}-{number}")
    return shelf.save(style, overwrite)


def _report(style: Style, path: Path, folder: Path, as_json: bool) -> None:
    training = style.provenance.training
    if as_json:
        print_json(
            {"style": path.stem, "path": str(path), "run": str(folder), "training": dict(training)}
        )
        return
    console = out()
    console.print(
        f"Style [bold]{path.stem}[/] is in your library after {training.get('steps', '?')} steps and "
        f"{training.get('seconds', 0):.0f} s ({human_size(path.stat().st_size)}): {escape(str(path))}"
    )
    console.print(f"Loss curve and previews: {folder}", markup=False)
    console.print(f"Try it: stylecli transfer photo.jpg --style {path.stem}")
    if (folder / STEPS).is_dir():
        again = f"stylecli eval --checkpoints {path.stem} --content photos/ --reference paintings/"
        console.print(f"Which step is best: {again}", markup=False)
    if "vae" in style.parts:
        note(
            f"It has a part for the VAE, which other programs do not take; stylecli styles export {path.stem}"
        )
