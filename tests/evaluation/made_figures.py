"""Figures of one metric, made of values a picture, for tests of what compares them."""

import numpy as np

from stylecli.evaluation.figures import Figure, MetricInfo, Stamp
from stylecli.evaluation.halves import half_sample_interval, half_samples
from stylecli.evaluation.result import SCHEMA, Entry, Evaluation, PictureRow

KEYS = [f"{number:02d}" for number in range(20)]
INFO = MetricInfo("m", "M", "", "v", "more", None, True)


def figure(values, content="photos", variant="v"):
    halves = half_samples(KEYS, seed=0)
    replicates = tuple(float(each) for each in halves @ values / halves.sum(axis=1))
    value = float(np.mean(values))
    interval = half_sample_interval(value, replicates, len(values))
    stamp = Stamp("m", variant, "", "reference", content, "PNG", len(values))
    return Figure(value, interval, stamp, {}, replicates)


def entry(name, found, target="t", method=""):
    rows = tuple(PictureRow(f"{key}.png", key, f"{key}.jpg", {}) for key in KEYS)
    return Entry(name, target, "", method, "", {}, None, None, {"m": found}, rows)


def evaluation(*entries):
    return Evaluation(SCHEMA, "", "", {}, "standard", 0, None, None, (), (INFO,), tuple(entries))
