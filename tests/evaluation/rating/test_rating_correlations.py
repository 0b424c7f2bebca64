import numpy as np
import pytest

from stylecli.evaluation.rating.correlations import Point, correlation, ranks


def points(ratings, values, photos=None, scales=None):
    count = len(ratings)
    photos = photos or [f"p{at}" for at in range(count)]
    scales = scales or ["monet"] * count
    return [
        Point(scale, photo, rating, value)
        for rating, value, photo, scale in zip(ratings, values, photos, scales, strict=True)
    ]


def test_equal_values_share_the_mean_of_their_ranks():
    assert list(ranks(np.array([3.0, 1.0, 3.0, 2.0, 3.0]))) == [4, 1, 4, 2, 4]


def test_what_only_rises_has_a_rank_correlation_of_one():
    values = np.linspace(0, 3, 20)
    found = correlation("score", "m", "pictures", points(np.exp(values), values))
    assert found.spearman == pytest.approx(1)
    assert 0.8 < found.pearson < 1
    assert found.beyond_noise
    fallen = correlation("score", "m", "pictures", points(np.exp(-values), values))
    assert fallen.spearman == pytest.approx(-1)


def test_a_known_rank_correlation():
    # Without ties 1 - 6 Σd² / (n (n² - 1)): here Σd² = 194 of n = 10.
    iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    found = correlation("score", "m", "pictures", points(iq, hours))
    assert found.spearman == pytest.approx(1 - 6 * 194 / 990)
    assert not found.beyond_noise


def test_styles_are_not_mixed_up_with_what_is_within_them():
    # Within each style more of the one is less of the other; one style has more of both.
    ratings, values = [1, 2, 3, 11, 12, 13], [3, 2, 1, 13, 12, 11]
    scales = ["a"] * 3 + ["b"] * 3
    found = correlation("score", "m", "pictures", points(ratings, values, scales=scales))
    assert found.pearson == pytest.approx(-1)


def test_too_few_or_all_alike_is_undefined():
    assert correlation("score", "m", "entries", points([1, 2], [1, 2])).spearman is None
    assert correlation("score", "m", "entries", points([1, 1, 1], [1, 2, 3])).pearson is None
    assert (
        correlation("score", "m", "entries", points([1, 2, 3], [1, 2, 4])).spearman_interval is None
    )


def test_pictures_of_one_photo_are_not_independent():
    rng = np.random.default_rng(0)
    photo = rng.normal(size=12)
    ratings = np.repeat(photo, 6) + rng.normal(0, 0.1, 72)
    values = np.repeat(photo + rng.normal(0, 1, 12), 6)
    by_photo = [f"p{at // 6}" for at in range(72)]
    together = correlation("score", "m", "pictures", points(ratings, values, by_photo))
    apart = correlation("score", "m", "pictures", points(ratings, values))
    wide, narrow = (
        found.spearman_interval.high - found.spearman_interval.low for found in (together, apart)
    )
    assert wide > 1.5 * narrow


@pytest.mark.parametrize(("count", "related"), [(8, 0.0), (10, 0.5), (20, 0.9), (30, 0.0)])
def test_intervals_hold_the_truth_as_often_as_they_say(count, related):
    ranked, plain = [], []
    # Of ranks of normal values.
    truth = 6 / np.pi * np.arcsin(related / 2)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        first = rng.normal(size=count)
        second = related * first + np.sqrt(1 - related**2) * rng.normal(size=count)
        found = correlation("score", "m", "pictures", points(first, second))
        ranked.append(found.spearman_interval.low <= truth <= found.spearman_interval.high)
        plain.append(found.pearson_interval.low <= related <= found.pearson_interval.high)
    assert 0.93 <= np.mean(ranked) <= 0.995
    assert 0.93 <= np.mean(plain) <= 0.995


@pytest.mark.parametrize("sign", [1, -1])
def test_what_agrees_wholly_is_no_certainty(sign):
    values = np.arange(8.0)
    found = correlation("score", "m", "pictures", points(sign * values, values))
    for interval in (found.spearman_interval, found.pearson_interval):
        ends = sorted((abs(interval.low), abs(interval.high)))
        assert 0.5 < ends[0] < 0.95
        assert ends[1] == 1
    assert found.beyond_noise


def test_an_interval_says_what_was_drawn_anew():
    rng = np.random.default_rng(0)
    given = points(rng.random(9), rng.random(9))
    for over, drawn in (("entries", "entries"), ("pictures", "photos")):
        found = correlation("score", "m", over, given)
        assert found.spearman_interval.how == found.pearson_interval.how == drawn


@pytest.mark.parametrize("unit", [1e-10, 1.0, 2345.678, 98765.4321, 123456789.123])
def test_the_unit_of_a_figure_makes_no_difference(unit):
    rng = np.random.default_rng(0)
    ratings, values = rng.normal(size=(2, 30))
    found = correlation("score", "m", "pictures", points(ratings, unit * values))
    plain = correlation("score", "m", "pictures", points(ratings, values))
    assert found.spearman == pytest.approx(plain.spearman)
    assert found.pearson == pytest.approx(plain.pearson)
    assert found.spearman_interval.low == pytest.approx(plain.spearman_interval.low)
    # Alike within each scale says nothing.
    scales = ["a", "b", "c"] * 100
    alike = [unit * "abc".index(scale) for scale in scales]
    flat = correlation("score", "m", "pictures", points(rng.normal(size=300), alike, scales=scales))
    assert (flat.spearman, flat.pearson) == (None, None)
