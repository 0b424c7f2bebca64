"""The evaluation itself: from a plan and metrics to figures."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stylecli.errors import UsageError
from stylecli.evaluation.anchors import anchors_for
from stylecli.evaluation.cautions import (
    format_warning,
    merged,
    warning_of_unequal,
    warnings_of_plan,
)
from stylecli.evaluation.comparisons import best_step, differences, method_means
from stylecli.evaluation.entries import Bench, measured_entry
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.figures import MetricInfo
from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.inspection import INSPECTION, inspect
from stylecli.evaluation.measured_sets import MeasuredSet, measured_set, warnings_of_sets
from stylecli.evaluation.measuring import ready
from stylecli.evaluation.plan import Plan
from stylecli.evaluation.protocol import preset_warnings
from stylecli.evaluation.result import SCHEMA, Evaluation
from stylecli.evaluation.weights.networks import NO_NETWORKS, Networks
from stylecli.metric import Extractor, Metric, Setting
from stylecli.progress import Event, Progress
from stylecli.version import library_versions, version

STAGE = "measuring pictures"


@dataclass(frozen=True)
class Evaluated:
    """What came out.

    Attributes:
        evaluation: The figures.
        gallery: Where the pictures are.
    """

    evaluation: Evaluation
    gallery: Gallery


def evaluate(
    plan: Plan,
    metrics: Sequence[Metric],
    cache: FeatureCache,
    progress: Progress,
    chosen: bool = False,
    networks: Networks = NO_NETWORKS,
) -> Evaluated:
    """Measure every entry of a plan.

    Args:
        plan: What to measure.
        metrics: By what; their needs are met.
        cache: Where features are found and kept.
        progress: Hears of every picture.
        chosen: Whether the user chose the metrics: then all are headline figures.
        networks: All that the metrics rest on.

    Raises:
        UsageError: A set without a readable picture, a reference that is the content itself, or
            metrics that mean different functions by one name.
    """
    metrics, failed = networks.given_to(metrics)
    extractors = shared_extractors(metrics)
    cache = cache.resting_on(networks.of_features(metrics))
    sizes = [*map(len, plan.references.values()), len(plan.content), len(plan.baseline)]
    counted = _Counted(progress, sum(sizes) + sum(len(entry.outputs) for entry in plan.entries))
    measuring = (extractors, cache, counted)
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
    outputs = [
        measured_set(entry.name, f"outputs {entry.name}", entry.outputs, *measuring)
        for entry in plan.entries
    ]
    sets = [*references.values(), *(each for each in (content, baseline) if each), *outputs]
    broken = {name: words for each in sets for name, words in each.broken.items()}
    readied = ready(metrics, setting, broken, failed, networks)
    against = _against(references, content, baseline)
    bench = Bench(plan, references, content, readied, against, cache, progress)
    measured = [
        measured_entry(bench, entry, each)
        for entry, each in zip(plan.entries, outputs, strict=True)
    ]
    entries = [each.entry for each in measured]
    for each in measured:
        warnings += each.warnings
    warnings += [*format_warning(entries), *networks.warnings(metrics)]
    described = _described(metrics, chosen)
    warnings += warning_of_unequal(entries, described)
    rated_by = next((info for info in described if info.axis == "style"), None)
    stamps = [
        figure.stamp
        for entry in entries
        for figure in entry.figures.values()
        if figure.value is not None
    ]
    unlike = preset_warnings(plan, content, references, outputs)
    warnings += unlike
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
        anchors=anchors_for(plan.preset.name, not unlike, stamps, networks.unknown_in(metrics)),
        warnings=merged(warnings, len(entries)),
    )
    gallery = Gallery(
        {each.entry.name: each.outputs for each in measured},
        {each.entry.name: each.photos for each in measured},
        {name: tuple(file.path for file in each.files) for name, each in references.items()},
        # From the last to the first: of several of a prompt the first one stays.
        dict(zip(plan.baseline_prompts[::-1], plan.baseline[::-1], strict=False)),
    )
    return Evaluated(evaluation, gallery)


class _Counted:
    """Reports the pictures of all sets as one piece of work."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._before = 0
        self._last = 0

    def __call__(self, event: Event) -> None:
        if event.done < self._last:
            self._before += self._last
        self._last = event.done
        self._progress(Event(STAGE, self._before + event.done, self._total))


def shared_extractors(metrics: Sequence[Metric]) -> dict[str, Extractor]:
    """The feature functions of all metrics by name.

    Raises:
        UsageError: Two metrics mean different functions by one name.
    """
    known: dict[str, object] = {INSPECTION: inspect}
    for metric in metrics:
        for name, extract in {**metric.features, **metric.pairs}.items():
            if known.setdefault(name, extract) is not extract:
                raise UsageError(
                    f"The metric {metric.name} calls a feature {name!r}, which is another's already.",
                    "Leave it out with --metrics.",
                )
    return {name: extract for metric in metrics for name, extract in metric.features.items()}


def _against(
    references: Mapping[str, MeasuredSet],
    content: MeasuredSet | None,
    baseline: MeasuredSet | None,
) -> dict[str, str]:
    """Short fingerprints of what metrics that need it rest on, beside the target's reference."""
    prints = sorted(each.info.fingerprint for each in references.values())
    # A judge of styles is trained on all of them and on the photos.
    prints += [content.info.fingerprint] if content else []
    styles = hashlib.sha256("\n".join(prints).encode()).hexdigest()
    found = {"styles": f"styles {styles[:12]}"}
    if baseline:
        found["baseline"] = f"baseline {baseline.info.fingerprint[:12]}"
    return found


def _described(metrics: Sequence[Metric], chosen: bool) -> tuple[MetricInfo, ...]:
    """The metrics as the record has them, headline figures first, and those that belong to them."""
    first = {metric.name for metric in metrics if metric.headline or chosen}
    first |= {name for metric in metrics if metric.name in first for name in metric.with_others}
    return tuple(
        MetricInfo(
            metric.name,
            metric.symbol,
            metric.summary,
            metric.variant,
            metric.better,
            metric.axis,
            metric.name in first,
            metric.beside,
            metric.kind,
        )
        for metric in sorted(metrics, key=lambda metric: metric.name not in first)
    )
