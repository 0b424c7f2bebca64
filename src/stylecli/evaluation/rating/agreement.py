"""Whether raters agree: Krippendorff's α (Krippendorff 2011, "Computing Krippendorff's alpha-reliability")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Level = Literal["nominal", "interval"]


def krippendorff_alpha(units: Sequence[Sequence[float]], level: Level) -> float | None:
    """1 = raters agree wholly, 0 = as much as chance would, below 0 = they contradict one another.

    Args:
        units: For each thing that was judged the values that raters gave it, in any order; who gave
            none has none here. A unit with fewer than two says nothing.
        level: "nominal": values are the same or not; "interval": their distance counts.

    Returns:
        α, or None where no unit has two values, or all values are the same: chance would agree, too.
    """
    import numpy as np

    paired = [np.asarray(values, dtype=np.float64) for values in units if len(values) > 1]
    if not paired:
        return None
    observed = sum(_unlikeness(values, level) / (len(values) - 1) for values in paired)
    every = np.concatenate(paired)
    expected = _unlikeness(every, level)
    return 1 - (len(every) - 1) * observed / expected if expected else None


def _unlikeness(values: NDArray[np.float64], level: Level) -> float:
    """The sum of squared differences over all ordered pairs of different raters."""
    import numpy as np

    if level == "interval":
        return float(2 * len(values) * np.sum((values - values.mean()) ** 2))
    _, counts = np.unique(values, return_counts=True)
    return float(len(values) ** 2 - np.sum(counts**2))
