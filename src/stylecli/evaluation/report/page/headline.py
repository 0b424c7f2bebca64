"""The first table: every entry by the headline metrics."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.figures import MetricInfo
from stylecli.evaluation.report.page.cells import entry_heading, figure_cell, metric_heading
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, joined, scrolling
from stylecli.evaluation.report.wording import (
    OWN_REFERENCES,
    beside,
    direction,
    how_sure,
    spelled_out,
)
from stylecli.evaluation.result import Entry, Evaluation, Warned


def headline(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section with the headline figures, and what they mean."""
    metrics = [metric for metric in evaluation.metrics if metric.headline]
    heading = element(
        "tr",
        element("td", ""),
        *(metric_heading(metric) for metric in metrics),
    )
    rows = [
        element(
            "tr",
            entry_heading(entry, marks[entry.name], _beneath(evaluation, entry)),
            *(figure_cell(evaluation, entry, metric) for metric in metrics),
        )
        for entry in evaluation.entries
    ]
    table = element(
        "table",
        element("caption", "Headline figures", class_="hidden"),
        element("thead", heading),
        element("tbody", *rows),
        class_="headline",
    )
    return element(
        "section",
        scrolling("Headline figures", table),
        _each_its_own(evaluation),
        _warned(evaluation, metrics),
        meanings(evaluation, metrics),
        id="headline",
        aria_label="Headline",
    )


def meanings(evaluation: Evaluation, metrics: Sequence[MetricInfo]) -> Markup:
    """A line for each metric: symbol, name, what it says."""
    lines = []
    for metric in metrics:
        read_with = beside(evaluation, metric)
        lines.append(
            element(
                "div",
                element("dt", element("b", metric.symbol), Markup(" "), spelled_out(metric)),
                element(
                    "dd",
                    f"{metric.summary}; {direction(metric)}."
                    + (f" Read it with: {read_with}." if read_with else ""),
                ),
            )
        )
    return element("dl", *lines, class_="meanings")


def touches(warned: Warned, metrics: Sequence[MetricInfo]) -> bool:
    """Whether a warning is about one of these metrics."""
    return not warned.metrics or bool({metric.name for metric in metrics} & set(warned.metrics))


def warning_list(evaluation: Evaluation, warnings: Sequence[Warned]) -> Markup:
    """Warnings by code, each message with the entries that it is about."""
    codes: dict[str, list[Warned]] = {}
    for warned in warnings:
        codes.setdefault(warned.code, []).append(warned)
    everyone = {entry.name for entry in evaluation.entries}
    items = []
    for code, group in codes.items():
        messages: dict[str, set[str]] = {}
        for warned in group:
            messages.setdefault(warned.message, set()).update(warned.entries or everyone)
        lines = [
            element("dd", message, _about(evaluation, names)) for message, names in messages.items()
        ]
        items.append(element("div", element("dt", code.replace("-", " ")), *lines))
    return element("dl", *items, class_="warnings")


def _about(evaluation: Evaluation, names: set[str]) -> Markup:
    ordered = [entry.name for entry in evaluation.entries if entry.name in names]
    if len(ordered) == len(evaluation.entries):
        return Markup()
    return joined([Markup(" "), element("span", ", ".join(ordered), class_="small")])


def _beneath(evaluation: Evaluation, entry: Entry) -> str:
    """What tells an entry apart, as far as its name does not say it and the entries differ in it."""
    methods = {other.method for other in evaluation.entries if other.method}
    bases = {other.base for other in evaluation.entries if other.base}
    targets = {other.target for other in evaluation.entries}
    parts = [
        entry.method if len(methods) > 1 else "",
        f"on {entry.base}" if entry.base and len(bases) > 1 else "",
        f"against {entry.target}" if len(targets) > 1 and entry.target != entry.style else "",
    ]
    return ", ".join(part for part in parts if part)


def beware(evaluation: Evaluation) -> Markup:
    """The section with the warnings that touch the headline figures; empty where there are none."""
    metrics = [metric for metric in evaluation.metrics if metric.headline]
    about = [warned for warned in evaluation.warnings if touches(warned, metrics)]
    if not about:
        return Markup()
    return element(
        "aside",
        element("h2", "Read with care", id="care"),
        warning_list(evaluation, about),
        element("p", how_sure(evaluation), class_="note"),
        aria_labelledby="care",
    )


def _warned(evaluation: Evaluation, metrics: Sequence[MetricInfo]) -> Markup:
    """What the figures are to be read with, in one line: the sentences stand below the pictures."""
    codes = [warned.code for warned in evaluation.warnings if touches(warned, metrics)]
    if not codes:
        return Markup()
    words = ", ".join(dict.fromkeys(code.replace("-", " ") for code in codes))
    return element("p", element("a", "Read with care", href="#care"), f": {words}.", class_="care")


def _each_its_own(evaluation: Evaluation) -> Markup:
    if len({entry.target for entry in evaluation.entries}) < 2:
        return Markup()
    return element("p", OWN_REFERENCES, class_="note")
