"""Real pictures and outputs in one shape and size, so that nothing but the painting tells them apart."""

from __future__ import annotations

from dataclasses import replace

from stylecli.errors import UsageError
from stylecli.evaluation.rating.asking.material import Material
from stylecli.images.reading import picture_size

LARGEST = 1024


def comparable(material: Material) -> tuple[Material, int]:
    """The material without reference pictures that would have to be enlarged, and the side of the squares.

    Outputs and references are shown as their centred square, scaled down to the smallest output's.

    Raises:
        UsageError: No reference picture is large enough.
    """
    side = min(LARGEST, *(min(picture_size(each.path)) for each in material.pictures))
    large = tuple(each for each in material.references if min(picture_size(each.path)) >= side)
    small = len(material.references) - len(large)
    if not large:
        raise UsageError(
            f"Real-or-fake: all {small} reference pictures are smaller than the outputs ({side} px), which would "
            "give them away.",
            "Give larger ones with --reference FOLDER.",
        )
    note = (
        f"{small} reference pictures are smaller than the outputs ({side} px), which would give them away, and are "
        "left out."
    )
    notes = (*material.notes, note) if small else material.notes
    return replace(material, references=large, notes=notes), side
