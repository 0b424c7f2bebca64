"""``stylecli train``: a folder of pictures, or a data set of the hub, becomes a style in the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from stylecli.bases.base import load_base
from stylecli.bases.locate import folder_of
from stylecli.cli.ablation import Ablating
from stylecli.cli.console import Reporter, note, warn
from stylecli.cli.given import Given
from stylecli.cli.offers import offering
from stylecli.cli.parameters import (
    DEFAULT_METHOD,
    BaseOption,
    ConfigOption,
    JsonOption,
    MethodSeedOption,
    OverwriteOption,
    tell_broken_plugins,
)
from stylecli.cli.resume import check_same_base, check_same_run, explain_stop, lasting_name
from stylecli.cli.train_report import report_on_run, save_style
from stylecli.cli.train_setup import (
    Setup,
    check_family,
    check_said_family,
    choose_spec,
    method_for_family,
    options_for,
    preset_of,
    prompt_of,
    words_for,
)
from stylecli.cli.training_data import (
    CaptionColumnOption,
    DataConfigOption,
    ImageColumnOption,
    MaxPicturesOption,
    PicturesArgument,
    SplitOption,
    TrainingData,
)
from stylecli.cli.trial import DemoTrial
from stylecli.errors import Cancelled
from stylecli.method import Method
from stylecli.opening import library
from stylecli.options import Resolved, idle_options, option_fields
from stylecli.places import Places
from stylecli.registry import Registry
from stylecli.styles.style import check_name, suggested_name
from stylecli.training.run_folder import (
    finish_run,
    new_run_folder,
    read_description,
    unfinished_run,
)

ABLATION = "Leaving ideas out"


def train(
    registry: Registry,
    method: Method,
    pictures: PicturesArgument,
    method_name: Annotated[
        str,
        typer.Option(
            "--method",
            "-m",
            help="How to learn it; see `stylecli plugins list`.",
            autocompletion=offering("methods"),
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
    token: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--token",
            help="A rare word that is to name the style, such as '**'; kept with the style, it must stand in the "
            "prefix, which is then 'A painting in the style of TOKEN' by default.",
        ),
    ] = None,
    preset: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--preset",
            help="A named set of options; those of the method stand above.",
            autocompletion=offering("presets"),
        ),
    ] = None,
    author: Annotated[
        str, typer.Option("--author", help="Who makes the style; kept in its file.")
    ] = "",
    licence: Annotated[
        str, typer.Option("--license", help="What others may do with it; kept in its file.")
    ] = "",
    seed: MethodSeedOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    ablate: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--ablate",
            metavar="NAME[,NAME…]|all",
            help="Also train without these ideas of the method, which stand above, one at a time, and compare "
            "all on --content; nothing goes into the library.",
            autocompletion=offering("ablations,"),
            rich_help_panel=ABLATION,
        ),
    ] = None,
    content: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--content", help="Photos to compare on, with --ablate.", rich_help_panel=ABLATION
        ),
    ] = None,
    reference: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--reference",
            help="Pictures in the style to measure against; best some that are not trained on. "
            "Default: the training pictures.",
            rich_help_panel=ABLATION,
        ),
    ] = None,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--report",
            help="A folder for styles, pictures and the report; default: NAME-ablation here.",
            rich_help_panel=ABLATION,
        ),
    ] = None,
    split: SplitOption = None,
    data_config: DataConfigOption = None,
    image_column: ImageColumnOption = None,
    caption_column: CaptionColumnOption = None,
    max_pictures: MaxPicturesOption = None,
    overwrite: OverwriteOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    *,
    given: Given,
    ctx: typer.Context,
) -> None:
    """Learn a style; see `stylecli.method.Method.train`."""
    tell_broken_plugins(registry)
    data = TrainingData.of(pictures, data_config, split, image_column, caption_column, max_pictures)
    style_name = check_name(name) if name is not None else suggested_name(data.name)
    ablating = Ablating.read(
        method, style_name, ablate, content, reference, report, overwrite, resume
    )
    shelf = library(registry)
    if not overwrite and ablating is None:
        shelf.check_free(style_name)
    places = Places.default()
    described: dict[str, Any] = {}
    run_folder = None
    if resume:
        run_folder = unfinished_run(places.runs, style_name)
        described = read_description(run_folder)
    dataset = data.read(described)
    if resume:
        token = described.get("token") if token is None else token
        typed = {
            "prefix": None
            if prefix is None
            else prompt_of(method, style_name, prefix, token).prefix,
            "token": token,
            "preset": preset,
            "seed": seed,
        }
        check_same_run(described, method, dataset, typed)
        check_same_base(registry, described["base"], base)
        base, prefix, seed = described["base"], described["prefix"], described["seed"]
    spec = choose_spec(registry, method, base)
    check_said_family(method, spec, method_for_family(registry, spec))
    chosen_preset = preset_of(method, preset)
    whole = ablating.whole if ablating is not None else {}
    layers = (given, chosen_preset, described.get("options"), whole)
    resolved = options_for(method, spec, *layers)
    if not resume:
        prefix, token = words_for(method, resolved.options, chosen_preset, prefix, token)
    prompt = prompt_of(method, style_name, prefix, token)
    seed = method.default_seed if seed is None else seed
    with Reporter() as progress:
        spec, base_folder = folder_of(spec, progress)
        check_family(method, spec, method_for_family(registry, spec))
        # Checked above, before anything is fetched; a hub id then tells the size of its pictures.
        resolved = options_for(method, spec, *layers)
        setup = Setup(
            method=method,
            base=load_base(
                spec, base_folder, getattr(resolved.options, "precision", "auto"), progress=progress
            ),
            base_name=lasting_name(registry, spec),
            dataset=dataset,
            prompt=prompt,
            preset=preset,
            seed=seed,
            author=author,
            licence=licence,
            places=places,
            trial=DemoTrial(registry, dataset, seed),
        )
        if ablating is not None:
            _introduce(setup, style_name, resolved, "")
            files = ablating.train(setup, resolved, progress)
        else:
            place = run_folder or new_run_folder(places.runs, style_name)
            _introduce(setup, style_name, resolved, f" Run folder: {place}")
            try:
                style = setup.train(style_name, resolved.options, place, resume, progress)
            except Cancelled as stopped:
                raise explain_stop(place, pictures, style_name, method.name, overwrite) from stopped
    if ablating is not None:
        from stylecli.cli.ablation_report import compare

        compare(ablating, registry, files, setup, as_json)
        return
    path = save_style(shelf, style, overwrite)
    finish_run(place)
    report_on_run(style, path, place, as_json)


def _introduce(setup: Setup, name: str, resolved: Resolved, where: str) -> None:
    method, dataset, prompt = setup.method, setup.dataset, setup.prompt
    note(
        f"Training style {name!r} with {method.name} on {setup.base.spec.name}: "
        f"{len(dataset.items)} pictures, prefix {prompt.prefix!r}."
    )
    # Where every example has the bare prefix, the pictures' own captions are never seen.
    bare = getattr(resolved.options, "prefix_only", 0) == 1
    told = ["" if bare else item.caption for item in dataset.items]
    captions = method.captions(told, prompt, resolved.options)
    if len(set(captions)) == 1:
        note(f"Every picture's words: {captions[0]!r}.{where}")
    else:
        note(f"The first picture's words, prefix included: {captions[0]!r}")
        sources = ", ".join(
            f"{count} from {source}" for source, count in sorted(dataset.caption_sources.items())
        )
        note(f"Captions: {sources}.{where}")
    for idle in idle_options(resolved, Given.SOURCES):
        warn(idle)
    if getattr(resolved.options, "resolution", 0) > setup.base.spec.resolution:
        warn(
            f"--resolution {resolved.options.resolution} is above the {setup.base.spec.resolution} px that "
            f"{setup.base.spec.name} works at: it takes long, and learns what the base cannot paint."
        )
    shown = []
    for field in option_fields(method.TrainOptions):
        value, source = getattr(resolved.options, field.name), resolved.sources[field.name]
        if source != "default" and value is not None:
            shown.append(
                f"{field.flag} {value}" + ("" if source == "command line" else f" ({source})")
            )
    if shown:
        note("Options: " + "; ".join(shown))
