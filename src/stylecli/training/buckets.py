"""Aspect-ratio buckets: whole pictures in a few shapes of about one area, instead of squares cut out.

After NovelAI's "Aspect Ratio Bucketing" (2022): pictures of one bucket make up a batch.
"""

from __future__ import annotations

import math

MAX_ASPECT = 3.0
"""Pictures that are longer than this are cut to it."""


def bucket_sizes(side: int, multiple: int) -> list[tuple[int, int]]:
    """Widths and heights whose area is at most ``side ** 2`` and nearly that, from tall to wide.

    Args:
        side: In pixels.
        multiple: Both sides of every bucket are multiples of this many pixels.
    """
    found = set()
    for width in range(multiple, math.ceil(side * math.sqrt(MAX_ASPECT)) + 1, multiple):
        height = side * side // width // multiple * multiple
        if height and max(width, height) / min(width, height) <= MAX_ASPECT:
            found |= {(width, height), (height, width)}
    found |= {(side // multiple * multiple,) * 2} if side >= multiple else {(multiple, multiple)}
    return sorted(found, key=lambda size: (size[0] / size[1], size))


def bucket_for(size: tuple[int, int], side: int, multiple: int) -> tuple[int, int]:
    """The bucket whose aspect is nearest to a picture's; of two of one aspect the larger.

    Args:
        size: The picture's width and height.
        side: As of `bucket_sizes`.
        multiple: Likewise.
    """
    aspect = math.log(size[0] / size[1])
    return min(
        bucket_sizes(side, multiple),
        key=lambda bucket: (
            round(abs(math.log(bucket[0] / bucket[1]) - aspect), 9),
            -bucket[0] * bucket[1],
        ),
    )
