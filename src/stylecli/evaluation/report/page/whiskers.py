"""Strengths with their intervals: a line for each entry."""

from __future__ import annotations

from stylecli.evaluation.rating.choices import Group, Strength
from stylecli.evaluation.report.page.axes import Scale, label, line
from stylecli.evaluation.report.page.labels import shortened
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, joined
from stylecli.evaluation.report.wording import interval_text, number

# Names stand above their lines, so that a narrow screen holds all of it.
_WIDTH, _LEFT, _RIGHT, _TOP = 460, 20, 440, 8
_ROW = 42
_PLAIN = Mark(5, "circle")


def strengths_plot(group: Group, marks: dict[str, Mark]) -> Markup:
    """The chances of a group's entries, the strongest on top; the dashed line is one half."""
    bottom = _TOP + _ROW * len(group.entries)
    x = Scale(0.0, 1.0, _LEFT, _RIGHT, (0.0, 0.25, 0.5, 0.75, 1.0), 2)
    ticks = [
        joined(
            [
                line(x(tick), _TOP, x(tick), bottom, "best" if tick == 0.5 else "grid"),
                label(x(tick), bottom + 18, number(tick, x.digits), "tick", "middle"),
            ]
        )
        for tick in x.ticks
    ]
    rows = [
        _row(row, _TOP + _ROW * (at + 0.75), x, marks.get(row.entry, _PLAIN))
        for at, row in enumerate(group.entries)
    ]
    return element(
        "svg",
        element("title", "Chance to be preferred, with intervals"),
        *ticks,
        *rows,
        label(_RIGHT, bottom + 38, "chance to be preferred →", "axis-title", "end"),
        viewBox=f"0 0 {_WIDTH} {bottom + 46}",
        role="img",
        class_="whiskers",
    )


def _row(row: Strength, y: float, x: Scale, mark: Mark) -> Markup:
    interval = row.chance_interval
    words = f"{row.entry}: {number(row.chance, 2)}"
    words += f" ({interval_text(interval, 2)})" if interval else ""
    return element(
        "g",
        element("title", words),
        label(_LEFT + 4, y - 14, shortened(row.entry), "name", "start"),
        line(x(interval.low), y, x(interval.high), y, f"cross c{mark.colour}") if interval else "",
        mark.drawn(x(row.chance), y, 6),
        data_entry=row.entry,
    )
