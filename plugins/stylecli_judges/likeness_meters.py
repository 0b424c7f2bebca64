"""The likenesses made ready for a setting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import stylecli
from stylecli_judges.frechet import Array
from stylecli_judges.rows import content_rows, plain, rows_of, undefined


class PairMeter:
    """A mean over pairs of output and photo."""

    def __init__(self, pair: str) -> None:
        self._pair = pair

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Give the mean."""
        values = sample.pairs[self._pair].astype(np.float64)
        return stylecli.Measurement(float(values.mean()), plain(values))


class ContentMeter:
    """The mean cosine of output and photo, and beside it that of output and others' photos."""

    def __init__(self, setting: stylecli.Setting, feature: str) -> None:
        self._setting = setting
        self._feature = feature

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure the likeness."""
        outputs = _unit(rows_of(sample.outputs, self._feature))
        photos = _unit(content_rows(self._setting, sample, self._feature))
        own = np.sum(outputs * photos, axis=1)
        others = np.not_equal.outer(sample.content, sample.content)
        details = {}
        if others.any():
            details["other"] = float((outputs @ photos.T)[others].mean())
        return stylecli.Measurement(float(own.mean()), plain(own), details=details)


class StyleMeter:
    """The mean cosine of outputs and references, and beside it that of references with one another.

    Args:
        setting: What is measured against.
        feature: Of the pictures, (d,), or (heads, d).
        head: Which of several.
    """

    def __init__(self, setting: stylecli.Setting, feature: str, head: int | None = None) -> None:
        self._setting = setting
        self._feature = feature
        self._head = head

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure the likeness; the gap is how much less it is than within the reference."""
        reference = self._rows(self._setting.references[sample.target])
        own = self._rows(sample.outputs) @ reference.mean(axis=0)
        details = {}
        if len(reference) > 1:
            among = reference @ reference.T
            np.fill_diagonal(among, 0)
            within = float(among.sum() / (len(reference) * (len(reference) - 1)))
            details = {"gap": within - float(own.mean()), "within": within}
        if self._setting.content is not None:
            photos = self._rows(self._setting.content)[sorted(set(sample.content))]
            details["content"] = float((photos @ reference.mean(axis=0)).mean())
        return stylecli.Measurement(float(own.mean()), plain(own), details=details)

    def _rows(self, pictures: stylecli.PictureSet) -> Array:
        rows = rows_of(pictures, self._feature)
        return _unit(rows if self._head is None else rows[:, self._head])


class ArtistMeter:
    """The share of outputs that a classifier of artists gives to the target.

    Args:
        setting: What is measured against.
        feature: Of the pictures: the classifier's probabilities, (artists,).
        artists: What the classifier calls them.
    """

    def __init__(self, setting: stylecli.Setting, feature: str, artists: tuple[str, ...]) -> None:
        self._setting = setting
        self._feature = feature
        self._artists = artists

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Ask the classifier; how it does on the references and on untouched photos stands beside it."""
        from stylecli_judges.artist_names import artist_named

        artist = artist_named(sample.target, self._artists)
        if artist is None:
            message = (
                f"the classifier's {len(self._artists)} artists are not told apart by the name of the "
                f"reference {sample.target}: name it after one of them (--reference NAME=FOLDER)"
            )
            return undefined("no-judge", message)
        called = self._called(sample.outputs)
        hits = (called == artist).astype(np.float64)
        reference = self._called(self._setting.references[sample.target]) == artist
        details = {
            "artist": self._artists[artist],
            "of_references": float(reference.mean()),
            "called": {
                self._artists[each]: float((called == each).mean()) for each in sorted(set(called))
            },
        }
        if self._setting.content is not None:
            photos = self._called(self._setting.content)[sorted(set(sample.content))]
            details["untouched_photos"] = float((photos == artist).mean())
        cautions: tuple[stylecli.Caution, ...] = ()
        if reference.mean() < 0.5:
            message = (
                f"the classifier knows {reference.mean():.0%} of {sample.target}'s own pictures: trust "
                "it only as far"
            )
            cautions = (stylecli.Caution("weak-classifier", message),)
        return stylecli.Measurement(
            float(hits.mean()), plain(hits), details=details, cautions=cautions
        )

    def _called(self, pictures: stylecli.PictureSet) -> NDArray[np.intp]:
        """The artist, by place, that each picture is given to."""
        called: NDArray[np.intp] = np.argmax(pictures[self._feature], axis=1)
        return called


def _unit(rows: Array) -> Array:
    """Rows of length 1; what has no length stays."""
    unit: Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit
