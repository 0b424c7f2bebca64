"""What can be told apart: differences, methods, the methods' own works, published figures."""

from __future__ import annotations

from stylecli.evaluation.report.page.cells import figure_cell, named, valued
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import (
    Markup,
    element,
    given,
    joined,
    scrolling,
    section,
)
from stylecli.evaluation.report.verdicts import is_told, verdict
from stylecli.evaluation.report.wording import digits_of, words_for
from stylecli.evaluation.result import Difference, Entry, Evaluation

_MANY = 10


def differences(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section with the differences, a row for each two entries; empty where there is one."""
    if not evaluation.differences:
        return Markup()
    metrics = list(dict.fromkeys(found.metric for found in evaluation.differences))
    pairs: dict[tuple[str, str], dict[str, Difference]] = {}
    for found in evaluation.differences:
        pairs.setdefault((found.first, found.second), {})[found.metric] = found
    digits = digits_of(evaluation)
    beyond = sum(is_told(each, digits.get(each.metric, 2)) for each in evaluation.differences)
    lead = (
        f"{beyond} of {len(evaluation.differences)} differences are beyond noise: their interval, "
        "taken in pairs on the same pictures, leaves out zero. Of twenty such, one is chance."
    )
    rows = [
        element(
            "tr",
            element(
                "th",
                named(first, marks[first]),
                element("span", " minus ", class_="small"),
                named(second, marks[second]),
                scope="row",
            ),
            *(_difference(by_metric.get(name), digits.get(name, 2)) for name in metrics),
        )
        for (first, second), by_metric in pairs.items()
    ]
    heading = element(
        "tr",
        element("td", ""),
        *(
            element("th", words_for(evaluation, name), scope="col", class_="number")
            for name in metrics
        ),
    )
    table = scrolling(
        "Differences",
        element(
            "table",
            element("caption", "Differences between entries", class_="hidden"),
            element("thead", heading),
            element("tbody", *rows),
            class_="differences",
        ),
    )
    if len(pairs) > _MANY:
        table = element("details", element("summary", f"All {len(pairs)} pairs"), table)
    return section("differences", "What can be told apart", element("p", lead), table)


def methods(evaluation: Evaluation) -> Markup:
    """The section that compares methods over several styles; empty where there are none."""
    if not evaluation.methods:
        return Markup()
    metrics = list(dict.fromkeys(mean.metric for mean in evaluation.methods))
    digits = digits_of(evaluation)
    rows = []
    for name in dict.fromkeys(mean.method for mean in evaluation.methods):
        means = {mean.metric: mean for mean in evaluation.methods if mean.method == name}
        over = ", ".join(next(iter(means.values())).entries)
        cells = [
            element(
                "td",
                valued(means[metric].value, digits.get(metric, 2), means[metric].interval)
                if metric in means
                else "–",
                class_="number",
            )
            for metric in metrics
        ]
        heading = element("th", given(name), element("span", over, class_="small"), scope="row")
        rows.append(element("tr", heading, *cells))
    head = element(
        "tr",
        element("td", ""),
        *(
            element("th", words_for(evaluation, name), scope="col", class_="number")
            for name in metrics
        ),
    )
    table = element("table", element("thead", head), element("tbody", *rows))
    note = element(
        "p", "Means over each method's styles; pictures and styles are resampled.", class_="note"
    )
    return section("methods", "Methods", scrolling("Methods", table), note)


def own_evaluations(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section that puts each method's own evaluation beside this one."""
    # Entries of one method at one setting are told the same.
    first: dict[str, Entry] = {}
    for entry in evaluation.entries:
        if entry.own is not None:
            measured = entry.name if entry.own.metrics else ""
            first.setdefault(f"{entry.method} {entry.own!r} {measured}", entry)
    items = [_own(evaluation, entry, marks[entry.name]) for entry in first.values()]
    if not items:
        return Markup()
    return section("own", "How the methods’ authors judged", *items)


def published(evaluation: Evaluation) -> Markup:
    """The section with published figures of the same protocol; empty where there are none."""
    if not evaluation.anchors:
        return Markup()
    rows = [
        element(
            "tr",
            element("th", given(anchor.method), scope="row"),
            element("td", words_for(evaluation, anchor.metric)),
            element("td", f"{anchor.value:g}", class_="number"),
            element("td", given(anchor.source)),
        )
        for anchor in evaluation.anchors
    ]
    heading = [
        element("th", column, scope="col", class_="number" if column == "Figure" else None)
        for column in ("Method", "Metric", "Figure", "Source")
    ]
    table = element("table", element("thead", element("tr", *heading)), element("tbody", *rows))
    return section("published", "Published figures", scrolling("Published figures", table))


def _difference(found: Difference | None, digits: int) -> Markup:
    if found is None:
        return element("td", element("span", "–", class_="none"), class_="number")
    kind = "beyond" if is_told(found, digits) else "within"
    return element(
        "td",
        valued(found.value, digits, found.interval, signed=True),
        Markup(" "),
        element("span", verdict(found, digits), class_="verdict"),
        class_=f"number {kind}",
    )


def _own(evaluation: Evaluation, entry: Entry, mark: Mark) -> Markup:
    if entry.own is None:
        return Markup()
    known = {metric.name: metric for metric in evaluation.metrics}
    rows = [
        element(
            "tr",
            element("th", words_for(evaluation, name), scope="row"),
            figure_cell(evaluation, entry, known[name])
            if name in known and name in entry.figures
            else element("td", element("span", "not measured here", class_="none")),
        )
        for name in entry.own.metrics
    ]
    rows += [
        element("tr", element("th", given(name), scope="row"), element("td", given(value)))
        for name, value in entry.own.settings.items()
    ]
    table = element("table", element("tbody", *rows), class_="facts") if rows else ""
    heading = named(entry.name, mark) if entry.own.metrics else given(entry.method)
    return joined([element("h3", heading), element("p", given(entry.own.summary)), table])
