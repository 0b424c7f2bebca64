"""The metrics of content made ready for a setting."""

from __future__ import annotations

import numpy as np

import stylecli
from stylecli_metrics.content_retention import drawing_similarities
from stylecli_metrics.copies import COPY_THRESHOLD, nearest_references
from stylecli_metrics.pictures import Array
from stylecli_metrics.samples import Mask, content_of, plain, rows_of, undefined


class RetentionMeter:
    """Content retention."""

    def __init__(self, setting: stylecli.Setting, feature: str) -> None:
        self._setting = setting
        self._feature = feature

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Measure content retention; see `stylecli_metrics.content_retention`."""
        content, used = content_of(self._setting, sample, self._feature)
        if len(content) < 2:
            message = (
                "content retention needs 2 different photos: how alike are unrelated pictures?"
            )
            return undefined("too-few-pictures", message)
        similarity = drawing_similarities(rows_of(sample.outputs, self._feature), content)
        own = np.sum(similarity * used, axis=1)
        whole = np.ones((1, len(own)), dtype=bool)
        other = float(_of_others(similarity, used, whole)[0])
        if other > 1 - 1e-6:
            return undefined("content-alike", "the photos are all alike: nothing to compare with")
        rows = (own - other) / (1 - other)
        replicates: Array = np.empty(0)
        if len(sample.subsets):
            baseline = _of_others(similarity, used, sample.subsets)
            means = np.array(stylecli.subset_means(plain(own), sample.subsets))
            replicates = (means - baseline) / (1 - baseline)
        details = {"own": float(own.mean()), "other": other}
        return stylecli.Measurement(float(rows.mean()), plain(rows), plain(replicates), details)


class PairMeter:
    """A mean over pairs of output and photo."""

    def __init__(self, pair: str) -> None:
        self._pair = pair

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Give the mean."""
        values = sample.pairs[self._pair].astype(np.float64)
        return stylecli.Measurement(float(values.mean()), plain(values))


class CopyMeter:
    """Outputs that are nearer to one reference picture than chance and their own photo allow."""

    def __init__(self, setting: stylecli.Setting, feature: str) -> None:
        self._setting = setting
        self._feature = feature

    def __call__(self, sample: stylecli.Sample) -> stylecli.Measurement:
        """Find the copies."""
        outputs = rows_of(sample.outputs, self._feature)
        reference = self._setting.references[sample.target]
        own = np.full(len(outputs), -1.0)
        if self._setting.content is not None:
            content, used = content_of(self._setting, sample, self._feature)
            own = np.sum(drawing_similarities(outputs, content) * used, axis=1)
        nearest = nearest_references(outputs, rows_of(reference, self._feature))
        copies = [
            each
            for each in nearest
            if each.similarity > max(COPY_THRESHOLD, float(own[each.output]))
        ]
        hits = np.zeros(len(outputs))
        hits[[each.output for each in copies]] = 1.0
        details = {
            "nearest": max(each.similarity for each in nearest),
            "copies": [
                [sample.outputs.names[each.output], reference.names[each.reference]]
                for each in copies
            ],
        }
        places = tuple(each.output for each in copies)
        cautions: tuple[stylecli.Caution, ...] = ()
        if copies:
            message = f"{len(copies)} of {len(outputs)} outputs show a reference picture: the style was learnt by heart"
            cautions = (stylecli.Caution("copies-reference", message),)
        return stylecli.Measurement(
            float(hits.mean()),
            plain(hits),
            details=details,
            flags={"copies-reference": places} if places else {},
            cautions=cautions,
        )


def _of_others(similarity: Array, used: Mask, subsets: Mask) -> Array:
    """The mean similarity (k,) of outputs to the photos of others, within each subset (k, n)."""
    outputs = subsets.astype(np.float64)
    content = (subsets @ used).astype(np.float64)
    whole = np.sum((outputs @ similarity) * content, axis=1)
    own = outputs @ np.sum(similarity * used, axis=1)
    size = outputs.sum(axis=1)
    mean: Array = (whole - own) / (size * (content.sum(axis=1) - 1))
    return mean
