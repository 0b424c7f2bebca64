"""``stylecli eval``: styles and methods compared on the same photos."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Optional

import typer

from stylecli.cli.console import Reporter, err, escape, note, warn
from stylecli.cli.eval_compare import anchors, compare
from stylecli.cli.eval_group import EvalGroup
from stylecli.cli.eval_prompts import PerPromptOption, PromptsOption
from stylecli.cli.eval_rate import HELP as RATE
from stylecli.cli.eval_rate import rate
from stylecli.cli.eval_ratings import HELP as RATINGS
from stylecli.cli.eval_ratings import ratings
from stylecli.cli.eval_settings import read_typed
from stylecli.cli.eval_weights import app as weights
from stylecli.cli.offers import offering
from stylecli.cli.parameters import (
    BaseOption,
    JsonOption,
    OverwriteOption,
    SeedOption,
    tell_broken_plugins,
)
from stylecli.registry import load_registry

app = typer.Typer(
    cls=EvalGroup,
    invoke_without_command=True,
    no_args_is_help=True,
    help="Compare styles and methods on the same photos, at equal settings.\n\n"
    "Three figures stand first: style closure SC (0 = still the photos, 1 = as near to the style as its own "
    "pictures are), content retention CR (1 = the photo's drawing, 0 = unrelated) and, with two or more "
    "references, deception-lite DL (the share that a small judge of painters takes for the style). "
    "Take 20 photos or more, and as many paintings that the style was not trained on.\n\n"
    "stylecli eval --style monet --content photos/ --reference monet/ --report out/\n\n"
    "stylecli eval --style monet --prompts prompts.txt --reference monet/ --report out/",
)
PICTURES = "Pictures"
PAINTING = "Painting"
LIMITS = "Limits for scripts"


@app.callback()
def evaluate_command(
    ctx: typer.Context,
    style: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--style",
            "-s",
            metavar="NAME|FILE[:SCALE]",
            help="A style to repaint the photos with. Repeat it to compare several.",
            autocompletion=offering("styles"),
            rich_help_panel=PICTURES,
        ),
    ] = None,
    outputs: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--outputs",
            metavar="[NAME=]FOLDER",
            help="Pictures that anything else made of the photos, named after them. Repeatable.",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    checkpoints: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--checkpoints",
            metavar="RUN|FOLDER",
            help="Rate the checkpoints of a training run (train --save-every) and name the best step. A folder "
            "with checkpoints comes before a run of its name.",
            autocompletion=offering("runs"),
            rich_help_panel=PICTURES,
        ),
    ] = None,
    content: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--content", help="The folder of photos.", rich_help_panel=PICTURES),
    ] = None,
    reference: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--reference",
            metavar="[NAME=]FOLDER",
            help="Pictures in the style. Several, or a folder of folders, for several styles; a style is "
            "measured against the one of its name. With two or more a judge tells them apart.",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    baseline: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--baseline",
            help="For outputs made from text, without --content: the base's pictures of the same words.",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    limit: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--limit",
            min=1,
            help="Only the first so many photos, or prompts.",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    prompts: PromptsOption = None,
    per_prompt: PerPromptOption = None,
    skip_unpaired: Annotated[
        bool,
        typer.Option(
            "--skip-unpaired",
            help="Leave outputs out whose photo cannot be told.",
            rich_help_panel=PICTURES,
        ),
    ] = False,
    pair_by_order: Annotated[
        bool,
        typer.Option(
            "--pair-by-order",
            help="Where no name fits, pair outputs and photos in the order of their names.",
            rich_help_panel=PICTURES,
        ),
    ] = False,
    strength: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--strength",
            metavar="FLOAT[,FLOAT…]",
            help="For all styles; several give a row each.",
            rich_help_panel=PAINTING,
        ),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Another option of transfer, or with --prompts of generate, for all: --set steps=20. Repeatable.",
            rich_help_panel=PAINTING,
        ),
    ] = None,
    own_settings: Annotated[
        bool,
        typer.Option(
            "--own-settings",
            help="Each style with its own recommended settings, instead of the first one's for all.",
            rich_help_panel=PAINTING,
        ),
    ] = False,
    with_base: Annotated[
        bool,
        typer.Option(
            "--with-base",
            help="Beside every style the base without it, told the same: what the style itself brings.",
            rich_help_panel=PAINTING,
        ),
    ] = False,
    prompt: Annotated[
        str,
        typer.Option(
            "--prompt", "-p", help="What the photos show, for all.", rich_help_panel=PAINTING
        ),
    ] = "",
    base: BaseOption = None,
    seed: SeedOption = 0,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--report",
            help="A folder for eval.json, per_image.csv, report.md, report.html and the pictures; without it "
            "they are not kept.",
        ),
    ] = None,
    metrics: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--metrics",
            metavar="NAME[,NAME…]",
            help="Only these metrics; default: all that fit.",
            autocompletion=offering("metrics,"),
        ),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(
            "--preset",
            help="A protocol: standard, quick (12 photos), styleid-20x40.",
            autocompletion=offering("protocols"),
        ),
    ] = "standard",
    fail_under: Annotated[
        str,
        typer.Option(
            "--fail-under",
            metavar="NAME=VALUE[,…]",
            help="Exit with 1 where a figure is smaller: sc=0.5,cr=0.3.",
            rich_help_panel=LIMITS,
        ),
    ] = "",
    fail_over: Annotated[
        str,
        typer.Option(
            "--fail-over",
            metavar="NAME=VALUE[,…]",
            help="Exit with 1 where a figure is larger: copies=0,palette=8.",
            rich_help_panel=LIMITS,
        ),
    ] = "",
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare styles and methods; see `stylecli.evaluation.evaluate`."""
    if ctx.invoked_subcommand is not None:
        return
    from stylecli.cli.eval_metrics import Remarks, chosen_metrics
    from stylecli.cli.eval_plan import Asked, plan_for
    from stylecli.cli.eval_report import check_report, report_on, told_when_stopped
    from stylecli.evaluation.evaluate import evaluate
    from stylecli.evaluation.feature_cache import FeatureCache
    from stylecli.evaluation.thresholds import broken, read_limits
    from stylecli.places import Places

    registry = load_registry()
    tell_broken_plugins(registry)
    asked = Asked(
        styles=tuple(style or ()),
        outputs=tuple(outputs or ()),
        checkpoints=checkpoints,
        content=content,
        prompts=prompts,
        per_prompt=per_prompt,
        references=tuple(reference or ()),
        baseline=baseline,
        limit=limit,
        skip_unpaired=skip_unpaired,
        pair_by_order=pair_by_order,
        typed=read_typed(strength, settings or ()),
        own_settings=own_settings,
        with_base=with_base,
        prompt=prompt,
        base=base,
        seed=seed,
        preset=preset,
        overwrite=overwrite,
    )
    asked.check()
    if report is not None:
        check_report(report, overwrite)
    styles = asked.reference_pictures()
    there = {
        name
        for name, given in (
            ("content", content is not None),
            ("baseline", baseline is not None or prompts is not None),
            ("styles", len(styles) > 1),
        )
        if given
    }
    remarks = Remarks()
    chosen, networks = chosen_metrics(registry, metrics, there, remarks.note, remarks.warn)
    limits = read_limits("--fail-under", fail_under, chosen, upper=False)
    limits += read_limits("--fail-over", fail_over, chosen, upper=True)
    with ExitStack() as stack:
        place = report
        if place is None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stylecli-eval-")))
        with Reporter() as progress, told_when_stopped(report):
            plan = plan_for(registry, asked, styles, place / "outputs", progress, note)
            remarks.tell(note, warn)
            cache = FeatureCache(Places.default().cache / "features")
            found = evaluate(plan, chosen, cache, progress, metrics is not None, networks)
        report_on(found, report, as_json, checkpoints)
    problems = broken(found.evaluation, limits)
    for problem in problems:
        err().print(f"[red]Failed:[/] {escape(problem)}")
    if problems:
        raise typer.Exit(1)


app.command("compare")(compare)
app.command("anchors")(anchors)
app.add_typer(weights, name="weights")
app.command("rate", help=RATE)(rate)
app.command("ratings", help=RATINGS)(ratings)
