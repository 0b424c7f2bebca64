"""What a run tries its style on: the demo's photos, judged as ``stylecli eval`` judges."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.datasets.folder import Dataset
from stylecli.errors import Cancelled, StylecliError
from stylecli.places import Places
from stylecli.progress import Event, Progress
from stylecli.registry import Registry

if TYPE_CHECKING:
    from PIL.Image import Image

    from stylecli.evaluation.kept_content import Kept

CONTENT, STYLE = "content-retention", "style-closure"
MOST = 64
"""So many of the style pictures are enough to measure closeness by."""


class DemoTrial:
    """The demo's photograph and scenes, which no style is trained on.

    Args:
        registry: Where the metrics are.
        dataset: The style pictures, which closeness is measured to.
        seed: Of everything random.
    """

    def __init__(self, registry: Registry, dataset: Dataset, seed: int) -> None:
        self._registry = registry
        self._dataset = dataset
        self._seed = seed

    def photos(self, count: int, side: int) -> list[Image]:
        """See `stylecli.training.comparison.Trial.photos`."""
        from stylecli.demo.materials import SCENE_SEED, write_photos
        from stylecli.demo.scenes import scene
        from stylecli.images.reading import read_picture

        with tempfile.TemporaryDirectory(prefix="stylecli-photos-") as name:
            found = [read_picture(write_photos(Path(name))[0])]
        size = (round(side * 1.5), side)
        found += [scene(SCENE_SEED + number, size).image for number in range(count - 1)]
        return found[:count]

    def figures(
        self,
        photos: Sequence[Path],
        outputs: Mapping[str, Sequence[Path]],
        progress: Progress,
    ) -> Mapping[str, Mapping[str, float]]:
        """SC and CR; nothing where no metrics are installed, or they cannot be told."""
        from stylecli.evaluation.feature_cache import FeatureCache
        from stylecli.evaluation.kept_content import KeptContent

        items = self._dataset.items
        reference = [item.path for item in items[:: -(-len(items) // MOST)]]

        def hear(event: Event) -> None:
            # Cautions are for those who asked for figures of their own pictures.
            progress(replace(event, message=None))

        try:
            meter = KeptContent(
                photos,
                (),
                reference,
                self._registry.metric(CONTENT),
                self._registry.metric(STYLE),
                FeatureCache(Places.default().cache / "features"),
                self._seed,
                hear,
            )
            return {name: _told(meter(paths)) for name, paths in outputs.items()}
        except Cancelled:
            raise
        except StylecliError:
            return {}


def _told(kept: Kept) -> dict[str, float]:
    closeness = {} if kept.style is None else {"SC": kept.style}
    return {**closeness, "CR": kept.content}
