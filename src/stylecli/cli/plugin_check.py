"""``stylecli plugins check``: whether what a plugin adds keeps its contracts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stylecli.cli.check_options import CheckOptions
from stylecli.cli.console import err, escape, out, print_json
from stylecli.cli.offers import offering
from stylecli.cli.parameters import JsonOption
from stylecli.errors import UsageError, did_you_mean
from stylecli.plugin import Plugin
from stylecli.registry import Registry, load_registry
from stylecli.styles.metadata import FAMILIES

if TYPE_CHECKING:
    from rich.table import Table

    from stylecli.testing import Check, Verdict

_COLOURS = {"passed": "green", "failed": "red", "skipped": "yellow"}


@dataclass(frozen=True)
class Subject:
    """One thing that is checked.

    Attributes:
        kind: "plugin", "method", "base", "captioner", "metric" or "command".
        name: What it is called.
        checks: Its checks.
    """

    kind: str
    name: str
    checks: Sequence[Check]


def check(
    package: Annotated[
        str,
        typer.Argument(
            metavar="PACKAGE",
            help="An installed package, or the name or module of one of its plugins.",
            autocompletion=offering("plugins"),
        ),
    ],
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="A check by name, or a method, metric, … by name; may be given several times."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A TOML file with options that a method or captioner needs here, in tables \\\\[train], "
            "\\\\[transfer] and \\\\[caption].",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check that a plugin keeps its contracts: it trains and paints on a miniature base, in seconds.

    The exit code is 1 where a check fails. `stylecli.testing` has the same checks for pytest.
    """
    registry = load_registry()
    plugins = _named(registry, package)
    subjects = _wanted([*_subjects(registry, plugins, config)], only or [])
    total = sum(len(subject.checks) for subject in subjects)
    rows: list[tuple[Subject, Verdict]] = []
    from stylecli.testing import run_checks

    for subject in subjects:
        # A line a check: a bar that is drawn by another thread would be taken for the plugin's own output.
        for verdict in run_checks(subject.checks):
            rows.append((subject, verdict))
            err().print(
                f"{len(rows)}/{total} {subject.kind} {escape(subject.name)}, {verdict.check}: "
                f"[{_COLOURS[verdict.state]}]{verdict.state}[/] ({verdict.seconds:.1f} s)"
            )
    if as_json:
        print_json([{"kind": it.kind, "name": it.name, **asdict(verdict)} for it, verdict in rows])
    else:
        out().print(_table(rows), soft_wrap=False)
        counted = Counter(str(verdict.state) for _, verdict in rows)
        out().print(
            f"{total} checks: "
            + ", ".join(f"{counted[state]} {state}" for state in _COLOURS if counted[state])
        )
    if any(verdict.state == "failed" for _, verdict in rows):
        raise typer.Exit(1)


def _named(registry: Registry, package: str) -> list[Plugin]:
    """The plugins that a package, an entry point or a module has.

    Raises:
        UsageError: None is installed.
    """
    names: dict[str, list[Plugin]] = {}
    for plugin in registry.plugins:
        source = plugin.source
        for name in {source.name, source.module, _plain(source.distribution)}:
            names.setdefault(name, []).append(plugin)
    found = names.get(package) or names.get(_plain(package))
    if not found:
        raise UsageError(
            f"No plugin or package with plugins named {package!r} is installed.",
            did_you_mean(package, names) or "See `stylecli plugins list`.",
        )
    return found


def _subjects(
    registry: Registry, plugins: Sequence[Plugin], config: Path | None
) -> Iterator[Subject]:
    from stylecli.testing import (
        base_checks,
        captioner_checks,
        command_checks,
        method_checks,
        metric_checks,
        plugin_checks,
    )

    options = CheckOptions(config, _kinds(registry, plugins))
    for plugin in plugins:
        yield Subject("plugin", plugin.source.name, plugin_checks(plugin))
        for name in plugin.adds.get("method", ()):
            method = registry.methods[name]
            train = options.of("train", method.TrainOptions)
            transfer = options.of("transfer", method.TransferOptions)
            yield Subject("method", name, method_checks(method, train, transfer=transfer))
        for name in plugin.adds.get("base", ()):
            base = registry.bases[name]
            yield Subject("base", name, base_checks(base, registry.methods))
        for name in plugin.adds.get("captioner", ()):
            captioner = registry.captioners[name]
            caption = options.of("caption", captioner.Options)
            yield Subject("captioner", name, captioner_checks(captioner, caption))
        for name in plugin.adds.get("metric", ()):
            yield Subject("metric", name, metric_checks(registry.metrics[name]))
        for name in plugin.adds.get("command", ()):
            yield Subject("command", name, command_checks(registry.commands[name]))


def _kinds(registry: Registry, plugins: Sequence[Plugin]) -> dict[str, list[type]]:
    """Classes of options of all that is checked, by the table of a config file that is for them."""
    methods = [registry.methods[name] for each in plugins for name in each.adds.get("method", ())]
    captioners = [
        registry.captioners[name] for each in plugins for name in each.adds.get("captioner", ())
    ]
    return {
        "train": [method.TrainOptions for method in methods],
        "transfer": [method.TransferOptions for method in methods],
        "caption": [captioner.Options for captioner in captioners if captioner.Options],
    }


def _wanted(subjects: Sequence[Subject], only: Sequence[str]) -> list[Subject]:
    """Those checks that are wanted by their own name or that of what they are about.

    Raises:
        UsageError: A name that none has.
    """
    known = {subject.name for subject in subjects}
    known |= {name for subject in subjects for check in subject.checks for name in _names(check)}
    for name in only:
        if name not in known:
            raise UsageError(
                f"--only {name!r}: there is no such check here.",
                did_you_mean(name, known) or f"There are: {', '.join(sorted(known))}.",
            )
    if not only:
        return list(subjects)
    kept = (
        Subject(
            subject.kind,
            subject.name,
            [
                each
                for each in subject.checks
                if subject.name in only or not _names(each).isdisjoint(only)
            ],
        )
        for subject in subjects
    )
    return [subject for subject in kept if subject.checks]


def _names(check: Check) -> set[str]:
    """What a check may be called: of several families "resume-sdxl" is "resume", too."""
    return {check.name, re.sub(rf"-({'|'.join(FAMILIES)})$", "", check.name)}


def _table(rows: Sequence[tuple[Subject, Verdict]]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("check", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("what it says", overflow="fold")
    last: Subject | None = None
    for subject, verdict in rows:
        if subject is not last:
            table.add_row(f"[bold]{subject.kind} {escape(subject.name)}[/]", "", "")
            last = subject
        said = verdict.reason or verdict.says
        if verdict.contract:
            said += f"\nThe contract: {verdict.contract}"
        state = f"[{_COLOURS[verdict.state]}]{verdict.state}[/]"
        table.add_row(f"  {escape(verdict.check)}", state, escape(said))
    return table


def _plain(name: str) -> str:
    """A distribution's name as all its spellings are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()
