"""The distances made ready for a setting."""

from __future__ import annotations

import numpy as np

import stylecli
from stylecli_judges.frechet import Array, frechet
from stylecli_judges.kernels import Kernel, discrepancy, polynomial
from stylecli_judges.rows import Mask, plain, rows_of, too_few

FEWEST = 2


class FrechetMeter:
    """A Fréchet distance, with the kernel distance of the same features beside it.

    Args:
        setting: What is measured against.
        feature: Of the pictures, (d,).
        repeated: Whether a reference counts as often as outputs were painted after it, where names
            tell: StyleID's protocol has 800 outputs and 40 paintings, 20 times each.
    """

    def __init__(self, setting: stylecli.Setting, feature: str, repeated: bool = False) -> None:
        self._setting = setting
        self._feature = feature
        self._repeated = repeated

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure the distance of all, and of the subsets, to as many references as there are."""
        outputs, reference = self._rows(sample)
        fewest = min(len(outputs), len(reference))
        if fewest < FEWEST:
            return too_few(FEWEST, fewest)
        whole = np.ones(len(outputs), dtype=bool)
        value = self._distance(sample, outputs, reference, whole)
        halves = [self._distance(sample, outputs, reference, each) for each in sample.subsets]
        kernel = discrepancy(outputs, reference, polynomial, unbiased=True)
        details = {"kid": float(kernel.rows().mean()), "references": len(reference)}
        cautions: tuple[stylecli.Caution, ...] = ()
        if fewest <= outputs.shape[1]:
            message = (
                f"{len(outputs)} outputs and {len(reference)} reference pictures are fewer than the "
                f"{outputs.shape[1]} dimensions of a Fréchet distance: it reads far too large, and only "
                "figures of equal N compare; KID does not depend on N"
            )
            cautions = (stylecli.Caution("fid-rank-deficient", message),)
        return stylecli.Measurement(value, (), tuple(halves), details, cautions=cautions)

    def _rows(self, sample: stylecli.Sample) -> tuple[Array, Array]:
        reference = rows_of(self._setting.references[sample.target], self._feature)
        return rows_of(sample.outputs, self._feature), reference

    def _distance(
        self, sample: stylecli.Sample, outputs: Array, reference: Array, members: Mask
    ) -> float:
        if self._repeated and sample.styles:
            reference = reference[np.array(sample.styles)[members]]
        return frechet(outputs[members], reference)


class ArtFidMeter:
    """(1 + LPIPS)(1 + FID)."""

    def __init__(self, setting: stylecli.Setting, feature: str, pair: str) -> None:
        self._frechet = FrechetMeter(setting, feature, repeated=True)
        self._pair = pair

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure both, and multiply."""
        found = self._frechet(sample)
        if found.value is None:
            return found
        apart = sample.pairs[self._pair].astype(np.float64)
        lpips = float(apart.mean())
        halves: tuple[float, ...] = ()
        if len(sample.subsets):
            means = stylecli.subset_means(plain(apart), sample.subsets)
            halves = tuple(
                (1 + content) * (1 + style)
                for content, style in zip(means, found.replicates, strict=True)
            )
        details = {"fid_art": found.value, "lpips": lpips, **found.details}
        value = (1 + lpips) * (1 + found.value)
        return stylecli.Measurement(value, (), halves, details, cautions=found.cautions)


class KernelMeter:
    """A maximum mean discrepancy; a picture's own value is its share in it."""

    def __init__(
        self,
        setting: stylecli.Setting,
        feature: str,
        kernel: Kernel,
        unbiased: bool,
        scale: float = 1,
    ) -> None:
        self._setting = setting
        self._feature = feature
        self._kernel = kernel
        self._unbiased = unbiased
        self._scale = scale

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure the discrepancy."""
        outputs = rows_of(sample.outputs, self._feature)
        reference = rows_of(self._setting.references[sample.target], self._feature)
        fewest = min(len(outputs), len(reference))
        if fewest < FEWEST:
            return too_few(FEWEST, fewest)
        found = discrepancy(outputs, reference, self._kernel, self._unbiased, self._scale)
        rows = found.rows()
        halves = plain(found.of_subsets(sample.subsets)) if len(sample.subsets) else ()
        details = {"references": len(reference)}
        return stylecli.Measurement(float(rows.mean()), plain(rows), halves, details)
