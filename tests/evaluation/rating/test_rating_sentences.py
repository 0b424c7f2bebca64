"""What people say, in sentences."""

from made_opinions import choice, observed, score

from stylecli.evaluation.rating.choices import preferences
from stylecli.evaluation.rating.doubts import LeftOut
from stylecli.evaluation.rating.ratings import ratings_of
from stylecli.evaluation.report.people_wording import (
    best_of_scores,
    group_sentence,
    group_title,
    how_counted,
    pair_sentence,
)


def meetings(first, second, won, lost):
    outcomes = [1.0] * won + [0.0] * lost
    return [choice("ab"[at % 2], first, second, each, at) for at, each in enumerate(outcomes)]


def test_of_equals_nobody_is_preferred_most():
    (group,) = preferences(meetings("a", "b", 10, 10))
    assert group_sentence(group) == "All are preferred alike: wins and losses are even."
    assert pair_sentence(group.pairs[0]).startswith("a and b are preferred alike: 0.50 of 20")


def test_two_who_lead_together_are_both_named():
    meet = [*meetings("a", "c", 30, 10), *meetings("b", "c", 30, 10), *meetings("a", "b", 9, 9)]
    (group,) = preferences(meet)
    assert group_sentence(group).startswith("a and b are alike, and preferred most")
    (group,) = preferences(meetings("a", "b", 30, 10))
    assert group_sentence(group).startswith("a is preferred most")


def test_equal_scores_have_no_best():
    scores = [score(rater, entry, 5, at) for rater in "ab" for entry in "xy" for at in range(8)]
    told = ratings_of(observed(*scores), LeftOut(), None)
    assert best_of_scores(told) == ["All have the same score."]


def test_two_answers_are_called_too_few():
    chosen = [choice(rater, "a", "b", 1.0) for rater in "xy"]
    scores = [score(rater, entry, 4 + (entry == "b")) for rater in "xy" for entry in "ab"]
    told = ratings_of(observed(*chosen, *scores), LeftOut(), None)
    assert "too few" in group_sentence(told.groups[0])
    assert pair_sentence(told.groups[0].pairs[0]).endswith("too few answers to tell")
    assert best_of_scores(told)[0].startswith("b has the best score; the answers are too few")
    assert "fewer than 8 answers, or answers about fewer than 4 photos" in how_counted(told)


def test_groups_that_were_not_compared_are_told_by_their_entries():
    meet = [*meetings("a", "b", 12, 8), *meetings("c", "d", 12, 8)]
    told = ratings_of(observed(*meet), LeftOut(), None)
    titles = [group_title(told, group) for group in told.groups]
    assert titles == ["Preferred as monet: a and b", "Preferred as monet: c and d"]
    one = ratings_of(observed(*meetings("a", "b", 12, 8)), LeftOut(), None)
    assert group_title(one, one.groups[0]) == "Preferred"


def test_steps_of_two_parts_are_told_apart():
    scores = [
        score(rater, f"step {step}", 3 + step, at, step)
        for rater, steps in (("x", (1, 2)), ("y", (3, 4)))
        for step in steps
        for at in range(10)
    ]
    told = ratings_of(observed(*scores), LeftOut(), None)
    first, second = best_of_scores(told)
    assert first.startswith("Of step 1 and step 2: Best by people's score: step 2;")
    assert second.startswith("Of step 3 and step 4: Best by people's score: step 4;")
    assert "not-joined" in {warned.code for warned in told.warnings}


def test_one_step_is_no_steps():
    scores = [score("x", f"step {step}", 5, 0, step) for step in (10, 20)]
    (sentence,) = best_of_scores(ratings_of(observed(*scores), LeftOut(), None))
    assert sentence.endswith("to tell it from step 20.")
