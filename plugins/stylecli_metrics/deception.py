"""Deception-lite: the share of outputs that a small judge of painters takes for the style.

Sanakoyeu et al. (2018) ask a network trained on 624 artists whom a picture is by. This judge needs
no weights: it is trained in seconds on the pictures at hand, and is therefore never shown without
its accuracy on pictures it has not seen, nor without the share of untouched photographs that
deceive it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylecli_metrics.features import phi_many
from stylecli_metrics.kernel_ridge import KernelRidge, confusion_matrix, fit_kernel_ridge
from stylecli_metrics.pictures import (
    Array,
    EvaluationError,
    Picture,
    Pictures,
    centre_crop,
    require,
)

PHOTO = "photo"
FEWEST = 10
# Scans of paintings come at a few hundred pixels with the colours of JPEG at half resolution,
# photographs from large files, outputs as the base decodes them. Without a common view the judge
# tells files apart, not paintings: it took nine sharp scans of Morisot for photographs, all of
# them, and half of the photographs for paintings once they had been through JPEG.
_COMMON_SIZE = 160
_COMMON_QUALITY = 75
_SIZE = 128
# Decoders soften. Without softened copies in the training part, four of five held-out Van Goghs
# that had gone through a small decoder were taken for the softer painter, Cézanne.
_SOFT_SIZE = 96


@dataclass(frozen=True, eq=False)
class Judge:
    """A trained judge of painters, and how good it is.

    Attributes:
        classes: The styles in the order they were given, then ``photo``.
        confusion: (classes, classes), row = what a held-out picture is, column = what it was
            called, as shares of the row.
        accuracy: Mean over the styles of the share of held-out paintings given to their own
            painter, where ``photo`` is a possible (wrong) answer; in 0..1, chance 1 / classes.
        photo_accuracy: Share of held-out photographs that were called ``photo``.
        held_out: Number of held-out pictures by class.
        classifier: What scores the features.
    """

    classes: tuple[str, ...]
    confusion: Array
    accuracy: float
    photo_accuracy: float
    held_out: tuple[int, ...]
    classifier: KernelRidge

    def scores(self, pictures: Pictures) -> Array:
        """The ridge scores (n, classes), about 1 for the class and 0 for the others.

        Raises:
            EvaluationError: Not a picture.
        """
        return self.scores_of(judge_features(pictures))

    def scores_of(self, features: Array) -> Array:
        """The scores (n, classes) of features (n, 2, 46), see `judge_features`."""
        return self.classifier.scores(features[:, 0])

    def classify(self, pictures: Pictures) -> list[str]:
        """The class with the highest score for each picture.

        Raises:
            EvaluationError: Not a picture.
        """
        return self.classify_features(judge_features(pictures))

    def classify_features(self, features: Array) -> list[str]:
        """The class with the highest score for each row of features (n, 2, 46)."""
        return [self.classes[index] for index in np.argmax(self.scores_of(features), axis=1)]


@dataclass(frozen=True)
class Deception:
    """How far a set of outputs deceives a judge.

    Attributes:
        target: The style that the outputs imitate.
        share: Share of outputs called `target`, in 0..1.
        shares: Share of outputs by class; they sum to 1.
        photo_share: Share of untouched photographs called `target`: what doing nothing scores.
        accuracy: The judge's accuracy on held-out paintings, see `Judge`.
        target_accuracy: Share of held-out real pictures of `target` given to it: what the best
            outputs can hope for.
        outputs: Number of outputs.
        warnings: Codes: ``few-pictures`` for fewer than 20 outputs; ``weak-classifier`` for a
            judge less than half way from chance to perfect, overall or on `target`.
    """

    target: str
    share: float
    shares: Mapping[str, float]
    photo_share: float
    accuracy: float
    target_accuracy: float
    outputs: int
    warnings: tuple[str, ...]


def train_judge(
    styles: Mapping[str, Pictures],
    photos: Pictures,
    *,
    photo_groups: Sequence[str] | None = None,
    held_out: float = 1 / 3,
    seed: int = 0,
) -> Judge:
    """Train a judge of painters on a part of the pictures and measure it on the rest.

    What it is: ridge regression of the classes' indicators on the 46 features of
    `stylecli_metrics.features.phi`, taken at 128 px instead of 256, in the space of a Gaussian
    kernel (`stylecli_metrics.kernel_ridge`). Every picture, whatever it came from, is first
    brought to one view: its centred square at 160 px through JPEG of quality 75. Those of the
    training part go in twice, as they are and softened by way of 96 px; every class weighs alike;
    the penalty is chosen by cross-validation within the training part; a picture belongs to the
    class with the highest score. The kernel is there because a painter is not on one side of a
    plane: the linear classifier knew Monet less well, and less still after a decoder or JPEG. The
    accuracy is of held-out pictures that are not softened.

    Args:
        styles: Two styles or more by name, each of at least 10 pictures.
        photos: At least 10 photographs, which are a class of their own.
        photo_groups: One name for each photograph; those of one name (crops of one picture) go
            to the same side of the split. By default each is on its own.
        held_out: Share of each class that is kept for the measurement, within 0.1..0.9.
        seed: Of numpy's PCG64, which draws the split and the folds.

    Raises:
        EvaluationError: Fewer than two styles, one that is called ``photo``, too few pictures, or
            groups that do not match the photographs.
    """
    sets = {name: judge_features(pictures) for name, pictures in styles.items()}
    return train_judge_on(
        sets, judge_features(photos), photo_groups=photo_groups, held_out=held_out, seed=seed
    )


def judge_features(pictures: Pictures) -> Array:
    """What the judge sees of each picture: ``judge-v1``.

    Returns:
        (n, 2, 46): `phi` at 128 px of the common view, and of the same softened.

    Raises:
        EvaluationError: Not a picture.
    """
    views = [_common_view(picture) for picture in pictures]
    soft = [centre_crop(view, _SOFT_SIZE) for view in views]
    return np.stack([phi_many(views, _SIZE), phi_many(soft, _SIZE)], axis=1)


def train_judge_on(
    styles: Mapping[str, Array],
    photos: Array,
    *,
    photo_groups: Sequence[str] | None = None,
    held_out: float = 1 / 3,
    unseen_photos: NDArray[np.bool_] | None = None,
    seed: int = 0,
) -> Judge:
    """Train a judge on features (n, 2, 46) already taken; see `train_judge` and `judge_features`.

    Args:
        styles: Features of each style's pictures.
        photos: Those of the photographs.
        photo_groups: As for `train_judge`.
        held_out: As for `train_judge`.
        unseen_photos: Which photographs are kept for the measurement, (n,), instead of a share.
        seed: As for `train_judge`.

    Raises:
        EvaluationError: As `train_judge` does.
    """
    if len(styles) < 2:
        raise EvaluationError(f"a judge of painters needs at least 2 styles, not {len(styles)}")
    if PHOTO in styles:
        raise EvaluationError(f"a style cannot be called {PHOTO!r}: that class is for photographs")
    if not 0.1 <= held_out <= 0.9:
        raise EvaluationError(f"held_out is a share within 0.1..0.9, not {held_out}")
    sets = {**styles, PHOTO: photos}
    for name, features in sets.items():
        if len(features) < FEWEST:
            raise EvaluationError(
                f"{name}: {len(features)} pictures, at least {FEWEST} are needed for a judge"
            )
    groups: list[Hashable] = list(range(len(photos)) if photo_groups is None else photo_groups)
    if len(groups) != len(photos):
        raise EvaluationError(f"{len(groups)} photo groups for {len(photos)} photos")
    generator = np.random.Generator(np.random.PCG64(seed))
    rows, labels, row_groups, unseen_rows, unseen_labels = [], [], [], [], []
    for label, (name, features) in enumerate(sets.items()):
        of_class = groups if name == PHOTO else [*range(len(features))]
        if name == PHOTO and unseen_photos is not None:
            kept = unseen_photos
        else:
            kept = _held_out(of_class, held_out, generator)
        rows += [features[~kept, 0], features[~kept, 1]]
        labels += [label] * (2 * int(np.sum(~kept)))
        row_groups += [(label, of_class[index]) for index in np.flatnonzero(~kept)] * 2
        unseen_rows += [features[kept, 0]]
        unseen_labels += [label] * int(kept.sum())
    classifier = fit_kernel_ridge(
        np.concatenate(rows), np.array(labels, dtype=np.intp), row_groups, seed=seed
    )
    actual = np.array(unseen_labels, dtype=np.intp)
    predicted = np.argmax(classifier.scores(np.concatenate(unseen_rows)), axis=1)
    confusion = confusion_matrix(actual, predicted, len(sets))
    right = np.diagonal(confusion)
    return Judge(
        classes=tuple(sets),
        confusion=confusion,
        accuracy=float(right[:-1].mean()),
        photo_accuracy=float(right[-1]),
        held_out=tuple(int(count) for count in np.bincount(actual, minlength=len(sets))),
        classifier=classifier,
    )


def deception(
    judge: Judge, outputs: Pictures, target: str, *, untouched: Pictures | None = None
) -> Deception:
    """Ask a judge what it takes outputs for.

    Args:
        judge: Of `train_judge`.
        outputs: At least 1 picture.
        target: The style that the outputs imitate, one of the judge's.
        untouched: The photographs that the outputs were made from, best none of those the judge
            was trained on. By default its held-out photographs.

    Raises:
        EvaluationError: A target the judge does not know, or no pictures.
    """
    if target not in judge.classes[:-1]:
        known = ", ".join(judge.classes[:-1])
        raise EvaluationError(f"the judge does not know the style {target!r}, only {known}")
    require(outputs, 1, "outputs")
    if untouched is None:
        photo_share = float(judge.confusion[-1, judge.classes.index(target)])
    else:
        require(untouched, 1, "untouched")
        photo_share = judge.classify(untouched).count(target) / len(untouched)
    called = judge.classify(outputs)
    shares = {name: called.count(name) / len(called) for name in judge.classes}
    index = judge.classes.index(target)
    target_accuracy = float(judge.confusion[index, index])
    weak = min(judge.accuracy, target_accuracy) < (1 + 1 / len(judge.classes)) / 2
    return Deception(
        target=target,
        share=shares[target],
        shares=shares,
        photo_share=photo_share,
        accuracy=judge.accuracy,
        target_accuracy=target_accuracy,
        outputs=len(outputs),
        warnings=(
            *(("few-pictures",) if len(outputs) < 20 else ()),
            *(("weak-classifier",) if weak else ()),
        ),
    )


def _common_view(picture: Picture) -> Image.Image:
    """The centred square at one size with one compression's losses in detail and colour."""
    encoded = BytesIO()
    square = centre_crop(picture, _COMMON_SIZE)
    square.save(encoded, "JPEG", quality=_COMMON_QUALITY, subsampling="4:2:0")
    return Image.open(encoded).convert("RGB")


def _held_out(
    groups: Sequence[Hashable], share: float, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Which pictures are kept for the measurement: whole groups, at least one on either side."""
    names = list(dict.fromkeys(groups))
    if len(names) < 2:
        raise EvaluationError("photo groups: all photographs are of one group, none can be kept")
    count = min(max(round(len(names) * share), 1), len(names) - 1)
    kept = {names[index] for index in generator.permutation(len(names))[:count]}
    return np.array([group in kept for group in groups], dtype=bool)
