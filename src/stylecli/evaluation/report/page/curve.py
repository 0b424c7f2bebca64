"""How a training run's checkpoints fare, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.figures import Figure, MetricInfo
from stylecli.evaluation.report.page.axes import Scale, frame, label, line, path_of, scale_over
from stylecli.evaluation.report.page.marks import Mark, series_of
from stylecli.evaluation.report.page.markup import Markup, element, joined, scrolling, section
from stylecli.evaluation.report.verdicts import best_checkpoint
from stylecli.evaluation.report.wording import number, plain_name
from stylecli.evaluation.result import BestStep, Entry, Evaluation

_WIDTH, _HEIGHT = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 444, 38, 246


def checkpoints(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section with a curve for each headline metric; empty unless two entries have a step."""
    stepped = sorted(
        (entry for entry in evaluation.entries if entry.step is not None),
        key=lambda entry: entry.step or 0,
    )
    if len(stepped) < 2:
        return Markup()
    best = evaluation.best_step
    metrics = [
        metric
        for metric in evaluation.metrics
        if (metric.headline or (best and metric.name == best.metric))
        and sum(_figure(entry, metric) is not None for entry in stepped) > 1
    ]
    # The metric that the best step was chosen by comes first.
    metrics.sort(key=lambda metric: not (best and metric.name == best.metric))
    plots = [
        element(
            "figure",
            scrolling(
                f"{plain_name(metric.name)} by step", step_plot(stepped, metric, best, marks)
            ),
            class_="plot",
        )
        for metric in metrics
    ]
    words = element("p", best_checkpoint(evaluation), class_="lead") if best else ""
    note = (
        "Band: interval of each figure."
        + (" Shaded: steps within noise of the best." if best else "")
        + f" N = {len(stepped[0].pictures)}."
    )
    return section(
        "checkpoints",
        "Step by step",
        words,
        element("div", *plots, class_="plots"),
        element("p", note, class_="note"),
    )


def _figure(entry: Entry, metric: MetricInfo) -> Figure | None:
    figure = entry.figures.get(metric.name)
    return figure if figure and figure.value is not None else None


def step_plot(
    stepped: Sequence[Entry], metric: MetricInfo, best: BestStep | None, marks: dict[str, Mark]
) -> Markup:
    """One metric over the steps; what is within noise of the best is shaded where it was chosen by this metric.

    Args:
        stepped: Entries with a step, in the order of steps.
        metric: The metric; at least one entry has a figure.
        best: The best step, or None.
        marks: Each entry's mark.
    """
    runs: dict[object, list[Entry]] = {}
    for entry in stepped:
        if _figure(entry, metric):
            runs.setdefault(series_of(entry), []).append(entry)
    values: list[float] = []
    for entry in stepped:
        figure = _figure(entry, metric)
        if figure:
            values.append(figure.value or 0.0)
            values += [figure.interval.low, figure.interval.high] if figure.interval else []
    steps = sorted({entry.step or 0 for entry in stepped})
    x = Scale(steps[0], steps[-1] or 1, _LEFT + 14, _RIGHT - 14, tuple(steps), 0)
    if steps[0] == steps[-1]:
        x = Scale(steps[0] - 1, steps[0] + 1, _LEFT + 14, _RIGHT - 14, tuple(steps), 0)
    y = scale_over(values, _BOTTOM, _TOP, about=4)
    chosen = best if best and best.metric == metric.name else None
    arrow = {"more": "↑ ", "less": "↓ "}.get(metric.better or "", "")
    return element(
        "svg",
        element("title", f"{plain_name(metric.name)} by training step"),
        _within_noise(chosen, steps, x) if chosen else "",
        frame(x, y, "training step →", arrow + plain_name(metric.name), _apart(steps, x)),
        *(_run(entries, metric, x, y, marks) for entries in runs.values()),
        _best_mark(chosen, x) if chosen else "",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        class_="curve",
    )


def _run(
    entries: Sequence[Entry], metric: MetricInfo, x: Scale, y: Scale, marks: dict[str, Mark]
) -> Markup:
    figures = [(entry, entry.figures[metric.name]) for entry in entries]
    colour = f"c{marks[entries[0].name].colour}"
    spots = [(x(entry.step or 0), y(figure.value or 0.0)) for entry, figure in figures]
    sure = [(x(entry.step or 0), figure.interval) for entry, figure in figures if figure.interval]
    band = [(at, y(interval.low)) for at, interval in sure]
    band += [(at, y(interval.high)) for at, interval in reversed(sure)]
    dots = [
        element(
            "g",
            element("title", f"{entry.name}: {number(figure.value or 0.0, 3)}"),
            element("circle", class_=f"mark {colour}", cx=f"{at:.1f}", cy=f"{up:.1f}", r=4),
            data_step=entry.step,
        )
        for (entry, figure), (at, up) in zip(figures, spots, strict=True)
    ]
    return joined(
        [
            element("polygon", class_=f"band {colour}", points=path_of(band)) if band else "",
            element("polyline", class_=f"track {colour}", points=path_of(spots)),
            *dots,
        ]
    )


def _within_noise(best: BestStep, steps: Sequence[int], x: Scale) -> Markup:
    """Shades every stretch of neighbouring steps that are within noise of the best."""
    stretches: list[list[int]] = []
    for index, step in enumerate(steps):
        if step not in best.within_noise:
            continue
        if stretches and index and steps[index - 1] == stretches[-1][-1]:
            stretches[-1].append(step)
        else:
            stretches.append([step])
    return joined(
        element(
            "rect",
            class_="noise",
            x=f"{x(stretch[0]) - 9:.1f}",
            y=_TOP,
            width=f"{x(stretch[-1]) - x(stretch[0]) + 18:.1f}",
            height=_BOTTOM - _TOP,
        )
        for stretch in stretches
    )


def _best_mark(best: BestStep, x: Scale) -> Markup:
    at = x(best.step)
    anchor = "end" if at > (_LEFT + _RIGHT) / 2 else "start"
    return joined(
        [
            line(at, _TOP, at, _BOTTOM, "best"),
            label(
                at + (-6 if anchor == "end" else 6), _TOP + 12, f"best: {best.step}", "name", anchor
            ),
        ]
    )


def _apart(steps: Sequence[int], x: Scale) -> list[float]:
    """The steps that have room for their number under the axis."""
    shown: list[float] = []
    for step in steps:
        if not shown or x(step) - x(shown[-1]) >= 8 * len(str(step)) + 12:
            shown.append(step)
    return shown
