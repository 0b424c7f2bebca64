import math
import random
from dataclasses import replace

import numpy as np
import pytest
from made_opinions import choice, tastes

from stylecli.evaluation.rating.choices import preferences
from stylecli.evaluation.rating.strengths import bradley_terry, covariance, fixed_by, groups_of


def pairs(count):
    return ~np.eye(count, dtype=bool)


def fitted(wins):
    wins = np.array(wins, dtype=float)
    return bradley_terry(wins, wins + wins.T > 0)


def test_thirty_to_ten_is_a_difference_of_ln_3():
    first, second = fitted([[0, 30], [10, 0]])
    assert first - second == pytest.approx(math.log(3), abs=1e-12)
    assert first + second == pytest.approx(0, abs=1e-12)


def test_expected_wins_are_the_wins_that_were():
    # What makes strengths the most likely ones: each entry's wins are those that they foretell.
    wins = np.random.default_rng(0).integers(1, 30, (6, 6)) * pairs(6).astype(float)
    strengths = fitted(wins)
    games = wins + wins.T
    foretold = games / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    assert (foretold * pairs(6)).sum(axis=1) == pytest.approx(wins.sum(axis=1))


def test_far_strengths_are_found_too():
    wins = [[0, 2000, 0], [1, 0, 2000], [0, 1, 0]]
    first, second, third = fitted(wins)
    assert first - second == pytest.approx(math.log(2000))
    assert second - third == pytest.approx(math.log(2000))


def test_a_tie_is_half_a_win_for_each():
    ties = [choice("a", "x", "y", 0.5, photo) for photo in range(20)]
    (group,) = preferences([*ties, *[choice("a", "x", "y", 1.0, photo) for photo in range(20)]])
    # 30 to 10 again.
    assert group.entries[0].strength - group.entries[1].strength == pytest.approx(math.log(3))
    tally = group.entries[0].tally
    assert (tally.wins, tally.ties, tally.losses, tally.share) == (20, 20, 0, 0.75)


def test_only_ties_are_all_equal():
    (group,) = preferences([choice("a", x, y, 0.5) for x, y in (("a", "b"), ("b", "c"))])
    assert [row.strength for row in group.entries] == pytest.approx([0, 0, 0])
    assert [row.chance for row in group.entries] == pytest.approx([0.5] * 3)
    assert not group.weak


def test_who_won_all_gets_half_a_loss_and_it_is_said():
    wins = np.array([[0.0, 20.0], [0.0, 0.0]])
    assert not fixed_by(wins)
    first, second = fitted(wins)
    assert first - second == pytest.approx(math.log(20.5 / 0.5))
    (group,) = preferences([choice("a", "x", "y", 1.0, photo) for photo in range(20)])
    assert group.weak
    assert group.entries[0].chance < 1


def test_a_chain_of_wins_fixes_strengths_only_when_it_closes():
    chain = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=float)
    closed = chain + np.array([[0, 0, 0], [0, 0, 0], [1, 0, 0]])
    assert not fixed_by(chain)
    assert fixed_by(closed)
    assert list(fixed_by(np.stack([chain, closed]))) == [False, True]


def test_entries_that_no_choice_joins_are_not_compared():
    met = np.zeros((5, 5), dtype=bool)
    met[0, 3] = met[3, 0] = met[1, 4] = met[4, 1] = True
    assert groups_of(met) == [[0, 3], [1, 4], [2]]
    groups = preferences([choice("a", "x", "y", 1.0), choice("a", "u", "v", 0.0)])
    assert [[row.entry for row in group.entries] for group in groups] == [["v", "u"], ["x", "y"]]


def test_several_tables_at_once_are_fitted_like_one_by_one():
    wins = np.random.default_rng(1).integers(0, 4, (30, 4, 4)) * pairs(4).astype(float)
    together = bradley_terry(wins, pairs(4))
    for at in range(30):
        assert together[at] == pytest.approx(bradley_terry(wins[at], pairs(4)), abs=1e-8)


def test_order_names_of_raters_and_sides_do_not_matter():
    found = tastes([0.8, 0, -0.8], raters=4, photos=30, seed=3, spread=0.4)
    group = preferences(found)
    shuffled = random.Random(0).sample(found, len(found))
    renamed = [replace(one, rater={"rater 0": "zoe"}.get(one.rater, one.rater)) for one in found]
    turned = [replace(one, left=one.right, right=one.left, won=1 - one.won) for one in found]
    for other in (shuffled, renamed, turned):
        assert preferences(other) == group


@pytest.mark.parametrize(("raters", "spread"), [(1, 0.0), (3, 0.0), (6, 0.4)])
def test_intervals_hold_the_true_strength_as_often_as_they_say(raters, spread):
    strengths = np.array([0.7, 0.0, -0.7])
    # Tastes that differ pull the strengths that all of them together have towards each other.
    rng = np.random.default_rng(9)
    many = strengths + rng.normal(0, spread, (20000, 3))
    wins = 1 / (1 + np.exp(many[:, None, :] - many[:, :, None]))
    truth = bradley_terry(wins.mean(axis=0) * 1000 * pairs(3), pairs(3))
    held = [
        row.interval.low <= truth[int(row.entry[1:])] <= row.interval.high
        for seed in range(100)
        for group in preferences(tastes(strengths, raters, 40, seed, spread))
        for row in group.entries
    ]
    assert len(held) == 300
    assert 0.90 <= np.mean(held) <= 0.995


def test_one_rater_with_few_photos_has_no_interval():
    few = [choice("a", "x", "y", photo % 2, photo) for photo in range(7)]
    (group,) = preferences(few)
    assert group.entries[0].interval is None
    (group,) = preferences([*few, choice("a", "x", "y", 1.0, 7)])
    assert group.entries[0].interval.how == "photos"


def test_two_raters_alike_do_not_make_it_certain():
    found = [choice(rater, "x", "y", photo % 4 > 0, photo) for rater in "ab" for photo in range(16)]
    (group,) = preferences(found)
    interval = group.entries[0].interval
    assert interval.how == "raters or photos"
    assert interval.high - interval.low > 0.5


def alike(raters, photos, won=1.0):
    """All raters say the same of every photo."""
    return [choice(rater, "x", "y", won, photo) for rater in raters for photo in range(photos)]


@pytest.mark.parametrize(
    "few",
    [
        alike("ab", 1),
        alike("ab", 3),
        # Many answers, of photos that are too few to say how photos differ.
        alike("abcdefgh", 3),
    ],
)
def test_few_answers_and_few_photos_are_no_certainty(few):
    (group,) = preferences(few)
    (pair,) = group.pairs
    assert pair.interval is None
    assert not pair.beyond_noise
    assert [row.interval for row in group.entries] == [None, None]
    assert [row.chance_interval for row in group.entries] == [None, None]


def test_all_alike_is_an_interval_of_some_width():
    (group,) = preferences(alike("ab", 10))
    first = group.entries[0]
    assert group.pairs[0].beyond_noise
    assert first.chance_interval.high - first.chance_interval.low > 0.2
    assert first.interval.high - first.interval.low > 1
    # Eight of eight is what chance does, too, once in 128 times.
    (pair,) = preferences(alike("ab", 4))[0].pairs
    assert pair.interval.low < 0 < pair.interval.high
    assert not pair.beyond_noise


def test_ties_alone_are_an_interval_of_some_width():
    (group,) = preferences(alike("ab", 5, won=0.5))
    for row in group.entries:
        assert row.chance_interval.low < 0.4 < 0.6 < row.chance_interval.high


def test_the_least_error_is_that_of_the_log_odds():
    # Of two entries the difference is the log odds, whose variance is 1/30 + 1/10 (Woolf 1955).
    wins = np.array([[0, 30], [10, 0]], dtype=float)
    found = covariance(wins, wins + wins.T > 0)
    assert found[0, 0] + found[1, 1] - 2 * found[0, 1] == pytest.approx(1 / 30 + 1 / 10)
    assert found.sum(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_photos_that_differ_are_not_taken_for_a_preference():
    # Ten raters of one taste; each of five photos suits one entry or the other.
    told = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        suits = 1 / (1 + np.exp(-rng.normal(0, 1, 5)))
        found = [
            choice(f"r{rater}", "x", "y", float(rng.random() < suits[photo]), photo)
            for rater in range(10)
            for photo in range(5)
        ]
        told.append(preferences(found)[0].pairs[0].beyond_noise)
    assert np.mean(told) <= 0.1


def test_differing_tastes_are_not_taken_for_a_preference():
    # Equally liked by all raters together; Wilson's interval alone would often say otherwise.
    false, naive = [], []
    for seed in range(120):
        (group,) = preferences(tastes([0, 0], raters=5, photos=40, seed=seed, spread=0.7))
        (pair,) = group.pairs
        false.append(pair.beyond_noise)
        naive.append(not pair.tally.interval.low <= 0.5 <= pair.tally.interval.high)
    assert np.mean(false) <= 0.1
    assert np.mean(naive) > 0.25
