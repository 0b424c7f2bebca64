import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stylecli_metrics.distributions import cumulative, directions, even_grid, fine_grid, sliced_w1

EVEN = even_grid(10.0, 50)
FINE = fine_grid(10.0, 64)
SAMPLES = arrays.arrays(np.float64, (1, 30), elements=st.floats(-4, 4))


@pytest.mark.parametrize("grid", [EVEN, FINE], ids=["even", "fine"])
@pytest.mark.parametrize("shift", [0.0, 0.37, -1.5, 3.0])
def test_a_shift_is_as_far_as_it_is_long(grid, shift):
    values = np.random.default_rng(0).normal(0, 1, (1, 500)).clip(-4, 4)
    distance = sliced_w1(cumulative(values + shift, grid), cumulative(values, grid), grid)
    assert distance == pytest.approx(abs(shift), abs=1e-9)


@pytest.mark.parametrize("grid", [EVEN, FINE], ids=["even", "fine"])
@given(point=st.floats(-10, 10), other=st.floats(-10, 10))
def test_two_points_are_their_distance_apart(grid, point, other):
    functions = [cumulative(np.array([[value]]), grid) for value in (point, other)]
    assert sliced_w1(*functions, grid) == pytest.approx(abs(point - other), abs=1e-9)


@given(first=SAMPLES, second=SAMPLES)
def test_the_mean_of_functions_is_that_of_the_union(first, second):
    union = cumulative(np.concatenate([first, second], axis=1), EVEN)
    mean = (cumulative(first, EVEN) + cumulative(second, EVEN)) / 2
    np.testing.assert_allclose(union, mean, atol=1e-12)


@given(values=SAMPLES)
def test_a_function_rises_from_nothing_to_all(values):
    shares = cumulative(values, FINE)[0]
    assert shares[0] >= 0
    assert np.all(np.diff(shares) >= -1e-12)
    assert shares[-1] == pytest.approx(1)


def test_what_lies_beyond_the_grid_counts_at_its_end():
    assert sliced_w1(
        cumulative(np.array([[99.0]]), EVEN), cumulative(np.array([[-99.0]]), EVEN), EVEN
    ) == pytest.approx(20)


def test_directions_are_fixed_and_of_length_one():
    drawn = directions(7, 3, seed=0)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1)
    np.testing.assert_array_equal(drawn, directions(7, 3, seed=0))
    # numpy's PCG64 gives these on every machine.
    assert drawn[0].tolist() == pytest.approx([0.18881712, -0.19839033, 0.96176368], abs=1e-6)
