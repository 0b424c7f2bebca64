"""Real pictures and outputs in one shape and size, so that nothing but the painting tells them apart."""

from __future__ import annotations

from dataclasses import replace

from stylecli.evaluation.rating.asking.material import Material
from stylecli.evaluation.report.wording import counted
from stylecli.images.reading import picture_size

LARGEST = 1024
_TENTH = 10


def comparable(material: Material) -> tuple[Material, int]:
    """The material without its smallest reference pictures, and the side of the squares in pixels.

    Outputs and references are shown as their centred square, scaled down to what the smallest output and
    nine of ten references have: none is enlarged, which would give it away.
    """
    sides = sorted(min(picture_size(each.path)) for each in material.references)
    outputs = min(min(picture_size(each.path)) for each in material.pictures)
    side = min(LARGEST, outputs, sides[len(sides) // _TENTH])
    large = tuple(each for each in material.references if min(picture_size(each.path)) >= side)
    small = len(material.references) - len(large)
    note = f"Real-or-fake: {counted(small, 'reference picture')} smaller than {side} px left out."
    notes = (*material.notes, note) if small else material.notes
    return replace(material, references=large, notes=notes), side
