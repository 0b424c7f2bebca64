import random

import pytest
from made_opinions import choice, observed, score, verdict

from stylecli.evaluation.rating.agreement import krippendorff_alpha
from stylecli.evaluation.rating.observed import Observed, Repeat
from stylecli.evaluation.rating.steadiness import agreements, sides

NONE = None
# Krippendorff 2011, section C: four observers, twelve units, values missing.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3),
    (NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE),
)


def units(*observers):
    return [[value for value in unit if value is not None] for unit in zip(*observers, strict=True)]


def test_the_published_examples():
    assert krippendorff_alpha(units(*OBSERVERS), "nominal") == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(units(*OBSERVERS), "interval") == pytest.approx(0.849, abs=5e-4)
    # Section A: two observers, ten units, two values.
    meg, owen = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)
    assert krippendorff_alpha(units(meg, owen), "nominal") == pytest.approx(0.095, abs=5e-4)
    # Section B: two observers, twelve units, five values.
    ben, gerry = "aabbdccceddaa"[:12], "babbbccceddd"
    coded = [[ord(letter) for letter in word] for word in (ben, gerry)]
    assert krippendorff_alpha(units(*coded), "nominal") == pytest.approx(0.692, abs=5e-4)


def test_two_values_are_the_same_at_both_levels():
    values = units((0, 1, 0, 1, 1), (0, 1, 1, 1, 0))
    assert krippendorff_alpha(values, "nominal") == pytest.approx(
        krippendorff_alpha(values, "interval")
    )


def test_it_is_undefined_without_two_judges_or_any_difference():
    assert krippendorff_alpha([], "nominal") is None
    assert krippendorff_alpha([[1], [2]], "interval") is None
    assert krippendorff_alpha([[1, 1], [1, 1]], "nominal") is None


def test_choices_are_the_same_choice_whichever_side_each_stood_on():
    alike = [choice(rater, "x", "y", photo % 2, photo) for rater in "ab" for photo in range(8)]
    turned = [choice("b", "y", "x", 1 - photo % 2, photo) for photo in range(8)]
    for found in (alike, [*alike[:8], *turned]):
        (each,) = agreements(observed(*found))
        assert each.alpha == 1
        assert each.shared == 8


def test_coins_do_not_agree_though_one_entry_is_liked_more():
    rng = random.Random(0)
    found = [
        choice(rater, "x", "y", float(rng.random() < 0.5), photo)
        for rater in "abcd"
        for photo in range(200)
    ]
    (each,) = agreements(observed(*found))
    assert each.alpha == pytest.approx(0, abs=0.06)


def test_each_kind_of_question_has_its_own():
    found = observed(
        choice("a", "x", "y", 1.0),
        choice("b", "x", "y", 0.0),
        *[score(rater, "x", value, photo) for rater in "ab" for photo, value in enumerate((3, 8))],
        verdict("a", "x", True),
    )
    by_kind = {each.kind: each for each in agreements(found)}
    assert by_kind["choice"].alpha < 0
    assert by_kind["score"].alpha == 1
    assert by_kind["real"].alpha is None
    assert by_kind["real"].shared == 0


def test_one_rater_asked_twice_is_not_two_raters():
    alone = [choice("a", "x", "y", photo % 2, photo) for photo in range(8)] * 2
    alone += [score("a", "x", photo, photo) for photo in range(8)] * 2
    alone += [verdict("a", "x", photo % 2 == 0, photo) for photo in range(8)] * 2
    for each in agreements(observed(*alone)):
        assert each.alpha is None
        assert each.shared == 0


def test_a_rater_counts_once_a_picture():
    twice = [score("a", "x", value, photo) for photo in range(6) for value in (photo, photo + 2)]
    other = [score("b", "x", photo + 1, photo) for photo in range(6)]
    (each,) = agreements(observed(*twice, *other))
    assert (each.alpha, each.shared) == (1, 6)


def test_raters_agree_with_themselves_as_often_as_they_repeat_an_answer():
    repeats = [Repeat("choice", "a", gap) for gap in (0, 0, 0, 1)]
    repeats += [Repeat("score", "a", gap) for gap in (0, 2)]
    found = observed(choice("a", "x", "y", 1.0), score("a", "x", 4))
    found = Observed(found.choices, found.scores, repeats=tuple(repeats))
    by_kind = {each.kind: each for each in agreements(found)}
    assert (by_kind["choice"].same, by_kind["choice"].repeats) == (0.75, 4)
    assert by_kind["choice"].interval.low < 0.75 < by_kind["choice"].interval.high
    assert by_kind["choice"].gap is None
    assert (by_kind["score"].same, by_kind["score"].gap) == (0.5, 1.0)


def test_the_left_share_leaves_ties_out():
    found = sides(observed(*[choice("a", "x", "y", won) for won in (1.0, 1.0, 1.0, 0.0, 0.5)]))
    assert (found.left, found.count, found.share) == (3, 4, 0.75)
    assert sides(observed(choice("a", "x", "y", 0.5))) is None
