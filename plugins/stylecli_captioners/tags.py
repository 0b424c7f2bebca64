"""The vocabulary of a WD tagger, ``selected_tags.csv``, and which of its tags are kept."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import stylecli

GENERAL, CHARACTER = "0", "4"
"""Categories of tags; the others are ratings."""

_FACES = frozenset(
    {"0_0", "(o)_(o)", "+_+", "+_-", "._.", "<o>_<o>", "<|>_<|>", "=_=", ">_<", "3_3", "6_9", ">_o"}
    | {"@_@", "^_^", "o_o", "u_u", "x_x", "|_|", "||_||"}
)
"""Tags whose underscore is a mouth."""


@dataclass(frozen=True)
class Tags:
    """A vocabulary.

    Attributes:
        names: The tags in the order of the model's outputs, as they are written.
        categories: The category of each.
    """

    names: tuple[str, ...]
    categories: tuple[str, ...]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def chosen(
        self, probabilities: Sequence[float], general: float, character: float | None
    ) -> list[str]:
        """The tags that are kept: names of characters first, each kind from the most probable on.

        Args:
            probabilities: One for each tag, 0 to 1.
            general: The least probability of a general tag.
            character: That of a character's name; None keeps none.
        """
        kept = []
        for place, (name, category) in enumerate(zip(self.names, self.categories, strict=True)):
            probability = float(probabilities[place])
            least = {GENERAL: general, CHARACTER: character}.get(category)
            if least is not None and probability >= least:
                kept.append((category != CHARACTER, -probability, place, name))
        return [name for *_, name in sorted(kept)]


def read_tags(path: Path) -> Tags:
    """Read the vocabulary.

    Raises:
        UsageError: It cannot be read, or has no columns ``name`` and ``category``.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return Tags(
            tuple(_written(row["name"]) for row in rows),
            tuple(row["category"].strip() for row in rows),
        )
    except (OSError, ValueError, KeyError, AttributeError, csv.Error) as problem:
        raise stylecli.UsageError(
            f"{path}: not a tagger's list of tags; it needs the columns name and category."
        ) from problem


def _written(name: str) -> str:
    return name if name in _FACES else name.replace("_", " ")
