"""A ridge classifier in the space of a Gaussian kernel: least squares on the classes' indicators.

Kernel ridge regression (Saunders, Gammerman & Vovk 1998): the exact solution, found by one linear
system in the number of training rows, so meant for some thousands of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stylecli_metrics.pictures import Array

Labels = NDArray[np.intp]
# Inverse width of the kernel, for features of deviation 1: wide enough for neighbours to overlap.
_WIDTH = 0.2
_PENALTIES = (0.03, 0.1, 0.3, 1.0)
_FOLDS = 5
# Beyond this many deviations a feature says no more about the class: a single wild one, as a
# faulty output has, must not outvote the others.
_REACH = 4.0


@dataclass(frozen=True, eq=False)
class KernelRidge:
    """A fitted classifier.

    The score of class c for features z is 1 / classes + sum over training rows i of
    coefficients[i, c] * exp(-0.2 |z - rows[i]|² / d), all standardised.

    Attributes:
        mean: (d,) of the training features.
        deviation: (d,) of the training features; 1 for a constant one.
        rows: (n, d), the training features, standardised.
        coefficients: (n, classes).
        penalty: Of the squared norm of the solution.
    """

    mean: Array
    deviation: Array
    rows: Array
    coefficients: Array
    penalty: float

    def scores(self, features: Array) -> Array:
        """Scores (n, classes) of features (n, d), about 1 for the class and 0 for the others."""
        standard = _standardise(features, self.mean, self.deviation)
        classes = self.coefficients.shape[1]
        kernel = _kernel(standard, self.rows)
        scores: Array = kernel @ self.coefficients + 1 / classes
        return scores


def fit_kernel_ridge(
    features: Array, labels: Labels, groups: Sequence[Hashable], *, seed: int = 0
) -> KernelRidge:
    """Fit with the penalty that does best in five-fold cross-validation.

    Every class weighs alike, whatever its number of rows. "Best" is the mean over the classes of
    the share of left-out rows that are classified rightly.

    Args:
        features: (n, d), finite.
        labels: (n,) in 0..classes - 1; every class occurs.
        groups: (n,); rows of one group stay in one fold.
        seed: Of numpy's PCG64, which draws the folds.
    """
    classes = int(labels.max()) + 1
    folds = _folds(groups, seed)

    def left_out_accuracy(penalty: float) -> float:
        predicted = np.empty_like(labels)
        for fold in np.unique(folds):
            out = folds == fold
            fitted = _fit(features[~out], labels[~out], classes, penalty)
            predicted[out] = np.argmax(fitted.scores(features[out]), axis=1)
        return float(np.mean(np.diagonal(confusion_matrix(labels, predicted, classes))))

    return _fit(features, labels, classes, max(_PENALTIES, key=left_out_accuracy))


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> Array:
    """Shares (classes, classes): row = what a thing is, column = what it is called."""
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels, predicted), 1)
    shares: Array = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def _fit(features: Array, labels: Labels, classes: int, penalty: float) -> KernelRidge:
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    deviation = np.where(deviation > 1e-9, deviation, 1)
    rows = _standardise(features, mean, deviation)
    counts = np.bincount(labels, minlength=classes)
    weights = len(labels) / (np.count_nonzero(counts) * counts[labels])
    system = _kernel(rows, rows) + np.diag(penalty / weights)
    targets = np.eye(classes)[labels] - 1 / classes
    coefficients: Array = np.asarray(np.linalg.solve(system, targets), dtype=np.float64)
    return KernelRidge(mean, deviation, rows, coefficients, penalty)


def _standardise(features: Array, mean: Array, deviation: Array) -> Array:
    standard: Array = np.clip((features - mean) / deviation, -_REACH, _REACH)
    return standard


def _kernel(x: Array, y: Array) -> Array:
    squares = np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1) - 2 * (x @ y.T)
    kernel: Array = np.exp(-_WIDTH / x.shape[1] * np.maximum(squares, 0))
    return kernel


def _folds(groups: Sequence[Hashable], seed: int) -> Labels:
    """A fold for each row, the same for the rows of one group."""
    number = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    drawn = np.random.Generator(np.random.PCG64(seed)).permutation(len(number)) % _FOLDS
    return np.array([drawn[number[group]] for group in groups], dtype=np.intp)
