"""``stylecli doctor``: what is wrong, and what to type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from stylecli.cli.console import escape, out, print_json
from stylecli.cli.parameters import JsonOption
from stylecli.doctor.finding import Finding

_MARKS = {"ok": "[green]ok[/]     ", "note": "[yellow]note[/]   ", "problem": "[red]problem[/]"}


def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Ask the hub, too; else the network is left alone.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at libraries, device, disk, bases, styles and plugins, and say what to type where something is wrong.

    The exit code is 1 where a problem keeps from training, repainting or generating.
    """
    from stylecli.doctor.examine import examine

    findings = examine(online)
    problems = [finding for finding in findings if finding.state == "problem"]
    if as_json:
        print_json(
            {
                "ok": not problems,
                "problems": [_called(finding) for finding in problems],
                "findings": [asdict(finding) for finding in findings],
            }
        )
    else:
        _show(findings, problems)
    if problems:
        raise typer.Exit(1)


def _show(findings: Sequence[Finding], problems: Sequence[Finding]) -> None:
    console = out()
    topic = ""
    for finding in findings:
        if finding.topic != topic:
            topic = finding.topic
            console.print(f"[bold]{topic}[/]")
        console.print(f"  {_MARKS[finding.state]} {escape(finding.name)}: {escape(finding.text)}")
        if finding.fix:
            console.print(f"          {escape(finding.fix)}", style=_style_of(finding))
    notes = sum(finding.state == "note" for finding in findings)
    if problems:
        named = ", ".join(_called(finding) for finding in problems)
        console.print(f"\n[red]{len(problems)} broken:[/] {escape(named)}")
        return
    more = f", {notes} worth knowing" if notes else ""
    console.print(f"\n[green]Nothing is broken[/]{more}.")


def _style_of(finding: Finding) -> str:
    return "dim" if finding.state == "ok" else "bold"


def _called(finding: Finding) -> str:
    same = finding.name in (finding.topic, finding.topic.removesuffix("s"))
    return finding.name if same else f"{finding.topic}: {finding.name}"
