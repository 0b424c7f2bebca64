"""Bradley–Terry strengths from choices between two (Bradley & Terry 1952; Hunter 2004).

The chance that i is preferred to j is σ(θᵢ − θⱼ). A tie is half a win for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PRIOR = 0.5
"""Wins that each side of a pair that met is given where the choices alone fix no strengths."""

_STEPS = 100
_LONGEST = 2.0
_CLOSE = 1e-10


def bradley_terry(wins: NDArray[np.float64], met: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The most likely strengths of entries.

    Where somebody won or lost every choice, or two groups were told apart by none, no finite strengths
    are the most likely ones. There each side of every pair that met is given half a win more.

    Args:
        wins: (..., n, n): how often the first was preferred to the second.
        met: (n, n): which pairs met; all n must be joined by such pairs.

    Returns:
        (..., n) on the log scale; their mean is 0.
    """
    import numpy as np

    count = wins.shape[-1]
    wins = _finite(wins, met)
    games = wins + np.swapaxes(wins, -1, -2)
    strengths = np.zeros(wins.shape[:-1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(strengths[..., None, :] - strengths[..., :, None]))
        gradient = (wins - games * chance).sum(axis=-1)
        weight = games * chance * (1 - chance)
        # The strengths' sum is free: fixing it makes the matrix of Newton's step one that can be solved.
        information = -weight + 1 / count
        information += np.eye(count) * weight.sum(axis=-1)[..., None]
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        # From afar Newton's step leaps beyond the place that it aims at.
        strengths += np.clip(step, -_LONGEST, _LONGEST)
        if np.abs(step).max(initial=0.0) < _CLOSE:
            break
    centred: NDArray[np.float64] = strengths - strengths.mean(axis=-1, keepdims=True)
    return centred


def covariance(wins: NDArray[np.float64], met: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The covariance of the strengths if every choice were independent: Fisher's information, inverted.

    With the same half wins as `bradley_terry`: 20 of 20 wins are no certainty.

    Args:
        wins: (n, n): how often the first was preferred to the second.
        met: (n, n): which pairs met.

    Returns:
        (n, n), of strengths whose mean is 0.
    """
    import numpy as np

    strengths = bradley_terry(wins, met)
    wins = _finite(wins, met)
    chance = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    weight = (wins + wins.T) * chance * (1 - chance)
    # The strengths' sum is free, as above; what is added for it goes off again.
    free = 1 / len(wins)
    information = np.diag(weight.sum(axis=1)) - weight + free
    return np.asarray(np.linalg.inv(information) - free, dtype=np.float64)


def _finite(wins: NDArray[np.float64], met: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The wins, with half a win more on each side of every pair where they fix no finite strengths."""
    import numpy as np

    weak = ~fixed_by(wins)[..., None, None]
    return np.where(weak & met, wins + PRIOR, wins)


def fixed_by(wins: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether choices fix finite strengths: every entry won against every other, in a chain (Ford 1957).

    Args:
        wins: (..., n, n).

    Returns:
        (...).
    """
    import numpy as np

    count = wins.shape[-1]
    reached = (wins > 0) | np.eye(count, dtype=bool)
    for _ in range(max(1, (count - 1).bit_length())):
        reached = reached @ reached
    return np.asarray(reached.all(axis=(-1, -2)))


def groups_of(met: NDArray[np.bool_]) -> list[list[int]]:
    """Entries by what joins them: strengths of two groups that never met cannot be compared.

    Args:
        met: (n, n), symmetric.

    Returns:
        The indices of each group, in order; those that met nobody stand alone.
    """
    left = list(range(len(met)))
    groups = []
    while left:
        group, waiting = {left[0]}, [left[0]]
        while waiting:
            one = waiting.pop()
            near = {other for other in left if met[one][other]} - group
            group |= near
            waiting += near
        groups.append(sorted(group))
        left = [other for other in left if other not in group]
    return groups
