"""Fréchet distance and kernel discrepancies: closed forms, and the published formulas written out."""

import importlib

import numpy as np
import pytest
from by_hand import cmmd_by_hand, frechet_by_hand, kid_by_hand
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli_judges.frechet import frechet
from stylecli_judges.kernels import discrepancy, gaussian, polynomial


def sample(seed, count, dimensions, scale=1.0, shift=0.0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, dimensions)) * scale + shift


@pytest.mark.parametrize(
    ("n", "m", "d"), [(60, 40, 8), (8, 40, 20), (40, 7, 20), (5, 5, 64), (200, 2, 16)]
)
def test_the_frechet_distance_is_its_formula(n, m, d):
    x, y = sample(1, n, d), sample(2, m, d, np.linspace(0.5, 2, d), 0.3)
    # Roots of eigenvalues that are 0 but for rounding err by the root of the rounding.
    assert frechet(x, y) == pytest.approx(frechet_by_hand(x, y), rel=1e-6)
    assert frechet(x, y) == pytest.approx(frechet(y, x), rel=1e-9)


def test_the_frechet_distance_of_known_gaussians():
    x = sample(3, 40, 6)
    assert frechet(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet(x, x + 0.5) == pytest.approx(6 * 0.25, rel=1e-9)
    # Of commuting covariances: the squared distance of their deviations.
    white = np.linalg.qr(x - x.mean(axis=0))[0] * np.sqrt(39)
    first, second = np.array([1, 2, 3, 4, 5, 6]), np.array([2, 2, 1, 1, 0, 9])
    expected = np.sum((first - second) ** 2)
    assert frechet(white * first, white * second) == pytest.approx(expected, rel=1e-9)
    points = np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[3.0, 4.0], [3.0, 4.0]])
    assert frechet(*points) == pytest.approx(25)


def test_few_pictures_read_far_too_large():
    at = {count: frechet(sample(4, count, 256), sample(5, count, 256)) for count in (20, 200, 2000)}
    assert at[20] > 1.5 * at[200] > 4 * at[2000] > 0


def test_packages_say_the_same_distance():
    x, y = sample(6, 90, 12), sample(7, 60, 12, 1.5, 0.2)
    try:
        package = importlib.import_module("cleanfid.fid")
    except ImportError:
        pytest.skip("clean-fid is not installed, or not whole")
    moments = [each for rows in (x, y) for each in (rows.mean(axis=0), np.cov(rows, rowvar=False))]
    assert frechet(x, y) == pytest.approx(package.frechet_distance(*moments), rel=1e-5)
    own = discrepancy(x[:60], y, polynomial, unbiased=True).rows().mean()
    assert own == pytest.approx(package.kernel_distance(y, x[:60], num_subsets=2), rel=1e-5)


KINDS = {
    "kid": (polynomial, True, 1, kid_by_hand),
    "cmmd": (gaussian, False, 1000, cmmd_by_hand),
}


@pytest.mark.parametrize("kind", KINDS)
def test_discrepancies_are_their_formulas(kind):
    kernel, unbiased, scale, by_hand = KINDS[kind]
    x, y = sample(8, 9, 5), sample(9, 6, 5, 1.3, 0.4)
    found = discrepancy(x, y, kernel, unbiased, scale)
    assert found.rows().mean() == pytest.approx(by_hand(x, y), rel=1e-9)
    subsets = np.array([[True] * 4 + [False] * 5, [False] * 6 + [True] * 3, [True] * 9])
    expected = [by_hand(x[each], y) for each in subsets]
    assert found.of_subsets(subsets) == pytest.approx(expected, rel=1e-9)


def test_point_masses():
    zeros, threes = np.zeros((4, 2)), np.full((3, 2), 3.0)
    # (0 + 1)³, (9 + 1)³ and (0 + 1)³ across.
    assert discrepancy(zeros, threes, polynomial, True).rows() == pytest.approx([999] * 4)
    expected = 2000 * (1 - np.exp(-18 / 200))
    assert discrepancy(zeros, threes, gaussian, False, 1000).rows() == pytest.approx([expected] * 4)


def test_kid_is_unbiased_and_cmmd_is_not():
    pairs = [(sample(10 + seed, 6, 4), sample(500 + seed, 6, 4)) for seed in range(300)]
    kid = [discrepancy(x, y, polynomial, True).rows().mean() for x, y in pairs]
    cmmd = [discrepancy(x, y, gaussian, False, 1000).rows().mean() for x, y in pairs]
    assert abs(np.mean(kid)) < 3 * np.std(kid) / np.sqrt(300)
    assert min(kid) < 0 < min(cmmd)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(7)), st.permutations(range(5)))
def test_the_order_of_pictures_does_not_matter(seed, first, second):
    x, y = sample(seed, 7, 4), sample(seed + 1, 5, 4, 2.0)
    turned = x[list(first)], y[list(second)]
    assert frechet(*turned) == pytest.approx(frechet(x, y), rel=1e-9)
    for kernel, unbiased, scale, _ in KINDS.values():
        rows = discrepancy(x, y, kernel, unbiased, scale).rows()
        other = discrepancy(*turned, kernel, unbiased, scale).rows()
        assert other == pytest.approx(rows[list(first)], rel=1e-9)
