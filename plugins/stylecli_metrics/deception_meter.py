"""Deception-lite made ready for a setting: the same judges for all the outputs of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import stylecli
from stylecli_metrics.deception import FEWEST, PHOTO, Judge, train_judge_on
from stylecli_metrics.pictures import Array
from stylecli_metrics.samples import plain, rows_of, undefined

_FOLDS = 3
# The judge is one linear system in the number of its pictures: seconds for this many.
_MOST = 1200
# A picture of one colour shows nobody's hand, whatever the judge is forced to say of it.
NOTHING = "nothing"
_LIGHT_DEVIATION = 3
_FLAT = 0.5


class DeceptionMeter:
    """Deception-lite, cross-fitted.

    The photographs are dealt into three parts and a judge is trained on every two of them: each
    output is judged by the one that has not seen its photograph, and so is each photograph itself.
    """

    def __init__(self, setting: stylecli.Setting, feature: str) -> None:
        self._setting = setting
        self._feature = feature
        if setting.content is None:
            raise stylecli.UsageError("Deception needs photographs to tell paintings from.")
        references = {
            name: pictures
            for name, pictures in sorted(setting.references.items())
            if len(pictures) >= FEWEST
        }
        self._judges: list[Judge] = []
        self._why_not = _why_not(references, setting.content)
        if self._why_not:
            return
        # What is drawn must depend on the pictures, not on the order or the names of their files.
        order = np.argsort(np.array(setting.content.digests), kind="stable")
        photos = rows_of(setting.content, feature)
        digests = [setting.content.digests[place] for place in order]
        self._fold = _dealt(setting.content.digests, setting.seed)
        styles = {
            name: _drawn(pictures, feature, max(FEWEST, _MOST // len(references)), setting.seed)
            for name, pictures in references.items()
        }
        self._judges = [
            train_judge_on(
                styles,
                photos[order],
                photo_groups=digests,
                unseen_photos=self._fold[order] == fold,
                seed=setting.seed,
            )
            for fold in range(_FOLDS)
        ]
        self._called_photos = self._called(photos, self._fold)

    def _called(self, rows: Array, folds: Array) -> list[str]:
        """What the judge of each row's fold calls it."""
        called = [judge.classify_features(rows) for judge in self._judges]
        return [called[int(fold)][index] for index, fold in enumerate(folds)]

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Ask the judges; their own quality stands in the details."""
        target = sample.target
        if not self._judges:
            return undefined("no-judge", f"deception-lite is undefined: {self._why_not}")
        classes = self._judges[0].classes
        if target not in classes:
            message = f"the reference {target} has fewer than {FEWEST} pictures: the judge does not know it"
            return undefined("no-judge", message)
        folds = self._fold[list(sample.content)]
        rows = rows_of(sample.outputs, self._feature)
        called = [
            NOTHING if plain_picture else name
            for name, plain_picture in zip(
                self._called(rows, folds), rows[:, 0, _LIGHT_DEVIATION] < _FLAT, strict=True
            )
        ]
        hits = np.array([name == target for name in called], dtype=np.float64)
        index = classes.index(target)
        accuracy = float(np.mean([judge.accuracy for judge in self._judges]))
        of_target = float(np.mean([judge.confusion[index, index] for judge in self._judges]))
        photos = self._called_photos
        photo_accuracy = photos.count(PHOTO) / len(photos)
        cautions: tuple[stylecli.Caution, ...] = ()
        if min(accuracy, of_target, photo_accuracy) < (1 + 1 / len(classes)) / 2:
            message = (
                f"the judge is right on {accuracy:.0%} of unseen paintings, {of_target:.0%} of those "
                f"of {target} and {photo_accuracy:.0%} of unseen photos: trust it only as far"
            )
            cautions = (stylecli.Caution("weak-classifier", message),)
        details = {
            "accuracy": accuracy,
            "target_accuracy": of_target,
            "photo_accuracy": photo_accuracy,
            "untouched_photos": photos.count(target) / len(photos),
            "called": {
                name: called.count(name) / len(called)
                for name in (*classes, *([NOTHING] if NOTHING in called else []))
            },
        }
        return stylecli.Measurement(
            float(hits.mean()), plain(hits), details=details, cautions=cautions
        )


def _why_not(references: Mapping[str, stylecli.PictureSet], photos: stylecli.PictureSet) -> str:
    if PHOTO in references:
        return f"a reference called {PHOTO!r} cannot be told from photographs"
    if len(set(photos.digests)) < FEWEST:
        return f"a judge needs {FEWEST} content pictures, not {len(set(photos.digests))}"
    if len(references) < 2:
        return f"a judge needs two references of {FEWEST} pictures or more"
    return ""


def _dealt(digests: tuple[str, ...], seed: int) -> Array:
    """A fold for each photograph, whatever their order; the same for the same picture."""
    distinct = sorted(set(digests))
    folds = np.random.Generator(np.random.PCG64(seed)).permutation(len(distinct)) % _FOLDS
    place = {digest: int(fold) for digest, fold in zip(distinct, folds, strict=True)}
    return np.array([place[digest] for digest in digests], dtype=np.float64)


def _drawn(pictures: stylecli.PictureSet, feature: str, most: int, seed: int) -> Array:
    """At most so many pictures of a style, in the order of their hashes."""
    order = np.argsort(np.array(pictures.digests), kind="stable")
    drawn = np.random.Generator(np.random.PCG64(seed)).permutation(len(order))[:most]
    return rows_of(pictures, feature)[order[np.sort(drawn)]]
