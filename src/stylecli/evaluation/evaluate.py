"""The evaluation itself: from a plan and metrics to figures."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stylecli.evaluation.anchors import anchors_for
from stylecli.evaluation.cautions import format_warning, merged, warnings_of_plan
from stylecli.evaluation.comparisons import best_step, differences, method_means
from stylecli.evaluation.entries import Bench, measured_entry
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.figures import MetricInfo
from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.measured_sets import measured_set, warnings_of_sets
from stylecli.evaluation.measuring import ready
from stylecli.evaluation.plan import Plan
from stylecli.evaluation.result import SCHEMA, Evaluation
from stylecli.metric import Extractor, Metric, Setting
from stylecli.progress import Progress
from stylecli.version import library_versions, version


@dataclass(frozen=True)
class Evaluated:
    """What came out.

    Attributes:
        evaluation: The figures.
        gallery: Where the pictures are.
    """

    evaluation: Evaluation
    gallery: Gallery


def fitting_metrics(
    metrics: Sequence[Metric], content: bool, baseline: bool, styles: int
) -> list[Metric]:
    """Those metrics whose needs such an evaluation meets."""
    there = {
        name
        for name, met in (("content", content), ("baseline", baseline), ("styles", styles >= 2))
        if met
    }
    return [metric for metric in metrics if metric.needs <= there]


def evaluate(
    plan: Plan,
    metrics: Sequence[Metric],
    cache: FeatureCache,
    progress: Progress,
    chosen: bool = False,
) -> Evaluated:
    """Measure every entry of a plan.

    Args:
        plan: What to measure.
        metrics: By what; their needs are met, see `fitting_metrics`.
        cache: Where features are found and kept.
        progress: Hears of every picture.
        chosen: Whether the user chose the metrics: then all are headline figures.

    Raises:
        UsageError: A set without a readable picture, or a reference that is the content itself.
        StylecliError: A metric's function fails on a picture.
    """
    extractors: dict[str, Extractor] = {}
    for metric in metrics:
        extractors.update(metric.features)
    measuring = (extractors, cache, progress)
    references = {
        name: measured_set(name, f"reference {name}", paths, *measuring)
        for name, paths in plan.references.items()
    }
    content = baseline = None
    if plan.content:
        content = measured_set(plan.content_name, "content", plan.content, *measuring)
    if plan.baseline:
        baseline = measured_set("baseline", "baseline", plan.baseline, *measuring)
    warnings = warnings_of_sets(references, content, baseline)
    warnings += warnings_of_plan(plan, {name: each.files for name, each in references.items()})
    setting = Setting(
        {name: each.pictures for name, each in references.items()},
        content.pictures if content else None,
        baseline.pictures if baseline else None,
        plan.seed,
    )
    bench = Bench(plan, references, content, ready(metrics, setting), cache, progress)
    measured = [
        measured_entry(
            bench,
            entry,
            measured_set(entry.name, f"outputs {entry.name}", entry.outputs, *measuring),
        )
        for entry in plan.entries
    ]
    entries = [each.entry for each in measured]
    for each in measured:
        warnings += each.warnings
    warnings += format_warning(entries)
    described = _described(metrics, chosen)
    rated_by = next((info for info in described if info.axis == "style"), None)
    whole = not any(each.code == "preset-mismatch" for each in warnings)
    evaluation = Evaluation(
        schema=SCHEMA,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=version(),
        environment={
            "python": platform.python_version(),
            "libraries": library_versions(),
            "machine": f"{platform.system()} {platform.machine()}",
        },
        preset=plan.preset.name,
        seed=plan.seed,
        content=content.info if content else None,
        baseline=baseline.info if baseline else None,
        references=tuple(each.info for each in references.values()),
        metrics=described,
        entries=tuple(entries),
        differences=differences(entries, described),
        methods=method_means(entries, described, plan.seed),
        best_step=best_step(entries, rated_by) if rated_by else None,
        anchors=anchors_for(plan.preset.name, whole, [metric.name for metric in metrics]),
        warnings=merged(warnings, len(entries)),
    )
    gallery = Gallery(
        {each.entry.name: each.outputs for each in measured},
        {each.entry.name: each.photos for each in measured},
        {name: tuple(file.path for file in each.files) for name, each in references.items()},
    )
    return Evaluated(evaluation, gallery)


def _described(metrics: Sequence[Metric], chosen: bool) -> tuple[MetricInfo, ...]:
    """The metrics as the record has them, headline figures first."""
    return tuple(
        MetricInfo(
            metric.name,
            metric.symbol,
            metric.summary,
            metric.variant,
            metric.better,
            metric.axis,
            metric.headline or chosen,
            metric.beside,
        )
        for metric in sorted(metrics, key=lambda metric: not (metric.headline or chosen))
    )
