"""Sets of small pictures for the checks of a metric: photos, two styles, and outputs between them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from stylecli.metric import Metric, PictureSet, Sample, Setting
from stylecli.testing.pictures import smooth_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

COUNT = 12
TARGET = "monet"
_SUBSETS = 6
_SIZES = ((96, 72), (72, 96), (80, 80))
_OFFSETS = {"photo": 0, TARGET: 100, "munch": 200, "style": 300, "baseline": 400}

Kind = Literal["photo", "style", "mixed"]


class Gallery:
    """Pictures by the features of one metric.

    Args:
        metric: Whose features and comparisons.
    """

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    @cached_property
    def setting(self) -> Setting:
        """Two styles, and photos or pictures without a style, whichever the metric wants."""
        baseline = "baseline" in self._metric.needs
        references = {name: self._set(self._pictures(name), name) for name in (TARGET, "munch")}
        return Setting(
            references,
            content=None if baseline else self._set(self._pictures("photo"), "photo"),
            baseline=self._set(self._pictures("baseline"), "baseline") if baseline else None,
        )

    def turned(self, order: Sequence[int]) -> Setting:
        """The setting with the references in another order."""
        references = {
            name: _ordered(pictures, order) for name, pictures in self.setting.references.items()
        }
        return replace(self.setting, references=references)

    def sample(self, kind: Kind = "mixed", order: Sequence[int] = range(COUNT)) -> Sample:
        """Outputs: the photos themselves, other pictures of the style, or something of both.

        Args:
            kind: Which.
            order: In this order.
        """
        import numpy as np

        photos = self._pictures("photo")
        if kind == "photo":
            outputs = photos
        elif kind == "style":
            # Of the photos' sizes, as outputs are.
            outputs = [
                image.resize(photo.size)
                for image, photo in zip(self._pictures("style"), photos, strict=True)
            ]
        else:
            outputs = [_painted(photo, number) for number, photo in enumerate(photos)]
        outputs = [outputs[number] for number in order]
        generator = np.random.default_rng(5)
        halves = generator.permuted(np.tile(np.arange(COUNT) < COUNT // 2, (_SUBSETS, 1)), axis=1)
        text = self.setting.content is None
        pairs = {}
        if not text:
            pairs = {
                name: np.array(
                    [
                        compare(image.copy(), photos[number].copy())
                        for image, number in zip(outputs, order, strict=True)
                    ],
                    dtype=np.float32,
                )
                for name, compare in self._metric.pairs.items()
            }
        return Sample(
            self._set(outputs, kind),
            TARGET,
            () if text else tuple(order),
            pairs,
            halves[:, list(order)],
        )

    def problem_with_features(self) -> str:
        """What is the matter with features or comparisons, or ""."""
        import numpy as np

        pictures = [*self._pictures("photo")[:3], *self._pictures(TARGET)[:2]]
        for name, extract in self._metric.features.items():
            shapes = set()
            for image in pictures:
                before = image.tobytes()
                first, again = (np.array(extract(image), dtype=np.float32) for _ in range(2))
                shapes.add(first.shape)
                if image.tobytes() != before:
                    return f"The feature {name!r} changes the picture."
                if not np.isfinite(first).all():
                    return f"The feature {name!r} is not finite."
                if not np.array_equal(first, again):
                    return f"The feature {name!r} of one picture is another one the second time."
            if len(shapes) > 1:
                return f"The feature {name!r} has the shapes {', '.join(map(str, sorted(shapes)))}."
        for name, compare in self._metric.pairs.items():
            pair = (_painted(pictures[0], 0), pictures[0].copy())
            shown = [image.tobytes() for image in pair]
            value, another = (float(compare(*pair)) for _ in range(2))
            if [image.tobytes() for image in pair] != shown:
                return f"The comparison {name!r} changes a picture."
            if not np.isfinite(value):
                return f"The comparison {name!r} is not finite."
            if value != another:
                return f"The comparison {name!r} of one pair is another one the second time."
        return ""

    def _pictures(self, name: str) -> list[Image]:
        return [_drawn(name, number) for number in range(COUNT)]

    def _set(self, images: Sequence[Image], name: str) -> PictureSet:
        import numpy as np

        features = {}
        for feature, extract in self._metric.features.items():
            rows = np.stack([np.array(extract(image.copy()), dtype=np.float32) for image in images])
            rows.flags.writeable = False
            features[feature] = rows
        digests = tuple(hashlib.sha256(image.tobytes()).hexdigest() for image in images)
        return PictureSet(tuple(f"{name}-{n}.png" for n in range(len(images))), digests, features)


def _ordered(pictures: PictureSet, order: Sequence[int]) -> PictureSet:
    places = list(order)
    return PictureSet(
        tuple(pictures.names[place] for place in places),
        tuple(pictures.digests[place] for place in places),
        {name: rows[places] for name, rows in pictures.features.items()},
    )


def _drawn(name: str, number: int) -> Image:
    """A picture of a set; those of a style share palette and brushwork."""
    seed = _OFFSETS[name] + number
    image = smooth_picture(seed, _SIZES[number % len(_SIZES)])
    if name in (TARGET, "style"):
        return _toned(image, seed, (1.0, 0.8, 0.45), 18.0)
    if name == "munch":
        return _toned(image, seed, (0.45, 0.7, 1.0), 6.0)
    return image


def _painted(photo: Image, number: int) -> Image:
    """A photo on its way to the style."""
    return _toned(photo, 500 + number, (1.0, 0.9, 0.7), 9.0)


def _toned(image: Image, seed: int, tint: tuple[float, float, float], grain: float) -> Image:
    import numpy as np
    from PIL import Image as pillow

    pixels: NDArray[np.float32] = np.asarray(image, dtype=np.float32) * np.array(tint)
    noise: Any = np.random.default_rng(seed).normal(0.0, grain, pixels.shape)
    return pillow.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
