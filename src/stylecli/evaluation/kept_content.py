"""How much of some photos is kept by repainting them, measured again and again against the same photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stylecli.errors import StylecliError
from stylecli.evaluation.evaluate import shared_extractors
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.features import Compared
from stylecli.evaluation.figures import Stamp
from stylecli.evaluation.measured_sets import MeasuredSet, measured_set, warnings_of_sets
from stylecli.evaluation.measuring import Measured, measure, ready
from stylecli.metric import Metric, Sample, Setting
from stylecli.progress import Event, Progress

STAGE = "measuring"
_STYLE = "style"


@dataclass(frozen=True)
class Kept:
    """Figures of one set of outputs.

    Attributes:
        content: Mean content retention of the photos.
        photos: That of each.
        style: Style closure, or None.
        unsaid: Why there is no style closure, or "".
    """

    content: float
    photos: tuple[float, ...]
    style: float | None = None
    unsaid: str = ""


class KeptContent:
    """Measures outputs against their photos, as `stylecli.evaluation.evaluate` would: the same figures.

    Args:
        photos: The photos, no two the same.
        others: Other photographs, which one photo alone is told from; else ().
        reference: Pictures in the style, or () where closeness to it is not asked for.
        content: The metric of content retention.
        style: That of closeness to the style.
        cache: Where features are found and kept.
        seed: Of everything random.
        progress: Hears of every picture.

    Raises:
        UsageError: No picture can be read, or the reference is the photos themselves.
    """

    def __init__(
        self,
        photos: Sequence[Path],
        others: Sequence[Path],
        reference: Sequence[Path],
        content: Metric,
        style: Metric,
        cache: FeatureCache,
        seed: int,
        progress: Progress,
    ) -> None:
        metrics = [content, style] if reference else [content]
        self._content, self._style = content, style
        self._extractors = shared_extractors(metrics)
        self._count, self._others = len(photos), tuple(others)
        self._cache, self._progress = cache, progress
        own = self._set("content", [*photos, *others])
        references = {_STYLE: self._set("reference", reference)} if reference else {}
        if references:
            for told in warnings_of_sets(references, own, None):
                progress(Event(STAGE, message=told.message, level="warning"))
        sets = {name: each.pictures for name, each in references.items()}
        broken = {
            name: words
            for each in (own, *references.values())
            for name, words in each.broken.items()
        }
        self._readied = ready(metrics, Setting(sets, own.pictures, seed=seed), broken)

    def __call__(self, outputs: Sequence[Path]) -> Kept:
        """Measure outputs, one of each photo, in their order.

        Raises:
            StylecliError: Content retention is undefined: the photos are all alike.
        """
        import numpy as np

        made = self._set("outputs", [*outputs, *self._others]).pictures
        subsets = np.empty((0, len(made)), dtype=bool)
        sample = Sample(made, _STYLE, tuple(range(len(made))), {}, subsets)
        stamp = Stamp("", "", "", "", "", "", len(made))
        found = measure(self._readied, sample, Compared({}, {}), len(made), stamp, {})
        rows = found.values.get(self._content.name, ())[: self._count]
        if not rows:
            raise StylecliError(
                f"How much of the photos is kept cannot be told: {_reason(found, self._content)}.",
                "Type a strength instead of auto.",
            )
        style = found.figures[self._style.name].value if self._style.name in found.figures else None
        mean = sum(rows) / len(rows)
        return Kept(mean, rows, style, _reason(found, self._style) if style is None else "")

    def _set(self, what: str, paths: Sequence[Path]) -> MeasuredSet:
        return measured_set(what, what, paths, self._extractors, self._cache, self._hear)

    def _hear(self, event: Event) -> None:
        # A second's work: nothing is shown, but Ctrl+C must be heard.
        self._progress(Event(STAGE, event.done))


def _reason(found: Measured, metric: Metric) -> str:
    return next((each.message for name, each in found.cautions if name == metric.name), "")
