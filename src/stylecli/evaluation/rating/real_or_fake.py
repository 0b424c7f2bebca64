"""How often people take outputs for real pictures of the style (Sanakoyeu et al. 2018's deception)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.halves import wilson_interval
from stylecli.evaluation.rating.observed import Verdict


@dataclass(frozen=True)
class Deception:
    """How often an entry's outputs were said to be real, beside real pictures of its target.

    Attributes:
        entry: Its name.
        target: The style.
        share: Of verdicts on its outputs that were "real".
        interval: Wilson's, each verdict taken for independent.
        answers: How many verdicts.
        real_share: The same of real pictures; None where none was shown.
        real_interval: Of the real share.
        real_answers: How many verdicts on real pictures.
        d_prime: How well the two are told apart, in standard deviations; 0 = not at all.
    """

    entry: str
    target: str
    share: float
    interval: Interval | None
    answers: int
    real_share: float | None
    real_interval: Interval | None
    real_answers: int
    d_prime: float | None


def deceptions(verdicts: Sequence[Verdict]) -> tuple[Deception, ...]:
    """An entry a row, those that deceive most first."""
    found = []
    for entry, target in sorted({(v.picture.entry, v.picture.target) for v in verdicts}):
        if not entry:
            continue
        own = [v.real for v in verdicts if (v.picture.entry, v.picture.target) == (entry, target)]
        real = [v.real for v in verdicts if (v.picture.entry, v.picture.target) == ("", target)]
        share = sum(own) / len(own)
        real_share = sum(real) / len(real) if real else None
        found.append(
            Deception(
                entry,
                target,
                share,
                wilson_interval(share, len(own)),
                len(own),
                real_share,
                None if real_share is None else wilson_interval(real_share, len(real)),
                len(real),
                d_prime(sum(real), len(real), sum(own), len(own)) if real else None,
            )
        )
    return tuple(sorted(found, key=lambda row: (row.target, -row.share, row.entry)))


def d_prime(hits: int, real: int, deceived: int, fake: int) -> float:
    """Sensitivity of signal detection, with Hautus's (1995) correction, which keeps it finite.

    Args:
        hits: Real pictures that were said to be real.
        real: Of so many.
        deceived: Outputs that were said to be real.
        fake: Of so many.
    """
    deviate = NormalDist().inv_cdf
    return deviate((hits + 0.5) / (real + 1)) - deviate((deceived + 0.5) / (fake + 1))
