"""The palette: how the colours of all pixels are distributed in L*a*b*, whatever they show."""

from __future__ import annotations

from stylecli_metrics.distributions import cumulative, directions, even_grid
from stylecli_metrics.pictures import Array, Picture, lab_square

# L* lies in 0..100, a* and b* within about -108..99: their projections within +-150.
PALETTE_GRID = even_grid(150.0, 100)
_SIZE = 128
_DIRECTIONS = directions(24, 3, seed=0)


def palette(picture: Picture) -> Array:
    """The palette of one picture: ``palette-v1``.

    Returns:
        (24, 100): the distribution functions of the pixels of the centre square at 128 px, in
        L*a*b*, along 24 fixed directions, on a grid of 3 units; see
        `stylecli_metrics.distributions.cumulative`.

    Raises:
        EvaluationError: Not a picture.
    """
    pixels = lab_square(picture, _SIZE).reshape(-1, 3)
    return cumulative(_DIRECTIONS @ pixels.T, PALETTE_GRID)
