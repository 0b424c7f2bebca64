import numpy as np
import pytest

from stylecli.evaluation.rating.correlations import Point, correlation, ranks


def points(ratings, values, photos=None, targets=None):
    count = len(ratings)
    photos = photos or [f"p{at}" for at in range(count)]
    targets = targets or ["monet"] * count
    return [
        Point("e", target, photo, rating, value, 1)
        for rating, value, photo, target in zip(ratings, values, photos, targets, strict=True)
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
    targets = ["a"] * 3 + ["b"] * 3
    found = correlation("score", "m", "pictures", points(ratings, values, targets=targets))
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


def test_intervals_of_unrelated_values_hold_zero():
    held = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        found = correlation("score", "m", "pictures", points(rng.random(30), rng.random(30)))
        held.append(not found.beyond_noise)
    assert 0.88 <= np.mean(held) <= 0.99
