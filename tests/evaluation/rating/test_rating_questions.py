"""What raters are asked: the same for one seed and name, balanced, names and sides mixed."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from made_questions import asked, material, names, originals

from stylecli.errors import UsageError
from stylecli.evaluation.rating.asking.material import Material, Picture
from stylecli.evaluation.rating.asking.questions import read_kinds


def test_questions_are_those_of_seed_and_name():
    found = material()
    assert asked(found) == asked(found)
    assert asked(found, rater="ANNA") == asked(found)
    assert asked(found, rater="ben") != asked(found)
    assert asked(found, seed=1) != asked(found)


def test_fewer_questions_are_the_beginning_of_more():
    found = material(references=30)
    for kind in ("choice", "score", "real"):
        assert asked(found, (kind,), 60)[:17] == asked(found, (kind,), 17)


def test_an_id_means_these_pictures():
    first, other = asked(material()), asked(material(), seed=5)
    assert len({question.id for question in first}) == len(first)
    same = {question.id: question for question in first}
    for question in other:
        if question.id in same:
            assert question.pictures == same[question.id].pictures


def test_choices_are_balanced_over_pairs_photos_and_sides():
    questions = originals(asked(material(), count=120))
    pairs = Counter(tuple(sorted(names(question))) for question in questions)
    photos = Counter(question.content for question in questions)
    assert len(pairs) == 6
    assert max(pairs.values()) - min(pairs.values()) <= 1
    assert max(photos.values()) - min(photos.values()) <= 2
    for pair in pairs:
        lefts = Counter(names(each)[0] for each in questions if tuple(sorted(names(each))) == pair)
        assert abs(lefts[pair[0]] - lefts[pair[1]]) <= 1
    # At the very end there may be no other photo left.
    assert all(one.content != other.content for one, other in pairwise(questions[:60]))
    sides = [names(question)[0] < names(question)[1] for question in questions]
    assert len({tuple(sides[start : start + 4]) for start in range(0, 40, 4)}) > 3


def test_one_choice_in_ten_is_asked_again_with_its_sides_swapped():
    questions = asked(material(), count=60)
    places = {question.id: place for place, question in enumerate(questions)}
    repeats = [question for question in questions if question.repeat_of]
    assert len(repeats) == 6
    assert len({question.repeat_of for question in repeats}) == 6
    for question in repeats:
        first = questions[places[question.repeat_of]]
        assert question.pictures == first.pictures[::-1]
        assert first.repeat_of is None
        assert places[question.id] - places[first.id] >= 5
    assert len({place % 10 for place in places.values() if questions[place].repeat_of}) > 1


@pytest.mark.parametrize("seed", range(8))
def test_a_photo_does_not_come_twice_in_a_row_around_a_repeat(seed):
    questions = asked(material(entries=3, photos=8), count=26, seed=seed)
    assert sum(question.repeat_of is not None for question in questions) >= 2
    for before, repeat in pairwise(questions):
        if repeat.repeat_of or before.repeat_of:
            assert before.content != repeat.content


def test_few_pairs_are_each_asked_once_and_one_again():
    questions = asked(material(entries=2, photos=8))
    assert len(originals(questions)) == 8
    assert len(questions) == 9
    assert len(asked(material(entries=2, photos=3))) == 3


def test_entries_of_one_target_are_compared_and_else_all():
    two = asked(material(entries=2, targets=("a", "b")))
    assert all(len({name[0] for name in names(question)}) == 1 for question in two)
    assert {question.target for question in two} == {"a", "b"}
    one = asked(material(entries=1, targets=("a", "b")))
    assert all({name[0] for name in names(question)} == {"a", "b"} for question in one)
    assert {question.target for question in one} == {""}


def test_scores_take_all_entries_of_the_same_photos_in_mixed_order():
    questions = asked(material(entries=5, photos=20, steps=True), ("score",), 40)
    assert Counter(names(question)[0] for question in questions) == {
        f"t-{entry}": 8 for entry in range(5)
    }
    assert len({question.content for question in questions}) == 8
    assert all(one.content != other.content for one, other in pairwise(questions))
    order = [question.pictures[0].step for question in questions]
    assert order != sorted(order)
    assert questions[0].known()["step"] == order[0]


def test_real_or_fake_mixes_as_many_of_both():
    questions = asked(material(entries=2, photos=12, references=9), ("real",), 60)
    real = [question for question in questions if names(question) == (None,)]
    assert len(questions) == 18
    assert len(real) == 9
    assert len({question.pictures[0].digest for question in questions}) == 18
    for start in range(0, 16, 8):
        block = questions[start : start + 8]
        assert sum(names(question) == (None,) for question in block) == 4


def test_several_kinds_share_the_questions_and_real_comes_first():
    questions = asked(material(references=40), ("real", "choice", "score"), 60)
    assert [question.kind for question in questions] == ["real"] * 20 + ["choice"] * 20 + [
        "score"
    ] * 20
    few = asked(material(references=2), ("real", "choice", "score"), 60)
    assert Counter(question.kind for question in few) == {"real": 4, "choice": 28, "score": 28}


def test_what_suits_is_asked_unless_told_otherwise():
    assert read_kinds(None, material()) == ("choice",)
    assert read_kinds(None, material(steps=True)) == ("score",)
    assert read_kinds(None, material(entries=1)) == ("score",)
    assert read_kinds(" score, real", material(references=3)) == ("real", "score")


def test_what_cannot_be_asked_is_said():
    with pytest.raises(UsageError, match="between two entries; there is one, 't-0'"):
        read_kinds("choice", material(entries=1))
    with pytest.raises(UsageError, match="needs pictures of the style itself"):
        read_kinds("real", material())
    for text in ("both", "", "score,x"):
        with pytest.raises(UsageError, match="There are: choice, score, real"):
            read_kinds(text, material())
    lone = Material(
        (
            Picture("a", "", "p1", "p1", "1", Path()),
            Picture("b", "", "p2", "p2", "2", Path()),
        ),
        {},
        {},
    )
    with pytest.raises(UsageError, match="no two entries have a photo in common"):
        read_kinds("choice", lone)
    assert read_kinds(None, lone) == ("score",)
