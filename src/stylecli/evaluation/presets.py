"""Protocols by name: how many pictures, how outputs are named, how much is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stylecli.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class EvalPreset:
    """A protocol.

    Attributes:
        name: As it is typed.
        summary: One line.
        limit: The first so many content pictures, by name; None for all.
        pattern: How outputs are named; None for any way that can be told.
        content: How many content pictures it prescribes, or None.
        outputs: How many outputs it prescribes, or None.
        references: How many reference pictures it prescribes, or None.
        crossed: Whether it prescribes one output of every content picture after every reference picture.
        side: Pixels of the sides of the outputs, which it prescribes to be square, or None.
    """

    name: str
    summary: str
    limit: int | None = None
    pattern: str | None = None
    content: int | None = None
    outputs: int | None = None
    references: int | None = None
    crossed: bool = False
    side: int | None = None


PRESETS: Mapping[str, EvalPreset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            EvalPreset("standard", "all content pictures, any naming"),
            EvalPreset("quick", "the first 12 content pictures: a glance, not a result", limit=12),
            EvalPreset(
                "styleid-20x40",
                "StyleID's: 20 photos x 40 paintings at 512 x 512 px, named {content}_stylized_{style}",
                pattern="{content}_stylized_{style}",
                content=20,
                outputs=800,
                references=40,
                crossed=True,
                side=512,
            ),
        )
    }
)


def preset_named(name: str) -> EvalPreset:
    """A preset by name.

    Raises:
        UsageError: There is none; the hint names the nearest.
    """
    if name in PRESETS:
        return PRESETS[name]
    hint = did_you_mean(name, PRESETS) or f"There are: {', '.join(PRESETS)}."
    raise UsageError(f"No evaluation preset named {name!r}.", hint)
