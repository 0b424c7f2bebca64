"""``report.md``: the report as text, which reads well as it is and as GitHub shows it."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.figures import MetricInfo
from stylecli.evaluation.rating.ratings import Ratings
from stylecli.evaluation.report.markdown_text import bullets, escaped, table
from stylecli.evaluation.report.people_markdown import people_section
from stylecli.evaluation.report.verdicts import best_checkpoint, difference_sentence, verdict
from stylecli.evaluation.report.wording import (
    beside,
    digits_of,
    direction,
    figure_text,
    flat,
    how_sure,
    interval_text,
    listed,
    number,
    plain_name,
    reading_guide,
    set_text,
    settings_text,
    spelled_out,
    title_of,
    why_undefined,
    words_for,
)
from stylecli.evaluation.result import Evaluation


def markdown_of(evaluation: Evaluation, ratings: Ratings | None = None) -> str:
    """The report as Markdown, without pictures; with what people say of it where ratings are given."""
    headline = [metric for metric in evaluation.metrics if metric.headline]
    others = [metric for metric in evaluation.metrics if not metric.headline]
    sections = [
        f"# Style evaluation: {escaped(title_of(evaluation))}",
        escaped(reading_guide(evaluation)),
        _figures(evaluation, headline),
        _warnings(evaluation),
        _titled("What people say", people_section(evaluation, ratings)),
        _titled("Best step", _best_step(evaluation)),
        _titled("Differences", _differences(evaluation)),
        _titled("Other metrics", _figures(evaluation, others)),
        _titled("Methods", _methods(evaluation)),
        _titled("How the methods' authors judged", _own(evaluation)),
        _titled("Published figures", _anchors(evaluation)),
        _titled("What was run", _entries(evaluation)),
        _titled("What else the metrics found", _details(evaluation)),
        _titled("Protocol", _protocol(evaluation)),
        _titled("Environment", _environment(evaluation)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _titled(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _figures(evaluation: Evaluation, metrics: Sequence[MetricInfo]) -> str:
    metrics = [
        metric
        for metric in metrics
        if any(metric.name in entry.figures for entry in evaluation.entries)
    ]
    if not metrics:
        return ""
    heading = ["", *(f"{escaped(metric.symbol)}" for metric in metrics)]
    rows = [
        [escaped(entry.name), *(figure_text(evaluation, entry, metric, "**") for metric in metrics)]
        for entry in evaluation.entries
    ]
    meanings = [_meaning(evaluation, metric) for metric in metrics]
    undefined = [
        f"{escaped(entry.name)} has no {escaped(metric.symbol)}: {escaped(reason.message)}"
        for entry in evaluation.entries
        for metric in metrics
        if metric.name in entry.figures
        and entry.figures[metric.name].value is None
        and (reason := why_undefined(evaluation, entry, metric.name))
    ]
    parts = [table(heading, rows), bullets(meanings), bullets(undefined)]
    if any(metric.headline for metric in metrics):
        parts.append(escaped(how_sure(evaluation)))
    return "\n\n".join(part for part in parts if part)


def _meaning(evaluation: Evaluation, metric: MetricInfo) -> str:
    name = spelled_out(metric)
    text = f"**{escaped(metric.symbol)}**{', ' if name else ''}{escaped(name)}: "
    text += f"{escaped(metric.summary)}; {direction(metric)}"
    read_with = beside(evaluation, metric)
    return text + (f". To be read with: {escaped(read_with)}" if read_with else "")


def _warnings(evaluation: Evaluation) -> str:
    if not evaluation.warnings:
        return ""
    lines = [
        f"**{escaped(warned.code)}**: {escaped(warned.message)}"
        + (f" ({escaped(listed(warned.entries))})" if warned.entries else "")
        for warned in evaluation.warnings
    ]
    return _titled("Read with care", bullets(lines))


def _best_step(evaluation: Evaluation) -> str:
    return escaped(best_checkpoint(evaluation))


def _differences(evaluation: Evaluation) -> str:
    digits = digits_of(evaluation)
    return bullets(
        [
            escaped(
                difference_sentence(
                    found, digits.get(found.metric, 2), plain_name(found.metric).lower()
                )
            )
            + f": {verdict(found, digits.get(found.metric, 2))}"
            for found in evaluation.differences
        ]
    )


def _methods(evaluation: Evaluation) -> str:
    digits = digits_of(evaluation)
    rows = []
    for mean in evaluation.methods:
        places = digits.get(mean.metric, 2)
        value = number(mean.value, places)
        value += f" ({interval_text(mean.interval, places)})" if mean.interval else ""
        rows.append(
            [
                escaped(mean.method),
                escaped(", ".join(mean.entries)),
                escaped(words_for(evaluation, mean.metric)),
                value,
            ]
        )
    return table(["method", "over", "metric", "mean"], rows, 3) if rows else ""


def _own(evaluation: Evaluation) -> str:
    parts = []
    for entry in evaluation.entries:
        if entry.own is None:
            continue
        here = [
            f"{escaped(words_for(evaluation, name))}: "
            + (
                figure_text(evaluation, entry, metric, "**")
                if (metric := _metric(evaluation, name)) and name in entry.figures
                else "not measured here"
            )
            for name in entry.own.metrics
        ]
        settings = [
            f"{escaped(name)}: {escaped(value)}" for name, value in entry.own.settings.items()
        ]
        lines = bullets([*here, *settings])
        parts.append(f"**{escaped(entry.name)}**: {escaped(entry.own.summary)}\n\n{lines}".strip())
    return "\n\n".join(parts)


def _metric(evaluation: Evaluation, name: str) -> MetricInfo | None:
    return next((metric for metric in evaluation.metrics if metric.name == name), None)


def _anchors(evaluation: Evaluation) -> str:
    if not evaluation.anchors:
        return "None: no published figure has this protocol."
    rows = [
        [
            escaped(anchor.method),
            escaped(words_for(evaluation, anchor.metric)),
            escaped(anchor.source),
            f"{anchor.value:g}",
        ]
        for anchor in evaluation.anchors
    ]
    return table(["method", "metric", "source", "figure"], rows, 3)


def _entries(evaluation: Evaluation) -> str:
    rows = [
        [
            escaped(entry.name),
            escaped(entry.method or "–"),
            escaped(entry.base or "–"),
            escaped(entry.target),
            str(entry.step) if entry.step is not None else "–",
            escaped(settings_text(entry.settings)),
            str(len(entry.pictures)),
            f"{entry.seconds:.2f}" if entry.seconds is not None else "–",
        ]
        for entry in evaluation.entries
    ]
    heading = ["", "method", "base", "target", "step", "settings", "outputs", "s/picture"]
    return table(heading, rows, 6)


def _details(evaluation: Evaluation) -> str:
    lines = [
        f"{escaped(entry.name)}, {escaped(plain_name(name).lower())}: "
        + escaped("; ".join(f"{key} {value}" for key, value in flat(figure.details)))
        for entry in evaluation.entries
        for name, figure in entry.figures.items()
        if figure.details
    ]
    return bullets(lines)


def _protocol(evaluation: Evaluation) -> str:
    stamps: dict[str, list[str]] = {}
    for entry in evaluation.entries:
        for figure in entry.figures.values():
            stamps.setdefault(str(figure.stamp), []).append(entry.name)
    sets = [("content", evaluation.content), ("baseline", evaluation.baseline)]
    sets += [("reference", reference) for reference in evaluation.references]
    lines = [f"preset: {escaped(evaluation.preset)}", f"seed: {evaluation.seed}"]
    lines += [f"{what}: {escaped(set_text(found))}" for what, found in sets if found]
    lines += [f"{escaped(stamp)} ({escaped(', '.join(names))})" for stamp, names in stamps.items()]
    return bullets(lines)


def _environment(evaluation: Evaluation) -> str:
    lines = [f"stylecli {escaped(evaluation.version)}, {escaped(evaluation.created)}"]
    lines += [
        f"{escaped(name)}: {escaped(value)}" for name, value in evaluation.environment.items()
    ]
    return bullets(lines)
