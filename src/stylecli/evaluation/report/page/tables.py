"""The long tables: every metric of every entry, and every picture."""

from __future__ import annotations

from stylecli.evaluation.report.page.cells import entry_heading, figure_cell, metric_heading, named
from stylecli.evaluation.report.page.headline import meanings
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, given, scrolling, section
from stylecli.evaluation.report.wording import counted, digits_for, number, prompts_of
from stylecli.evaluation.result import Entry, Evaluation, PictureRow

_LONG = 20


def all_metrics(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section with all figures; empty where the headline table has them already."""
    others = [metric for metric in evaluation.metrics if not metric.headline]
    if not others:
        return Markup()
    heading = element(
        "tr",
        element("th", "Entry", scope="col"),
        *(metric_heading(metric, sortable=True) for metric in evaluation.metrics),
    )
    rows = [
        element(
            "tr",
            entry_heading(entry, marks[entry.name]),
            *(figure_cell(evaluation, entry, metric) for metric in evaluation.metrics),
        )
        for entry in evaluation.entries
    ]
    table = element(
        "table",
        element("caption", "All metrics", class_="hidden"),
        element("thead", heading),
        element("tbody", *rows),
        class_="sortable figures",
    )
    return section(
        "metrics", "All metrics", scrolling("All metrics", table), meanings(evaluation, others)
    )


def every_picture(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section with the values of every output, folded up where it is long."""
    metrics = [
        metric
        for metric in evaluation.metrics
        if any(metric.name in row.values for entry in evaluation.entries for row in entry.pictures)
    ]
    count = sum(len(entry.pictures) for entry in evaluation.entries)
    if not count:
        return Markup()
    digits = {
        metric.name: digits_for(
            row.values.get(metric.name) for entry in evaluation.entries for row in entry.pictures
        )
        for metric in metrics
    }
    made_from = "Prompt" if prompts_of(evaluation) else "Content"
    flagged = any(row.flags for entry in evaluation.entries for row in entry.pictures)
    heading = element(
        "tr",
        *(element("th", word, scope="col") for word in ("Entry", "Output", made_from)),
        *(metric_heading(metric, sortable=True) for metric in metrics),
        element("th", "Flags", scope="col") if flagged else "",
    )
    rows = [
        _row(entry, row, marks[entry.name], digits, flagged)
        for entry in evaluation.entries
        for row in entry.pictures
    ]
    table = scrolling(
        "Every picture",
        element(
            "table",
            element("caption", "Every picture", class_="hidden"),
            element("thead", heading),
            element("tbody", *rows),
            class_="sortable",
        ),
    )
    if count > _LONG:
        summary = element("summary", f"All {counted(count, 'output')}, one a line")
        table = element("details", summary, table)
    return section("outputs", "Picture by picture", table)


def _row(
    entry: Entry, row: PictureRow, mark: Mark, digits: dict[str, int], flagged: bool
) -> Markup:
    values = [
        element(
            "td",
            number(row.values[name], places),
            class_="number",
            data_sort=f"{row.values[name]:.9g}",
        )
        if name in row.values
        else element("td", element("span", "–", class_="none"), class_="number")
        for name, places in digits.items()
    ]
    return element(
        "tr",
        element("td", named(entry.name, mark)),
        element("td", given(row.output), class_="file"),
        element("td", given(row.content or row.prompt or "–"), class_="file"),
        *values,
        element("td", ", ".join(row.flags)) if flagged else "",
    )
