"""The best, the median and the worst output of each entry, by the style metric."""

from __future__ import annotations

from pathlib import Path

from stylecli.evaluation.figures import MetricInfo
from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.report.page.cells import named
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, section
from stylecli.evaluation.report.page.pictures import Pictures
from stylecli.evaluation.report.wording import direction, number, plain_name
from stylecli.evaluation.result import Entry, Evaluation, PictureRow


def picks(
    evaluation: Evaluation, gallery: Gallery, pictures: Pictures, marks: dict[str, Mark]
) -> Markup:
    """The section with the picks; empty where no metric has a value for each picture."""
    metric = _chosen_by(evaluation)
    if metric is None:
        return Markup()
    rows = [
        element(
            "div",
            element("h3", named(entry.name, marks[entry.name])),
            element("div", *found, class_="picks", data_group=True),
        )
        for entry in evaluation.entries
        if (found := _row(entry, metric, gallery, pictures))
    ]
    note = f"By the {plain_name(metric.name).lower()} of each picture ({direction(metric)})." + (
        " The photo is on the left, the output on the right."
        if any(gallery.content.values())
        else ""
    )
    return section("picks", "Best, median, worst", element("p", note, class_="note"), *rows)


def _chosen_by(evaluation: Evaluation) -> MetricInfo | None:
    """The style axis' metric, else the first headline one, that has values for pictures."""
    valued = [
        metric
        for metric in evaluation.metrics
        if metric.better
        and any(metric.name in row.values for entry in evaluation.entries for row in entry.pictures)
    ]
    valued.sort(key=lambda metric: (metric.axis != "style", not metric.headline))
    return valued[0] if valued else None


def _row(entry: Entry, metric: MetricInfo, gallery: Gallery, pictures: Pictures) -> list[Markup]:
    content = gallery.content.get(entry.name) or (None,) * len(entry.pictures)
    triples = zip(gallery.outputs.get(entry.name, ()), content, entry.pictures, strict=False)
    ranked = sorted(
        (triple for triple in triples if metric.name in triple[2].values),
        key=lambda triple: triple[2].values[metric.name],
        reverse=metric.better == "more",
    )
    if not ranked:
        return []
    places = {"best": 0, "median": (len(ranked) - 1) // 2, "worst": len(ranked) - 1}
    if len(ranked) < 3:
        places = {"best": 0, "worst": len(ranked) - 1} if len(ranked) == 2 else {"the only one": 0}
    return [_pick(word, metric, entry, *ranked[at], pictures) for word, at in places.items()]


def _pick(
    word: str,
    metric: MetricInfo,
    entry: Entry,
    path: Path,
    photo: Path | None,
    row: PictureRow,
    pictures: Pictures,
) -> Markup:
    pair = [pictures.photo(photo, row.content)] if photo and row.content else []
    pair.append(pictures.picture(path, entry.name, row, row.content))
    shown = f" {metric.symbol} {number(row.values[metric.name], pictures.digits[metric.name])}"
    caption = element("figcaption", element("b", word), shown)
    return element("figure", element("div", *pair, class_="pair"), caption, class_="pick")
