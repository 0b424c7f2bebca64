"""A figure, its interval and its protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Interval:
    """An interval of a figure.

    Attributes:
        low: Its lower end.
        high: Its upper end.
        how: "half-samples" (Wu 1990: spread over random halves of the content pictures, drawn
            without duplicates), "wilson" (of a share), "half-samples and styles" (crossed), "spread" (as
            half-samples, of a figure that moves with the number of pictures: how far it moves with
            other pictures at this number, and no interval of what many would give); of what people say
            "raters" or "photos" drawn anew, or the wider of the two; of correlations "photos" or "entries".
        level: Its nominal coverage.
    """

    low: float
    high: float
    how: Literal[
        "half-samples",
        "wilson",
        "half-samples and styles",
        "spread",
        "raters",
        "photos",
        "entries",
        "raters or photos",
    ]
    level: float = 0.95


@dataclass(frozen=True)
class Stamp:
    """The protocol of a figure: figures of different stamps are not compared.

    Attributes:
        metric: The metric's name.
        variant: What exactly it computes.
        weights: SHA-256 of the network that it rests on, those of several joined by plus signs; ""
            where it needs none.
        reference: Fingerprint of the reference pictures, first 12 digits, or "".
        content: Fingerprint of the content pictures, or of the prompts, or "".
        format: Format of the outputs: "PNG", "JPEG", "JPEG+PNG".
        n: Number of outputs.
        against: Fingerprints of what else it rests on: the other styles, the baseline; or "".
    """

    metric: str
    variant: str
    weights: str
    reference: str
    content: str
    format: str
    n: int
    against: str = ""

    def __str__(self) -> str:
        weights = "+".join(each[:12] for each in self.weights.split("+")) or "none"
        parts = [self.metric, self.variant, f"weights {weights}", f"N {self.n}"]
        parts += [f"reference {self.reference or 'none'}", f"content {self.content or 'none'}"]
        parts += [f"against {self.against}"] if self.against else []
        return " / ".join([*parts, self.format])


@dataclass(frozen=True)
class Figure:
    """What one metric says of one entry.

    Attributes:
        value: The figure; None = undefined, and a warning of the entry says why.
        interval: Of the value, or None where there are too few pictures for one.
        stamp: Its protocol.
        details: What else the metric found.
        replicates: The figure on each random half of the content pictures: the same halves for
            all entries and for other evaluations of the same content with the same seed, so that
            differences can be taken in pairs.
    """

    value: float | None
    interval: Interval | None
    stamp: Stamp
    details: Mapping[str, Any] = field(default_factory=dict)
    replicates: tuple[float, ...] = ()


@dataclass(frozen=True)
class MetricInfo:
    """A metric, as `stylecli.Metric` declares it.

    Attributes:
        beside: Details without which its figure must not be read; reports show them beside it.
    """

    name: str
    symbol: str
    summary: str
    variant: str
    better: Literal["more", "less"] | None
    axis: Literal["style", "content"] | None
    headline: bool
    beside: tuple[str, ...] = ()
    kind: Literal["mean", "share", "biased"] = "mean"
