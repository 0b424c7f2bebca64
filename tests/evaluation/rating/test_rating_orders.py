"""What is asked is balanced from the first question on: whoever stops early was fair all the same."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from made_questions import asked, material, names, originals

from stylecli.errors import UsageError
from stylecli.evaluation.rating.asking.material import Material, Picture
from stylecli.evaluation.rating.asking.questions import read_kinds, remarks

RATERS = [(rater, seed) for rater in ("anna", "bob", "Béla") for seed in range(4)]


def uneven(questions, entries):
    """By how many questions entries differ at most, after any number of questions."""
    counts = Counter(dict.fromkeys(entries, 0))
    most = 0
    for question in questions:
        counts.update(picture.entry for picture in question.pictures)
        most = max(most, max(counts.values()) - min(counts.values()))
    return most


@pytest.mark.parametrize("entries", [2, 3, 5, 12])
@pytest.mark.parametrize("photos", [1, 4, 10, 30])
def test_every_beginning_of_scores_has_as_many_of_each_entry(entries, photos):
    found = material(entries, photos)
    for rater, seed in RATERS:
        questions = asked(found, ("score",), 100, seed, rater)
        assert len({question.pictures for question in questions}) == min(100, entries * photos)
        assert uneven(questions, found.entries) <= 1


@pytest.mark.parametrize("count", [6, 8, 10, 20])
def test_scores_beside_choices_are_balanced_too(count):
    found = material(2, 10)
    for rater, seed in RATERS:
        questions = asked(found, ("choice", "score"), count, seed, rater)
        assert uneven([each for each in questions if each.kind == "score"], found.entries) <= 1
        assert uneven([each for each in questions if each.kind == "choice"], found.entries) == 0


def test_scores_are_about_a_few_photos_and_the_order_of_entries_says_nothing():
    found = material(3, 20)
    orders = Counter()
    for rater, seed in RATERS:
        questions = asked(found, ("score",), 24, seed, rater)
        assert len({question.content for question in questions[:12]}) == 4
        assert all(one.content != other.content for one, other in pairwise(questions))
        orders.update(
            tuple(names(each)[0] for each in questions[start : start + 3])
            for start in range(0, 24, 3)
        )
    assert len(orders) == 6
    assert max(orders.values()) < 2 * min(orders.values()) + 8


def test_scores_of_entries_without_a_photo_in_common_are_balanced():
    whole = material(3, 12)
    own = tuple(
        each for number, each in enumerate(whole.pictures) if number // 12 == number % 12 // 4
    )
    assert len(own) == 12
    for rater, seed in RATERS:
        questions = asked(replace(whole, pictures=own), ("score",), 60, seed, rater)
        assert len(questions) == 12
        assert uneven(questions, whole.entries) <= 1


def test_pictures_that_are_missing_of_one_entry_leave_the_others_balanced():
    whole = material(3, 12)
    found = replace(whole, pictures=whole.pictures[7:])
    for rater, seed in RATERS:
        questions = asked(found, ("score",), 60, seed, rater)
        assert len(questions) == 29
        others = [each for each in questions if names(each) != ("t-0",)]
        assert uneven(others, whole.entries[1:]) <= 1


@pytest.mark.parametrize(("entries", "most"), [(2, 0), (3, 1), (4, 1), (6, 2), (9, 2)])
def test_every_beginning_of_choices_is_balanced_over_entries(entries, most):
    found = material(entries, 12)
    for rater, seed in RATERS:
        questions = originals(asked(found, ("choice",), 60, seed, rater))
        assert uneven(questions, found.entries) <= most


@pytest.mark.parametrize(
    ("pairs", "repeats"), [(4, 0), (5, 1), (10, 1), (13, 1), (15, 2), (20, 2), (22, 2), (50, 6)]
)
def test_of_few_pairs_one_in_ten_is_asked_again_too(pairs, repeats):
    for rater, seed in RATERS:
        questions = asked(material(2, pairs), ("choice",), 200, seed, rater)
        assert len(originals(questions)) == pairs
        assert len(questions) - pairs == repeats


def alike(same):
    """Two entries of six photos, of which the first so many are the same to the byte."""
    return Material(
        tuple(
            Picture(
                entry, "t", f"p{photo}.jpg", f"p{photo}.png",
                f"{'both' if photo < same else entry}/{photo}", Path(),
            )
            for entry in ("base", "A:0") for photo in range(6)
        ), {}, {},
    )  # fmt: skip


def test_nobody_chooses_between_a_picture_and_itself():
    questions = asked(alike(4), count=60)
    assert {question.content for question in questions} == {"p4.jpg", "p5.jpg"}
    assert read_kinds(None, alike(4)) == ("choice",)
    assert remarks(None, ("choice",), alike(4)) == [
        "4 pictures of A:0 and base are the same to the byte: nobody is asked to choose between them."
    ]
    assert len(asked(alike(4), ("score",))) == 12


def test_where_all_are_the_same_scores_are_asked_and_it_is_said_why():
    assert asked(alike(6)) == ()
    assert read_kinds(None, alike(6)) == ("score",)
    (said,) = remarks(None, ("score",), alike(6))
    assert said.startswith("Scores are asked. A choice is between two pictures; those that")
    with pytest.raises(UsageError, match="of the same photo are the same to the byte"):
        read_kinds("choice", alike(6))


def test_it_is_said_why_scores_are_asked_in_place_of_choices():
    apart = Material(
        tuple(Picture(name, "", f"p.{name}", "p", name, Path()) for name in ("a", "b")), {}, {}
    )
    (said,) = remarks(None, read_kinds(None, apart), apart)
    assert said.startswith(
        "Scores are asked. A choice is between two pictures of one photo; no two"
    )
    assert said.endswith("Give the photos with --content FOLDER.")
    assert remarks("score", ("score",), apart) == []
    for usual in (material(), material(entries=1), material(steps=True)):
        assert remarks(None, read_kinds(None, usual), usual) == []
