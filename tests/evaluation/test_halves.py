import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylecli.evaluation.halves import (
    half_sample_interval,
    half_samples,
    student_factor,
    wilson_interval,
)
from stylecli_metrics.energy import energies_of_subsets, energy_distance


def keys(count):
    return [f"{number:04d}" for number in range(count)]


@given(count=st.integers(8, 40), seed=st.integers(0, 99))
def test_halves_have_half_of_the_pictures_and_no_order(count, seed):
    names = keys(count)
    halves = half_samples(names, seed, draws=20)
    assert halves.shape == (20, count)
    assert set(halves.sum(axis=1)) == {count // 2}
    order = np.random.default_rng(seed).permutation(count)
    shuffled = half_samples([names[place] for place in order], seed, draws=20)
    np.testing.assert_array_equal(shuffled, halves[:, order])


def test_outputs_of_one_photo_stay_together_and_few_photos_have_no_halves():
    halves = half_samples(keys(10) * 3, seed=0)
    np.testing.assert_array_equal(halves[:, :10], halves[:, 20:])
    assert half_samples(keys(7) * 9, seed=0).shape == (0, 63)
    assert half_sample_interval(0.5, (), 7) is None


def mean_interval(values, seed):
    halves = half_samples(keys(len(values)), seed)
    return half_sample_interval(
        float(values.mean()), (halves @ values / halves.sum(axis=1)).tolist(), len(values)
    )


@pytest.mark.parametrize("count", [9, 12, 40])
def test_intervals_of_means_cover_what_they_say(count):
    """Nominally 95 %: 200 simulations of skewed values."""
    hits = 0
    for seed in range(200):
        values = np.random.default_rng(seed).gamma(4.0, size=count)
        interval = mean_interval(values, seed)
        hits += interval.low <= 4.0 <= interval.high
    assert 0.90 <= hits / 200 <= 0.98


def test_intervals_of_energy_distances_cover_what_they_say():
    """The style's pictures are fixed, the outputs a sample; the truth from a very large one."""
    reference = np.random.default_rng(0).normal(size=(60, 6))
    many = np.random.default_rng(1).normal(0.8, 1, size=(4000, 6))
    truth = energy_distance(many, reference)
    hits = 0
    for seed in range(200):
        outputs = np.random.default_rng([2, seed]).normal(0.8, 1, size=(20, 6))
        halves = half_samples(keys(20), seed)
        interval = half_sample_interval(
            energy_distance(outputs, reference),
            energies_of_subsets(outputs, reference, halves).tolist(),
            20,
        )
        hits += interval.low <= truth <= interval.high
    assert 0.90 <= hits / 200 <= 0.98


@pytest.mark.parametrize(
    ("degrees", "quantile"), [(2, 4.303), (5, 2.571), (11, 2.201), (30, 2.042)]
)
def test_the_factor_is_students(degrees, quantile):
    assert student_factor(degrees) * 1.959964 == pytest.approx(quantile, rel=0.06)


def test_wilsons_interval_by_its_known_values():
    # Wilson 1927 as tabled for 0 of 10 and 5 of 10.
    assert wilson_interval(0.0, 10).high == pytest.approx(0.2775, abs=1e-4)
    half = wilson_interval(0.5, 10)
    assert (half.low, half.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson_interval(1.0, 10).high == pytest.approx(1)
    assert wilson_interval(0.5, 0) is None


@given(share=st.floats(0, 1), count=st.integers(1, 1000))
def test_wilsons_interval_lies_about_the_share_within_0_and_1(share, count):
    interval = wilson_interval(share, count)
    assert 0 <= interval.low <= share + 1e-12
    assert share - 1e-12 <= interval.high <= 1
    assert not math.isnan(interval.low + interval.high)
