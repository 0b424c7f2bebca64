import random
from dataclasses import replace

import numpy as np
import pytest
from made_opinions import score, verdict

from stylecli.evaluation.rating.levelling import levelled
from stylecli.evaluation.rating.observed import Score, Shown
from stylecli.evaluation.rating.real_or_fake import d_prime, deceptions
from stylecli.evaluation.rating.scores import score_means


def only(scores):
    """What is said of scores that can all be compared."""
    (ranked,) = score_means(scores).ranked
    return ranked


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
    given = run_of({500: 3.0, 2500: 6.5, 3000: 8.5, 3500: 8.6, 4000: 5.4})
    best = only(given).best_step
    assert best.step in (3000, 3500)
    assert best.within_noise == (3000, 3500)
    assert best.earliest == 3000
    assert not best.undecided
    found = score_means(given)
    assert [row.step for row in found.means] == [500, 2500, 3000, 3500, 4000]


def test_the_same_scores_name_the_earlier_step():
    found = only([score("a", f"step {step}", 5, 0, step) for step in (20, 10)])
    assert found.best_step.step == 10
    assert found.best_step.undecided
    assert found.best_step.within_noise == (10, 20)


def test_kind_and_strict_raters_do_not_blur_differences():
    found = score_means(run_of({1: 5.0, 2: 6.5}, raters=6, kindness=2.0))
    _, second = found.means
    wide = second.interval.high - second.interval.low
    narrow = second.levelled_interval.high - second.levelled_interval.low
    assert narrow < wide / 2
    assert found.ranked[0].within_noise == ("step 2",)


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
    best = found.ranked[0].best_step
    assert best.undecided
    assert best.within_noise == (1, 2)
    assert [row.interval for row in found.means] == [None, None]
    assert [row.levelled_interval for row in found.means] == [None, None]
    # As many as you like of three photos say nothing of others.
    assert only(alike("abcdefgh", 3, step1=4, step2=9)).best_step.undecided


def test_scores_that_are_all_alike_are_an_interval_of_some_width():
    found = score_means(alike("ab", 4, step1=4, step2=8))
    for row in found.means:
        assert row.interval.high - row.interval.low > 0.5
        assert row.levelled_interval.low < row.levelled < row.levelled_interval.high
    assert found.ranked[0].within_noise == ("step2",)
    near = only(alike("ab", 4, step1=4.0, step2=4.3))
    assert near.within_noise == ("step1", "step2")


def test_entries_without_steps_have_a_best_one():
    found = score_means([score("a", "x", 9), score("a", "y", 2)])
    assert found.ranked[0].best == "x"
    assert found.ranked[0].best_step is None
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


def rated(rater, steps, photos=10):
    return [
        score(rater, f"step {step}", value, photo, step)
        for step, value in steps.items()
        for photo in range(photos)
    ]


def test_checkpoints_that_no_rater_joins_have_no_best_step_across():
    # Rated in two parts: each rater's own mean would make the worse half as good as the better one.
    found = score_means(
        [*rated("anna", {500: 2, 1000: 3, 1500: 4}), *rated("ben", {2000: 7, 2500: 8, 3000: 9})]
    )
    assert [row.levelled for row in found.means] == pytest.approx([2, 3, 4, 7, 8, 9])
    assert [(each.best, each.joined) for each in found.ranked] == [
        ("step 1500", 0),
        ("step 3000", 1),
    ]
    assert [each.best_step.step for each in found.ranked] == [1500, 3000]


def test_who_saw_the_better_checkpoints_is_not_taken_for_kind():
    # Ben gives two less throughout; both saw step 1500.
    found = score_means(
        [*rated("anna", {500: 2, 1000: 3, 1500: 4}), *rated("ben", {1500: 2, 2000: 3, 2500: 5})]
    )
    (ranked,) = found.ranked
    assert ranked.best_step.step == 2500
    by_step = {row.step: row.levelled for row in found.means}
    assert [by_step[step] - by_step[500] for step in (1000, 1500, 2000, 2500)] == pytest.approx(
        [1, 2, 3, 5]
    )


def test_where_all_saw_the_same_each_raters_own_mean_is_taken_off():
    given = run_of({1: 4.0, 2: 6.0, 3: 5.5}, raters=4, kindness=2.0)
    every = np.mean([one.score for one in given])
    own = {
        rater: np.mean([one.score for one in given if one.rater == rater])
        for rater in {one.rater for one in given}
    }
    known = [one.score - own[one.rater] + every for one in given]
    assert levelled(given) == pytest.approx(known)
    for row in score_means(given).means:
        here = [
            value for value, one in zip(known, given, strict=True) if one.picture.entry == row.entry
        ]
        assert row.levelled == pytest.approx(np.mean(here))


def test_what_joins_two_parts_by_a_noisy_thread_is_not_sure():
    # Six raters a half, equal checkpoints; all that joins the halves are three pictures of step 3.
    said = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        given = [
            score(f"r{rater}", f"step {step}", 5 + rng.normal(0, 2), photo, step)
            for rater in range(12)
            for step in ((1, 2) if rater < 6 else (4, 5))
            for photo in range(8)
        ]
        given += [
            score(f"r{rater}", "step 3", 5 + rng.normal(0, 2), photo, 3)
            for rater in (0, 6)
            for photo in range(3)
        ]
        said.append(len(only(given).within_noise) < 5)
    assert np.mean(said) <= 0.08


def test_of_ten_equal_steps_few_are_said_to_be_worse():
    false, first = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        taste, photos = rng.normal(0, 0.7, (5, 10)), rng.normal(0, 0.5, 12)
        given = [
            score(f"r{rater}", f"step {step}", value, photo, step)
            for rater in range(5)
            for step in range(10)
            for photo in range(12)
            for value in [round(5 + taste[rater, step] + photos[photo] + rng.normal())]
        ]
        best = only(given).best_step
        false.append(len(best.within_noise) < 10)
        first.append(best.earliest > 0)
    assert np.mean(false) <= 0.08
    assert np.mean(first) <= 0.05


def test_entries_of_different_styles_have_no_best_among_them():
    given = [
        Score(rater, Shown(entry, style, f"{entry}{photo}", f"p{photo}"), None, value)
        for rater in "ab"
        for entry, style, value in (
            ("monet", "monet", 8.0), ("gogh", "van-gogh", 5.0), ("gogh too", "van-gogh", 3.0)
        )
        for photo in range(10)
    ]  # fmt: skip
    found = score_means(given).ranked
    assert [(each.target, each.entries, each.best) for each in found] == [
        ("monet", ("monet",), "monet"),
        ("van-gogh", ("gogh", "gogh too"), "gogh"),
    ]


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


def test_levelled_means_may_leave_the_scale_and_lie_within_their_intervals():
    """Those who saw A gave B as little as those who saw C gave it much: A is better than 10 would say."""
    kind = {"r1": ("A", "B", 10, 3), "r2": ("A", "B", 9, 2), "r3": ("B", "C", 10, 2)}
    kind["r4"] = ("B", "C", 9, 1)
    given = []
    for photo in range(10):
        for rater, (one, other, high, low) in kind.items():
            given.append(score(rater, one, high if photo % 3 else high - 1, photo))
            given.append(score(rater, other, low if photo % 4 else max(1, low - 1), photo))
    means = {each.entry: each for each in score_means(given).means}
    assert means["A"].levelled > 10
    assert means["C"].levelled < 1
    for each in means.values():
        assert each.levelled_interval.low <= each.levelled <= each.levelled_interval.high
        assert 1 <= each.interval.low <= each.mean <= each.interval.high <= 10


@pytest.mark.parametrize("value", [1, 7, 10])
def test_a_mean_of_equal_scores_lies_within_its_interval(value):
    for raters in (3, 7):
        given = [
            score(f"r{rater}", entry, value, photo)
            for rater in range(raters)
            for photo in range(9)
            for entry in "abc"
        ]
        for each in score_means(given).means:
            assert each.interval.low <= each.mean <= each.interval.high
            assert each.levelled_interval.low <= each.levelled <= each.levelled_interval.high
