"""The contract of a metric: what a plugin implements to measure what transfers did.

A metric works in two stages. *Features* are taken of one picture at a time, by functions with a name;
the core reads every picture once, takes the features that the chosen metrics name between them, and
keeps them by the file's hash: memory grows by the features alone. A *meter* then measures a whole set
by its features, on all of it and on the subsets that intervals come from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, TypeAlias

from stylecli.weights import LocalWeights, Weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Array: TypeAlias = NDArray[np.float32]

Extractor: TypeAlias = "Callable[[Image], NDArray[Any]]"
"""Takes the features of an RGB picture: an array of the same shape for every picture, finite."""

PairExtractor: TypeAlias = "Callable[[Image, Image], float]"
"""Compares an output with the content picture that it was made from."""


NEEDS = ("content", "baseline", "styles")
"""What a metric may need of a setting."""


@dataclass(frozen=True)
class PictureSet:
    """Pictures by their features.

    Attributes:
        names: What the files are called.
        digests: SHA-256 of the files, in hex.
        features: Arrays (n, ...) of float32 by feature name; row i belongs to picture i.
    """

    names: tuple[str, ...]
    digests: tuple[str, ...]
    features: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, feature: str) -> Array:
        return self.features[feature]


@dataclass(frozen=True)
class Setting:
    """What all the outputs of an evaluation are measured against.

    Attributes:
        references: Pictures of every known style, by its name.
        content: The content pictures; None where the outputs were made from text.
        baseline: Outputs made from the same text without a style; None otherwise.
        seed: Of everything random; for numpy's PCG64.
    """

    references: Mapping[str, PictureSet]
    content: PictureSet | None = None
    baseline: PictureSet | None = None
    seed: int = 0


@dataclass(frozen=True)
class Sample:
    """One set of outputs to measure.

    Attributes:
        outputs: n outputs.
        target: The style that they imitate: one of the setting's references.
        content: The index in the setting's content of the picture that each output was made from;
            () where there is no content.
        pairs: The values (n,) of the metric's pair extractors, by name.
        subsets: Boolean masks (k, n): the outputs of random halves of the content pictures.
        styles: The index in the target's references of the picture that each output was painted
            after, where the files' names tell it; else ().
    """

    outputs: PictureSet
    target: str
    content: tuple[int, ...]
    pairs: Mapping[str, Array]
    subsets: NDArray[np.bool_]
    styles: tuple[int, ...] = ()


@dataclass(frozen=True)
class Caution:
    """Something that the reader of a figure must know.

    Attributes:
        code: Such as ``few-pictures``; the same for the same matter.
        message: A sentence.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Measurement:
    """What a meter says of a sample.

    Attributes:
        value: The figure; None = undefined, with a caution that says why.
        per_picture: One value for each output, or (). Their mean is `value`, unless stated otherwise
            by `replicates`.
        replicates: The figure of each subset. () where it is the mean of `per_picture` over the
            subset, which the core then takes itself.
        details: What else is worth knowing, for JSON: plain numbers, strings, lists, mappings.
        flags: Indices of outputs that something is the matter with, by its code.
        cautions: What the reader must know.
    """

    value: float | None
    per_picture: tuple[float, ...] = ()
    replicates: tuple[float, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    cautions: tuple[Caution, ...] = ()


class Meter(Protocol):
    """A metric made ready for a setting."""

    def __call__(self, sample: Sample) -> Measurement:
        """Measure one set of outputs."""
        ...


class Metric(ABC):
    """A figure of what transfers did.

    Attributes:
        name: Such as ``style-closure``; stands in files and after ``--metrics``.
        symbol: A short name for tables and ``--fail-under``: ``SC``.
        summary: One line: what it says, and what its ends mean.
        variant: What exactly is computed, for the protocol stamp: features, size, resampling. Another
            variant gives figures that cannot be compared.
        better: Whether more or less is better; None where neither is.
        axis: Which side of the trade between style and content it stands for in the scatter plot.
        headline: Whether it stands in the short table.
        beside: Names of details that must be shown with the figure, for it means nothing without them.
        with_others: Names of metrics that are measured and shown wherever this one is, for it must
            not be read alone: KID beside FID.
        kind: "mean" for a mean over pictures or another smooth figure of the set; "share" for a share
            of pictures, which gets Wilson's interval; "biased" for a figure that moves with the number
            of pictures, as FID does: N stands beside it, figures of different N are never subtracted,
            and what halves say of it is called a spread.
        needs: Which of `NEEDS` a setting must have; "styles" are two references or more.
        weights: Networks that it rests on. Where a file is missing the metric is left out, or refused
            if it was asked for; their digests stand in the stamp and in the keys of the cache.
        features: Functions of one picture by name. A name stands for one function for ever: metrics
            that name the same features share them, and they are cached under it. They are called
            from several threads at once.
        pairs: Functions of an output and its content picture by name; likewise.
    """

    name: ClassVar[str]
    symbol: ClassVar[str]
    summary: ClassVar[str]
    variant: ClassVar[str]
    better: ClassVar[Literal["more", "less"] | None] = None
    axis: ClassVar[Literal["style", "content"] | None] = None
    headline: ClassVar[bool] = False
    beside: ClassVar[tuple[str, ...]] = ()
    with_others: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[Literal["mean", "share", "biased"]] = "mean"
    needs: ClassVar[frozenset[str]] = frozenset()
    weights: ClassVar[tuple[Weights, ...]] = ()
    features: Mapping[str, Extractor] = {}
    pairs: Mapping[str, PairExtractor] = {}

    def with_weights(self, found: Mapping[str, LocalWeights], device: str = "cpu") -> Self:
        """Give this metric with its networks at hand: one whose `features` and `pairs` are set.

        Called once before anything is measured, only where all `weights` are there and checked. No
        network is read before its first picture. Metrics that share a feature give the very same
        function for the same digest and device: make it in one place behind `functools.cache`.

        Args:
            found: The files of each of `weights`, by name.
            device: Where networks compute: "cpu", "cuda", "mps".
        """
        return self

    @abstractmethod
    def meter(self, setting: Setting) -> Meter:
        """Make ready to measure sets of outputs against one setting.

        Raises:
            UsageError: The setting cannot be measured against: too few pictures, all alike.
        """


def declared_weights(metrics: Iterable[Metric]) -> dict[str, Weights]:
    """The weights of metrics by name.

    Raises:
        ValueError: Two mean different ones by one name.
    """
    found: dict[str, Weights] = {}
    for metric in metrics:
        for each in metric.weights:
            if found.setdefault(each.name, each) != each:
                raise ValueError(
                    f"the metric {metric.name!r} means other files than another metric does by the "
                    f"weights {each.name!r}"
                )
    return found


def subset_means(values: Sequence[float], subsets: NDArray[np.bool_]) -> tuple[float, ...]:
    """The mean of the values over each subset (k, n)."""
    import numpy as np

    members = subsets.astype(np.float64)
    means = members @ np.asarray(values, dtype=np.float64) / members.sum(axis=1)
    return tuple(float(mean) for mean in means)
