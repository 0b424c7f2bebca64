"""The metrics of style made ready for a setting."""

from __future__ import annotations

import numpy as np

import stylecli
from stylecli_metrics.distributions import Grid, sliced_w1
from stylecli_metrics.energy import energies_of_subsets, energy_by_row, energy_distance
from stylecli_metrics.pictures import Array
from stylecli_metrics.samples import content_of, plain, rows_of, undefined
from stylecli_metrics.style_closure import FEWEST, closure_of_features


class ClosureMeter:
    """Style closure."""

    def __init__(self, setting: stylecli.Setting, feature: str) -> None:
        self._setting = setting
        self._feature = feature

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure style closure; a picture's own value is its share in the energy distance."""
        content, used = content_of(self._setting, sample, self._feature)
        outputs, reference = (
            rows_of(sample.outputs, self._feature),
            rows_of(self._setting.references[sample.target], self._feature),
        )
        fewest = min(len(outputs), len(content), len(reference))
        if fewest < FEWEST:
            return undefined(
                "too-few-pictures",
                f"style closure needs {FEWEST} outputs, content and reference pictures, not {fewest}",
            )
        found = closure_of_features(outputs, content, reference, seed=self._setting.seed)
        details = {
            "to_reference": found.to_reference,
            "from_content": found.from_content,
            "floor": found.floor,
            "p_value": found.p_value,
        }
        if found.value is None:
            message = "the photos cannot be told from the reference (permutation test): style closure is undefined"
            not_separable = stylecli.Caution("not-separable", message)
            return stylecli.Measurement(None, details=details, cautions=(not_separable,))
        span = found.from_content - found.floor
        own = 1 - (energy_by_row(outputs, reference) - found.floor) / span
        replicates: Array = np.empty(0)
        if len(sample.subsets):
            towards = energies_of_subsets(outputs, reference, sample.subsets)
            away = energies_of_subsets(content, reference, sample.subsets @ used)
            # Half of the photos may lie among the reference by chance.
            spans = np.maximum(away - found.floor, 0.05 * span)
            replicates = 1 - (towards - found.floor) / spans
        return stylecli.Measurement(found.value, plain(own), plain(replicates), details)


class EnergyRatioMeter:
    """Energy distance to the reference over that of the baseline."""

    def __init__(self, setting: stylecli.Setting, feature: str) -> None:
        self._setting = setting
        self._feature = feature

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure the ratio; the interval is that of the outputs, the baseline held fixed."""
        reference = rows_of(self._setting.references[sample.target], self._feature)
        outputs = rows_of(sample.outputs, self._feature)
        if self._setting.baseline is None:
            return undefined("no-baseline", "the energy ratio needs a baseline")
        baseline = rows_of(self._setting.baseline, self._feature)
        fewest = min(len(outputs), len(baseline), len(reference))
        if fewest < 2:
            return undefined("too-few-pictures", "the energy ratio needs 2 pictures of each kind")
        of_base = energy_distance(baseline, reference)
        if of_base <= 0:
            message = (
                "the baseline is as near to the reference as chance allows: the ratio is undefined"
            )
            return undefined("not-separable", message)
        rows = energy_by_row(outputs, reference) / of_base
        replicates: Array = np.empty(0)
        if len(sample.subsets):
            replicates = energies_of_subsets(outputs, reference, sample.subsets) / of_base
        value = energy_distance(outputs, reference) / of_base
        details = {"of_baseline": of_base}
        return stylecli.Measurement(value, plain(rows), plain(replicates), details)


class DistributionMeter:
    """The sliced Wasserstein distance of the outputs' and the reference's distributions."""

    def __init__(self, setting: stylecli.Setting, feature: str, grid: Grid) -> None:
        self._setting = setting
        self._feature = feature
        self._grid = grid

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure the distance, and beside it that of the untouched photos."""
        reference = rows_of(self._setting.references[sample.target], self._feature).mean(axis=0)
        outputs = rows_of(sample.outputs, self._feature)
        own = sliced_w1(outputs, reference, self._grid)
        members = sample.subsets.astype(np.float64)
        replicates = [
            float(sliced_w1(np.tensordot(row / row.sum(), outputs, 1), reference, self._grid))
            for row in members
        ]
        details = {}
        if self._setting.content is not None:
            content, _ = content_of(self._setting, sample, self._feature)
            details["content"] = float(sliced_w1(content.mean(axis=0), reference, self._grid))
        value = float(sliced_w1(outputs.mean(axis=0), reference, self._grid))
        return stylecli.Measurement(value, plain(own), tuple(replicates), details)
