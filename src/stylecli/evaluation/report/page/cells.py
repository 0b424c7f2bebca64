"""Table cells and headings that the page's tables share."""

from __future__ import annotations

from stylecli.evaluation.figures import Interval, MetricInfo
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, given, joined
from stylecli.evaluation.report.wording import (
    digits_of,
    interval_text,
    number,
    number_of_pictures,
    plain_name,
    spelled_out,
    why_undefined,
)
from stylecli.evaluation.result import Entry, Evaluation


def valued(value: float, digits: int, interval: Interval | None, signed: bool = False) -> Markup:
    """A number, and its interval small beside it."""
    shown = element("span", number(value, digits, signed), class_="value")
    if interval is None:
        return shown
    small = element("span", interval_text(interval, digits, signed), class_="interval")
    return joined([shown, Markup(" "), small])


def figure_cell(evaluation: Evaluation, entry: Entry, metric: MetricInfo) -> Markup:
    """A figure of an entry; where it is undefined, that word and the code of the reason."""
    figure = entry.figures.get(metric.name)
    if figure is None:
        return element(
            "td", element("span", "–", class_="none"), class_="number", data_symbol=metric.symbol
        )
    if figure.value is None:
        reason = why_undefined(evaluation, entry, metric.name)
        code = reason.code.replace("-", " ") if reason else "no reason given"
        return element(
            "td",
            element("span", "undefined", class_="undefined"),
            Markup(" "),
            element("span", code, class_="interval", title=reason.message if reason else None),
            class_="number",
            data_symbol=metric.symbol,
        )
    digits = digits_of(evaluation)[metric.name]
    shown = valued(figure.value, digits, figure.interval)
    if of := number_of_pictures(figure, metric):
        shown = joined([shown, Markup(" "), element("span", of, class_="interval")])
    return element(
        "td",
        shown,
        class_="number",
        data_symbol=metric.symbol,
        data_sort=f"{figure.value:.9g}",
    )


def entry_heading(entry: Entry, mark: Mark, small: str = "") -> Markup:
    """The heading of an entry's row."""
    below = element("span", small, class_="small") if small else ""
    return element("th", named(entry.name, mark), below, scope="row")


def named(name: str, mark: Mark) -> Markup:
    """An entry's name after its mark."""
    return element("span", mark.glyph(), given(name), class_="named")


def metric_heading(metric: MetricInfo, sortable: bool = False) -> Markup:
    """The heading of a metric's column, with an arrow to the better end unless arrows mean sorting."""
    arrow = {"more": "↑", "less": "↓"}.get(metric.better or "") if not sortable else None
    spoken = f"{metric.better} is better" if metric.better else None
    return element(
        "th",
        *([plain_name(metric.name), Markup(" ")] if spelled_out(metric) else []),
        element(
            "span",
            element("abbr", metric.symbol, title=metric.summary),
            joined([Markup(" "), element("span", arrow, title=spoken, class_="arrow")])
            if arrow
            else "",
            class_="symbol",
        ),
        scope="col",
        class_="number",
    )
