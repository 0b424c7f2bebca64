"""The end of the page: warnings, what was run, protocol stamps, environment."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.figures import Stamp
from stylecli.evaluation.report.page.cells import named
from stylecli.evaluation.report.page.headline import touches, warning_list
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, given, scrolling, section
from stylecli.evaluation.report.wording import flat, plain_name, set_text, settings_text
from stylecli.evaluation.result import Evaluation


def other_warnings(evaluation: Evaluation) -> Markup:
    """The section with the warnings that do not stand under the headline."""
    headline = [metric for metric in evaluation.metrics if metric.headline]
    others = [warned for warned in evaluation.warnings if not touches(warned, headline)]
    if not others:
        return Markup()
    return section("warnings", "More warnings", warning_list(evaluation, others))


def what_was_run(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section that says how the outputs of each entry were made."""
    rows = [
        [
            named(entry.name, marks[entry.name]),
            given(entry.method or "–"),
            given(entry.base or "–"),
            given(entry.target),
            str(entry.step) if entry.step is not None else "–",
            given(settings_text(entry.settings)),
            str(len(entry.pictures)),
            f"{entry.seconds:.2f}" if entry.seconds is not None else "–",
        ]
        for entry in evaluation.entries
    ]
    words = ["Entry", "Method", "Base", "Target", "Step", "Settings", "Outputs", "Seconds each"]
    numbers = ("Step", "Outputs", "Seconds each")
    return section("run", "What was run", _table("What was run", words, rows, numbers))


def details(evaluation: Evaluation, marks: dict[str, Mark]) -> Markup:
    """The section with what else the metrics found, folded up."""
    rows: list[list[str]] = [
        [
            named(entry.name, marks[entry.name]),
            plain_name(name),
            given("; ".join(f"{key} {value}" for key, value in flat(figure.details))),
        ]
        for entry in evaluation.entries
        for name, figure in entry.figures.items()
        if figure.details
    ]
    if not rows:
        return Markup()
    words = ["Entry", "Metric", "Found"]
    table = _table("What else the metrics found", words, rows)
    summary = element("summary", f"{len(rows)} figures have more to say")
    return section("details", "What else the metrics found", element("details", summary, table))


def protocol(evaluation: Evaluation) -> Markup:
    """The section with the protocol stamps and the sets of pictures."""
    stamps: dict[Stamp, list[str]] = {}
    for entry in evaluation.entries:
        for figure in entry.figures.values():
            stamps.setdefault(figure.stamp, []).append(entry.name)
    rows: list[list[str]] = []
    for stamp, names in stamps.items():
        everyone = len(names) == len(evaluation.entries)
        rows.append(
            [
                given(stamp.metric),
                given(stamp.variant),
                given(stamp.weights[:12] or "none"),
                given(stamp.reference or "none"),
                given(stamp.content or "none"),
                given(stamp.format),
                str(stamp.n),
                given("all" if everyone else ", ".join(names)),
            ]
        )
    words = ["Metric", "Variant", "Weights", "Reference", "Content", "Format", "N", "Entries"]
    table = _table("Protocol stamps", words, rows, ("N",))
    facts = [("preset", evaluation.preset), ("seed", str(evaluation.seed))]
    sets = [("content", evaluation.content), ("baseline", evaluation.baseline)]
    sets += [("reference", reference) for reference in evaluation.references]
    facts += [(what, set_text(found)) for what, found in sets if found]
    note = element("p", "Figures are compared only where their stamps are the same.", class_="note")
    return section("protocol", "Protocol", _facts(facts), table, note)


def environment(evaluation: Evaluation) -> Markup:
    """The section with the versions."""
    facts = [("stylecli", evaluation.version), *evaluation.environment.items()]
    return section("environment", "Environment", _facts(facts))


def _facts(facts: Sequence[tuple[str, str]]) -> Markup:
    rows = [
        element("div", element("dt", given(name)), element("dd", given(value)))
        for name, value in facts
    ]
    return element("dl", *rows, class_="facts")


def _table(
    title: str, words: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str] = ()
) -> Markup:
    kinds = ["number" if word in numbers else None for word in words]
    heading = element(
        "tr",
        *(
            element("th", word, scope="col", class_=kind)
            for word, kind in zip(words, kinds, strict=True)
        ),
    )
    body = [
        element(
            "tr",
            *(element("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)),
        )
        for row in rows
    ]
    caption = element("caption", title, class_="hidden")
    table = element(
        "table", caption, element("thead", heading), element("tbody", *body), class_="dense"
    )
    return scrolling(title, table)
