"""What an evaluation found: plain values that go into ``eval.json`` and every report.

Nothing here names a place on this machine: files are told by their names and hashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stylecli.evaluation.figures import Figure, Interval, MetricInfo

SCHEMA = "stylecli-eval/1"


@dataclass(frozen=True)
class PictureRow:
    """One output.

    Attributes:
        output: Its file name.
        digest: SHA-256 of the file.
        content: File name of the content picture, or None.
        values: Per-picture values by metric.
        flags: Codes of what is wrong with it: ``constant``, ``black``, ``borders``, ``enlarged``,
            ``aspect-changed``, ``copies-reference``.
        prompt: The words that it was made from, of pictures made from text, or None.
    """

    output: str
    digest: str
    content: str | None
    values: Mapping[str, float]
    flags: tuple[str, ...] = ()
    prompt: str | None = None


@dataclass(frozen=True)
class OwnReport:
    """How the method's own work judged it, and these metrics here.

    Attributes:
        summary: What was judged there, how, with what result.
        metrics: The metrics that it reports; those that are not installed have no figure.
        settings: Its settings for transfer, and those here where they differ: "0.5 (here 0.7)".
    """

    summary: str
    metrics: tuple[str, ...]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """One row of the comparison: a style at some settings, or a folder of outputs.

    Attributes:
        name: What it is called in tables: "monet", "monet at 0.6", "step 120".
        target: The reference that it is measured against.
        style: The style's name, or "" for outputs made elsewhere.
        method: The method, or "".
        base: The base, or "".
        settings: Transfer options as run.
        seconds: Per picture, of those that were repainted now; None where none was.
        step: The training step, of a checkpoint.
        figures: By metric.
        pictures: The outputs.
        own: The method's own evaluation, or None.
    """

    name: str
    target: str
    style: str
    method: str
    base: str
    settings: Mapping[str, Any]
    seconds: float | None
    step: int | None
    figures: Mapping[str, Figure]
    pictures: tuple[PictureRow, ...]
    own: OwnReport | None = None


@dataclass(frozen=True)
class Difference:
    """First less second, measured on the same content pictures.

    Attributes:
        first: An entry's name.
        second: Another's.
        metric: The metric.
        value: The difference.
        interval: Of it, from common halves; None where there are too few pictures.
    """

    first: str
    second: str
    metric: str
    value: float
    interval: Interval | None

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


@dataclass(frozen=True)
class MethodMean:
    """A method over several styles: the mean of its entries; content and styles are resampled."""

    method: str
    entries: tuple[str, ...]
    metric: str
    value: float
    interval: Interval | None


@dataclass(frozen=True)
class BestStep:
    """The best of the checkpoints of a training run.

    Attributes:
        metric: What it was chosen by.
        entry: The best one's name.
        step: Its step.
        within_noise: Steps whose difference from it is within noise, itself included.
        earliest: The earliest of these: what more training did not visibly improve.
        undecided: Whether there were too few photos to tell any step from another.
    """

    metric: str
    entry: str
    step: int
    within_noise: tuple[int, ...]
    earliest: int
    undecided: bool = False


@dataclass(frozen=True)
class SetInfo:
    """A folder of pictures.

    Attributes:
        name: The folder's name, or the one that the user gave it.
        count: Number of pictures.
        fingerprint: SHA-256 over the files' hashes, sorted.
        formats: How many files of each format.
    """

    name: str
    count: int
    fingerprint: str
    formats: Mapping[str, int]


@dataclass(frozen=True)
class Warned:
    """A coded warning.

    Attributes:
        code: The same for the same matter.
        message: A sentence.
        entries: The entries that it is about; () = all.
        metrics: The metrics whose figures it touches; () = all.
    """

    code: str
    message: str
    entries: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Anchor:
    """A published figure of the same protocol.

    Attributes:
        method: Whose.
        metric: Of what.
        value: The figure.
        source: Where it was published.
    """

    method: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True)
class Evaluation:
    """One evaluation, whole.

    Attributes:
        schema: Version of this layout.
        created: ISO 8601 time in UTC.
        version: The stylecli version.
        environment: Versions of Python and libraries, processor.
        preset: The protocol's preset.
        seed: Of everything random.
        content: The content pictures, or None.
        baseline: Outputs of the base without a style, of text-to-image, or None.
        references: The known styles.
        metrics: What was measured, headline figures first.
        entries: The rows.
        differences: Between each two entries of one target, for the headline metrics.
        methods: Methods that were tried with several styles.
        best_step: Of a training run's checkpoints, or None.
        anchors: Published figures of the same protocol.
        warnings: What the reader must know.
    """

    schema: str
    created: str
    version: str
    environment: Mapping[str, str]
    preset: str
    seed: int
    content: SetInfo | None
    baseline: SetInfo | None
    references: tuple[SetInfo, ...]
    metrics: tuple[MetricInfo, ...]
    entries: tuple[Entry, ...]
    differences: tuple[Difference, ...] = ()
    methods: tuple[MethodMean, ...] = ()
    best_step: BestStep | None = None
    anchors: tuple[Anchor, ...] = ()
    warnings: tuple[Warned, ...] = ()

    def entry(self, name: str) -> Entry:
        """An entry by name."""
        return next(entry for entry in self.entries if entry.name == name)

    def warnings_of(self, entry: Entry) -> Sequence[Warned]:
        """The warnings that are about one entry, or about all."""
        return [item for item in self.warnings if not item.entries or entry.name in item.entries]
