"""Intervals from random halves of the content pictures.

Half-samples drawn without duplicates (Wu 1990) suit figures that compare pictures with one another:
a bootstrap's duplicates would lie at distance zero. The deviation of a mean over half of n pictures,
drawn without replacement, is that of a mean over n independent ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from stylecli.evaluation.figures import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 8
DRAWS = 400
LEVEL = 0.95
NORMAL = NormalDist().inv_cdf((1 + LEVEL) / 2)
"""How many standard errors of a normal value its interval reaches to each side."""


def half_samples(keys: Sequence[str], seed: int, draws: int = DRAWS) -> NDArray[np.bool_]:
    """Random halves of the different keys.

    Args:
        keys: One a picture: the hash of its content. Pictures of one content stay together.
        seed: Of numpy's PCG64. The same different keys give the same halves, in whatever order.
        draws: How many.

    Returns:
        (draws, n); (0, n) for fewer than `FEWEST` different keys.
    """
    import numpy as np

    distinct = sorted(set(keys))
    if len(distinct) < FEWEST:
        return np.zeros((0, len(keys)), dtype=bool)
    generator = np.random.Generator(np.random.PCG64(seed))
    whole = np.tile(np.arange(len(distinct)) < len(distinct) // 2, (draws, 1))
    halves = generator.permuted(whole, axis=1)
    places = {key: place for place, key in enumerate(distinct)}
    return halves[:, [places[key] for key in keys]]


def half_sample_interval(
    value: float, replicates: Sequence[float], count: int, styles: int = 0
) -> Interval | None:
    """The interval of a figure from its values on random halves.

    Args:
        value: The figure.
        replicates: Its values on halves, see `half_samples`; () gives None.
        count: Number of different content pictures.
        styles: Number of styles where these were resampled, too; else 0.
    """
    import numpy as np

    if not len(replicates):
        return None
    half = count // 2
    # An odd number has no half; and few pictures know their own spread badly (Student's t).
    fewest = min(count, styles) if styles else count
    factor = math.sqrt(half / (count - half)) * student_factor(fewest - 1)
    deviations = factor * (np.asarray(replicates) - np.mean(replicates))
    low, high = np.quantile(deviations, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    how = "half-samples and styles" if styles else "half-samples"
    return Interval(value + float(low), value + float(high), how, LEVEL)  # type: ignore[arg-type]


def independent_interval(
    first: float, of_first: Interval | None, second: float, of_second: Interval | None
) -> Interval | None:
    """The interval of first less second, each measured on pictures of its own (Zou & Donner 2008)."""
    return _of_difference(first, of_first, second, of_second, 0.0)


def paired_share_interval(first: Sequence[bool], second: Sequence[bool]) -> Interval | None:
    """The interval of the difference of two shares of the same pictures (Newcombe 1998, method 10).

    Args:
        first: Whether each picture counts, in the first set.
        second: Likewise for the same pictures in the second.
    """
    count = len(first)
    if not count:
        return None
    both = sum(a and b for a, b in zip(first, second, strict=True))
    only_first, only_second = sum(first) - both, sum(second) - both
    neither = count - both - only_first - only_second
    product = sum(first) * (count - sum(first)) * sum(second) * (count - sum(second))
    phi = 0.0
    if product:
        excess = both * neither - only_first * only_second
        phi = (max(excess - count / 2, 0) if excess > 0 else excess) / math.sqrt(product)
    shares = sum(first) / count, sum(second) / count
    return _of_difference(
        shares[0],
        wilson_interval(shares[0], count),
        shares[1],
        wilson_interval(shares[1], count),
        phi,
    )


def _of_difference(
    first: float,
    of_first: Interval | None,
    second: float,
    of_second: Interval | None,
    correlation: float,
) -> Interval | None:
    if of_first is None or of_second is None:
        return None
    below = first - of_first.low, of_second.high - second
    above = of_first.high - first, second - of_second.low
    low, high = (
        math.sqrt(max(0.0, a**2 + b**2 - 2 * correlation * a * b)) for a, b in (below, above)
    )
    value = first - second
    return Interval(value - low, value + high, of_first.how, of_first.level)


def student_factor(degrees: int) -> float:
    """How much longer Student's 95 % interval is than the normal one (Cornish-Fisher expansion)."""
    z = NORMAL
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return (z + first / degrees + second / degrees**2 + third / degrees**3) / z


def wilson_interval(share: float, count: int) -> Interval | None:
    """Wilson's interval of a share of `count` independent pictures (Wilson 1927)."""
    if count < 1:
        return None
    z = NORMAL
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return Interval(max(0.0, centre - half), min(1.0, centre + half), "wilson", LEVEL)
