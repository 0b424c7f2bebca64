"""The trade between style and content: each entry a point, the better ones to the top right."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.figures import MetricInfo
from stylecli.evaluation.report.page.axes import Scale, frame, label, line, path_of, scale_over
from stylecli.evaluation.report.page.crosses import boxes_of, cross_of
from stylecli.evaluation.report.page.labels import Box, Placed, Point, place
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, joined, scrolling, section
from stylecli.evaluation.report.page.tracks import Spot, boxes_along, drawn, tracks_of
from stylecli.evaluation.report.wording import digits_of, interval_text, number, plain_name
from stylecli.evaluation.result import Entry, Evaluation

_WIDTH, _HEIGHT = 640, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 620, 38, 386
# As large as a phone shows them; see page.css.
_LETTERS = 18.0
# How far the axes reach beyond the points for the sake of intervals, in spans of the points.
_BEYOND = 0.5


def trade_off(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section with the scatter plot; empty where there is no metric for each axis."""
    across, up = _axis(evaluation, "content"), _axis(evaluation, "style")
    if across is None or up is None:
        return Markup()
    shown = [
        entry
        for entry in evaluation.entries
        if all(_value(entry, metric) is not None for metric in (across, up))
    ]
    if not shown:
        return Markup()
    left_out = [entry.name for entry in evaluation.entries if entry not in shown]
    note = f" Not shown, because undefined: {', '.join(left_out)}." if left_out else ""
    # Only where more is better on both axes do 0 and 1 mean the photos and the style.
    marked = across.better == "more" and up.better == "more"
    svg = scatter_plot(evaluation, shown, across, up, marks, marked)
    caption = f"{plain_name(up.name)} against {plain_name(across.name).lower()}."
    if any(entry.figures[metric.name].interval for entry in shown for metric in (across, up)):
        caption += " Crosses are the intervals."
    if ' cut"' in svg:
        caption += " One with an arrow goes on beyond the plot."
    if 'class="track' in svg:
        caption += " A line joins one style at several settings."
    caption += note
    figure = element(
        "figure",
        scrolling("Plot of style against content", svg),
        element("figcaption", caption),
        class_="plot",
    )
    return section("trade-off", "Style against content", figure)


def _axis(evaluation: Evaluation, axis: str) -> MetricInfo | None:
    return next((metric for metric in evaluation.metrics if metric.axis == axis), None)


def _value(entry: Entry, metric: MetricInfo) -> float | None:
    figure = entry.figures.get(metric.name)
    return figure.value if figure else None


def scatter_plot(
    evaluation: Evaluation,
    shown: Sequence[Entry],
    across: MetricInfo,
    up: MetricInfo,
    marks: dict[str, Mark],
    marked: bool,
) -> Markup:
    """Entries by two metrics, the better ones to the top right.

    Args:
        evaluation: Whose.
        shown: Entries with a figure of both.
        across: The metric of the horizontal axis.
        up: Of the vertical one.
        marks: Each entry's mark.
        marked: Whether the places of the untouched photos and of the style itself are drawn.
    """
    x = _scale(shown, across, _LEFT, _RIGHT, (0.0, 1.0) if marked else ())
    y = _scale(shown, up, _BOTTOM, _TOP, (0.0, 1.0) if marked else ())
    spots = [
        Spot(
            entry,
            content := entry.figures[across.name],
            style := entry.figures[up.name],
            x(content.value or 0.0),
            y(style.value or 0.0),
        )
        for entry in shown
    ]
    tracks = tracks_of(spots)
    crosses = [box for spot in spots for box in boxes_of(spot, x, y)]
    crosses += [box for track in tracks for box in boxes_along(track)]
    named = [Point(spot.x, spot.y, spot.entry.name) for spot in spots]
    kinds = [f"name own c{marks[spot.entry.name].colour}" for spot in spots]
    if marked:
        kinds.append("name faint")
        named.append(Point(x(1.0), y(0.0), "photos, untouched"))
    labels = _labels(named, crosses, y(1.0) if marked else None)
    digits = digits_of(evaluation)
    parts = [
        frame(x, y, f"{plain_name(across.name)} →", f"↑ {plain_name(up.name)}", x.ticks),
        _better() if across.better and up.better else Markup(),
        _references(x, y) if marked else Markup(),
        *(drawn(track, marks) for track in tracks),
        *(cross_of(spot, x, y, marks[spot.entry.name]) for spot in spots),
        *(
            _mark(spot, marks[spot.entry.name], across, up, digits[across.name], digits[up.name])
            for spot in spots
        ),
        *(
            _label(point, placed, kind)
            for point, placed, kind in zip(named, labels, kinds, strict=True)
        ),
    ]
    return element(
        "svg",
        element("title", f"{plain_name(up.name)} against {plain_name(across.name).lower()}"),
        *parts,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        class_="scatter",
    )


def _scale(
    shown: Sequence[Entry], metric: MetricInfo, start: float, end: float, kept: tuple[float, ...]
) -> Scale:
    figures = [entry.figures[metric.name] for entry in shown]
    values = [*kept, *(figure.value or 0.0 for figure in figures)]
    ends = [
        end
        for figure in figures
        if figure.interval
        for end in (figure.interval.low, figure.interval.high)
    ]
    if kept:
        # One wide interval would squeeze all points onto one spot.
        least, most = min(values), max(values)
        room = _BEYOND * (most - least)
        ends = [min(max(end, least - room), most + room) for end in ends]
    values += ends
    # Turned round where less is better, so that the top right is the good corner all the same.
    places = (end, start) if metric.better == "less" else (start, end)
    return scale_over(values, *places, about=6)


def _labels(
    points: Sequence[Point], crosses: Sequence[Box], style_line: float | None
) -> list[Placed]:
    obstacles = list(crosses)
    if style_line is not None:
        obstacles += [Box(_LEFT, style_line, 110, 20)] * 3
        obstacles.append(Box(_LEFT, style_line - 1, _RIGHT - _LEFT, 2))
    inside = Box(_LEFT, _TOP - 8, _RIGHT - _LEFT + 16, _BOTTOM - _TOP + 8)
    return place(points, obstacles, inside, _LETTERS)


def _mark(
    spot: Spot, mark: Mark, across: MetricInfo, up: MetricInfo, x_digits: int, y_digits: int
) -> Markup:
    lines = [spot.entry.name]
    for metric, figure, digits in ((up, spot.style, y_digits), (across, spot.content, x_digits)):
        sure = f" ({interval_text(figure.interval, digits)})" if figure.interval else ""
        lines.append(f"{plain_name(metric.name)} {number(figure.value or 0.0, digits)}{sure}")
    return element(
        "g",
        element("title", "\n".join(lines)),
        mark.drawn(spot.x, spot.y, 6),
        data_entry=spot.entry.name,
    )


def _label(point: Point, placed: Placed, kind: str) -> Markup:
    words = label(placed.x, placed.y, placed.words, kind, placed.anchor)
    if placed.leader is None:
        return words
    return joined([line(point.x, point.y, *placed.leader, "leader"), words])


def _better() -> Markup:
    end, foot = _RIGHT - 2, _TOP - 14
    return element(
        "g",
        label(end - 18, foot, "better", "faint", "end"),
        line(end - 11, foot, end, foot - 11, "better"),
        element(
            "polyline",
            class_="better",
            points=path_of([(end - 8, foot - 11), (end, foot - 11), (end, foot - 3)]),
        ),
    )


def _references(x: Scale, y: Scale) -> Markup:
    return element(
        "g",
        line(_LEFT, y(1.0), _RIGHT, y(1.0), "reference"),
        label(_LEFT + 4, y(1.0) + 15, "the style itself", "faint", "start"),
        element("circle", class_="reference", cx=f"{x(1.0):.1f}", cy=f"{y(0.0):.1f}", r=5),
    )
