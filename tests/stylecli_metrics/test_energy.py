import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli_metrics.energy import (
    energies_of_subsets,
    energy_by_row,
    energy_distance,
    energy_of_halves,
    permutation_p_value,
)
from stylecli_metrics.pictures import EvaluationError


def normal(seed, count, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (count, 5))


def test_of_two_point_masses_is_twice_their_distance():
    x, y = np.zeros((3, 2)), np.tile([3.0, 4.0], (5, 1))
    assert energy_distance(x, y) == pytest.approx(10)


def test_by_hand():
    # Across: 1, 3, 1, 1 (mean 1.5); within: 2 and 2.
    x, y = np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]])
    assert energy_distance(x, y) == pytest.approx(2 * 1.5 - 2 - 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 12), st.integers(2, 12), st.floats(-50, 50))
def test_symmetric_and_blind_to_order_and_origin(seed, n, m, shift):
    x, y = normal([seed, 0], n), normal([seed, 1], m, 0.5)
    expected = energy_distance(x, y)
    assert energy_distance(y, x) == pytest.approx(expected, abs=1e-9)
    assert energy_distance(x[::-1], np.roll(y, 1, axis=0)) == pytest.approx(expected, abs=1e-9)
    assert energy_distance(x + shift, y + shift) == pytest.approx(expected, abs=1e-9)


def test_unbiased_at_small_samples():
    values = [energy_distance(normal([seed, 0], 4), normal([seed, 1], 4)) for seed in range(400)]
    standard_error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 3.5 * standard_error
    # The plug-in estimate, with the zeros on the diagonal, would read 1.4 here.
    assert standard_error < 0.05


def test_halves_of_one_sample_are_near_nothing_and_blind_to_order():
    x = normal(3, 41)
    halves = energy_of_halves(x)
    assert abs(halves) < 0.1 * energy_distance(x, x + 1)
    assert energy_of_halves(x[::-1]) == pytest.approx(halves, abs=1e-9)
    assert energy_of_halves(x, seed=1) != halves


def test_permutations_tell_different_samples_and_only_those():
    assert permutation_p_value(normal(0, 15), normal(1, 15, 1.0)) == 1 / 1000
    alike = [
        permutation_p_value(normal([s, 0], 8), normal([s, 1], 9), permutations=99)
        for s in range(60)
    ]
    assert 0.3 < np.mean(alike) < 0.7
    assert np.mean(np.array(alike) <= 0.05) < 0.15


def test_permutations_count_ties():
    assert permutation_p_value(np.zeros((4, 2)), np.zeros((5, 2))) == 1


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros((1, 2)), np.zeros((3, 2))),
        (np.zeros((3, 2)), np.zeros((3, 1))),
        (np.zeros((3, 2)), np.full((3, 2), np.inf)),
        (np.zeros(3), np.zeros(3)),
    ],
)
def test_unfit_samples_are_refused(x, y):
    with pytest.raises(EvaluationError):
        energy_distance(x, y)


def test_three_rows_have_no_halves():
    with pytest.raises(EvaluationError, match="4 rows"):
        energy_of_halves(np.zeros((3, 2)))


def test_subsets_are_measured_as_if_each_were_given_alone():
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=(12, 4)), generator.normal(1, 1, size=(9, 4))
    subsets = generator.permuted(np.tile(np.arange(12) < 6, (20, 1)), axis=1)
    expected = [energy_distance(x[subset], y) for subset in subsets]
    np.testing.assert_allclose(energies_of_subsets(x, y, subsets), expected, atol=1e-12)


def test_rows_contribute_what_adds_up_to_the_distance():
    generator = np.random.default_rng(4)
    x, y = generator.normal(size=(7, 3)), generator.normal(2, 1, size=(5, 3))
    assert energy_by_row(x, y).mean() == pytest.approx(energy_distance(x, y))
