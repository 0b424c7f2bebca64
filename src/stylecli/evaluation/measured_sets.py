"""A set of pictures with everything that was measured of each, and what is wrong with sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import UsageError
from stylecli.evaluation.cautions import (
    warning_of_repeated,
    warning_of_small,
    warnings_of_files,
    warnings_of_set,
)
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.features import take_features
from stylecli.evaluation.inspection import INSPECTION, Inspection, inspect, inspection_of
from stylecli.evaluation.result import SetInfo, Warned
from stylecli.evaluation.sets import PictureFile, picture_files, set_info
from stylecli.metric import Extractor, PictureSet
from stylecli.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class MeasuredSet:
    """The pictures of a set that could be read.

    Attributes:
        info: What it is called, how many, what formats.
        files: The files.
        pictures: Their features.
        inspections: What was seen of each.
        unreadable: A sentence for each of the others.
        broken: Features that could not be taken, with what happened.
    """

    info: SetInfo
    files: tuple[PictureFile, ...]
    pictures: PictureSet
    inspections: tuple[Inspection, ...]
    unreadable: tuple[str, ...]
    broken: Mapping[str, str]

    def only(self, places: Sequence[int]) -> MeasuredSet:
        """Some of the pictures, by index."""
        chosen = list(places)
        files = tuple(self.files[place] for place in chosen)
        pictures = PictureSet(
            tuple(self.pictures.names[place] for place in chosen),
            tuple(self.pictures.digests[place] for place in chosen),
            {name: _chosen(rows, chosen) for name, rows in self.pictures.features.items()},
        )
        inspections = tuple(self.inspections[place] for place in chosen)
        info = set_info(self.info.name, files)
        return MeasuredSet(info, files, pictures, inspections, self.unreadable, self.broken)


def measured_set(
    name: str,
    what: str,
    paths: Sequence[Path],
    extractors: Mapping[str, Extractor],
    cache: FeatureCache,
    progress: Progress,
) -> MeasuredSet:
    """Measure every picture of a set.

    Args:
        name: What the set is called.
        what: What messages call it: "reference monet".
        paths: Its files.
        extractors: What is measured, beside `inspect`.
        cache: Where features are found and kept.
        progress: Hears of every picture.

    Raises:
        UsageError: No picture can be read.
    """
    taken = take_features(
        picture_files(paths),
        {**extractors, INSPECTION: inspect},
        cache,
        progress,
        f"measuring {what}",
    )
    if not taken.files:
        raise UsageError(f"{what}: no picture can be read.", next(iter(taken.unreadable.values())))
    seen = tuple(inspection_of(row) for row in taken.pictures[INSPECTION])
    unreadable = tuple(taken.unreadable.values())
    return MeasuredSet(
        set_info(name, taken.files), taken.files, taken.pictures, seen, unreadable, taken.broken
    )


def _chosen(rows: NDArray[np.float32], places: list[int]) -> NDArray[np.float32]:
    chosen: NDArray[np.float32] = rows[places]
    chosen.flags.writeable = False
    return chosen


def warnings_of_sets(
    references: Mapping[str, MeasuredSet], content: MeasuredSet | None, baseline: MeasuredSet | None
) -> list[Warned]:
    """What is wrong with the sets that outputs are measured against.

    Raises:
        UsageError: A reference that is the content itself.
    """
    found: list[Warned] = []
    sets = {f"reference {name}": each for name, each in references.items()}
    sets |= {"content": content} if content else {}
    sets |= {"baseline": baseline} if baseline else {}
    for name, each in sets.items():
        found += warnings_of_set(name, each.files, each.inspections)
        found += [Warned("unreadable", message) for message in each.unreadable]
    for what, several in (("content", content), ("baseline", baseline)):
        found += warning_of_repeated(what, several.files) if several else []
    found += warning_of_small({name: each.inspections for name, each in sets.items()})
    photos = content.files if content else ()
    for name, each in references.items():
        if content and each.info.fingerprint == content.info.fingerprint:
            raise UsageError(
                f"The reference {name} and the content are the same pictures.",
                "Give the style's pictures as --reference and the photos as --content.",
            )
    files = {name: each.files for name, each in references.items()}
    return found + warnings_of_files(files, photos)
