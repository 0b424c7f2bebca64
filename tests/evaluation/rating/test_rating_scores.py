import random
from dataclasses import replace

import numpy as np
import pytest
from made_opinions import score, verdict

from stylecli.evaluation.rating.real_or_fake import d_prime, deceptions
from stylecli.evaluation.rating.scores import levelled, score_means


def run_of(means, raters=5, photos=8, noise=0.7, seed=0, kindness=0.0):
    rng = np.random.default_rng(seed)
    own = rng.normal(0, kindness, raters)
    return [
        score(f"r{rater}", f"step {step}", mean + own[rater] + rng.normal(0, noise), photo, step)
        for step, mean in means.items()
        for rater in range(raters)
        for photo in range(photos)
    ]


def test_means_are_means():
    found = score_means([score("a", "x", 4, 0), score("b", "x", 8, 1), score("a", "y", 2, 0)])
    by_entry = {row.entry: row for row in found.means}
    assert by_entry["x"].mean == 6
    assert (by_entry["x"].answers, by_entry["x"].pictures) == (2, 2)
    assert by_entry["y"].mean == 2


def test_levelled_scores_forget_who_is_strict():
    # b gives two less throughout, and saw the better entry more often.
    given = [score("a", "x", 8), score("a", "y", 6, 1), score("b", "x", 6), score("b", "x", 6, 1)]
    given += [
        score("b", "y", 4, 2),
        score("b", "y", 4, 3),
        score("a", "x", 8, 4),
        score("a", "y", 6, 5),
    ]
    assert np.mean(levelled(given)) == pytest.approx(np.mean([one.score for one in given]))
    found = {row.entry: row for row in score_means(given).means}
    assert found["x"].levelled - found["y"].levelled == pytest.approx(2)


def test_the_best_checkpoint_and_what_cannot_be_told_from_it():
    # Cartoonify's own ratings rose to 8.6 at step 3500, and fell to 5.4 at 4000.
    found = score_means(run_of({500: 3.0, 2500: 6.5, 3000: 8.5, 3500: 8.6, 4000: 5.4}))
    assert found.best_step.step in (3000, 3500)
    assert found.best_step.within_noise == (3000, 3500)
    assert found.best_step.earliest == 3000
    assert not found.best_step.undecided
    assert [row.step for row in found.means] == [500, 2500, 3000, 3500, 4000]


def test_the_same_scores_name_the_earlier_step():
    found = score_means([score("a", f"step {step}", 5, 0, step) for step in (20, 10)])
    assert found.best_step.step == 10
    assert found.best_step.undecided
    assert found.best_step.within_noise == (10, 20)


def test_kind_and_strict_raters_do_not_blur_differences():
    found = score_means(run_of({1: 5.0, 2: 6.5}, raters=6, kindness=2.0))
    _, second = found.means
    wide = second.interval.high - second.interval.low
    narrow = second.levelled_interval.high - second.levelled_interval.low
    assert narrow < wide / 2
    assert found.within_noise == ("step 2",)


def test_an_interval_stays_on_the_scale():
    given = [
        score(r, "x", value, photo) for r, value in (("a", 10), ("b", 7)) for photo in range(8)
    ]
    (row,) = score_means(given).means
    assert row.interval.high == 10
    assert 1 <= row.interval.low < 7


def alike(raters, photos, **means):
    return [
        score(rater, entry, value, photo, int(entry[4:]))
        for rater in raters
        for entry, value in means.items()
        for photo in range(photos)
    ]


def test_few_scores_do_not_name_a_best_step():
    found = score_means(alike("ab", 1, step1=4, step2=5))
    assert found.best_step.undecided
    assert found.best_step.within_noise == (1, 2)
    assert [row.interval for row in found.means] == [None, None]
    assert [row.levelled_interval for row in found.means] == [None, None]
    # As many as you like of three photos say nothing of others.
    assert score_means(alike("abcdefgh", 3, step1=4, step2=9)).best_step.undecided


def test_scores_that_are_all_alike_are_an_interval_of_some_width():
    found = score_means(alike("ab", 4, step1=4, step2=8))
    for row in found.means:
        assert row.interval.high - row.interval.low > 0.5
        assert row.levelled_interval.low < row.levelled < row.levelled_interval.high
    assert found.within_noise == ("step2",)
    near = score_means(alike("ab", 4, step1=4.0, step2=4.3))
    assert near.within_noise == ("step1", "step2")


def test_entries_without_steps_have_a_best_one():
    found = score_means([score("a", "x", 9), score("a", "y", 2)])
    assert found.best == "x"
    assert found.best_step is None
    assert [row.entry for row in found.means] == ["x", "y"]
    assert score_means([]) is None


def test_order_and_names_do_not_matter_to_scores():
    given = run_of({1: 4.0, 2: 6.0, 3: 6.1}, raters=3)
    shuffled = random.Random(1).sample(given, len(given))
    renamed = [replace(one, rater=one.rater[::-1]) for one in given]
    for other in (score_means(shuffled), score_means(renamed)):
        for one, same in zip(score_means(given).means, other.means, strict=True):
            assert same.levelled == pytest.approx(one.levelled)
            assert same.interval.low == pytest.approx(one.interval.low)
            assert same.levelled_interval.high == pytest.approx(one.levelled_interval.high)


def test_intervals_of_scores_hold_the_truth_as_often_as_they_say():
    held = []
    for seed in range(120):
        found = score_means(run_of({1: 4.0, 2: 6.0}, raters=4, seed=seed, kindness=1.0))
        for row, truth in zip(found.means, (4.0, 6.0), strict=True):
            held.append(row.interval.low <= truth <= row.interval.high)
    assert 0.90 <= np.mean(held) <= 0.99


def test_deception_stands_beside_real_pictures():
    said = [verdict("a", "x", photo < 3, photo) for photo in range(10)]
    said += [verdict("a", "", photo < 8, photo) for photo in range(10)]
    said += [verdict("a", "", True, photo, target="van-gogh") for photo in range(5)]
    (row,) = deceptions(said)
    assert (row.share, row.answers) == (0.3, 10)
    assert (row.real_share, row.real_answers) == (0.8, 10)
    assert row.interval.how == "wilson"
    assert row.interval.low < 0.3 < row.interval.high
    assert row.d_prime > 1
    (alone,) = deceptions(said[:10])
    assert alone.real_share is None
    assert alone.d_prime is None


def test_d_prime_is_zero_where_the_two_are_called_real_alike():
    assert d_prime(7, 10, 7, 10) == 0
    # Of many answers the correction vanishes: Φ⁻¹(0.8413) - Φ⁻¹(0.5) = 1.
    assert d_prime(84134, 100000, 50000, 100000) == pytest.approx(1, abs=1e-3)
    assert np.isfinite(d_prime(10, 10, 0, 10))
