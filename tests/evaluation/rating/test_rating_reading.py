"""Files of answers are read as far as they can be, and nothing is made up."""

import json
import os

import pytest

from stylecli.errors import UsageError
from stylecli.evaluation.rating.answers import Choice, Score, Verdict, digests_of
from stylecli.evaluation.rating.reading import read_answers, sealed

SIDE = {"entry": "monet", "output": "cat.png", "digest": "ab"}
BASE = {"schema": "stylecli-rating/1", "rater": "anna", "at": "2026-11-27T10:00:00+00:00"}
CHOICE = {**BASE, "kind": "choice", "question": "c-1", "content": "cat.jpg", "target": "monet",
          "left": SIDE, "right": {**SIDE, "entry": "other", "digest": "cd"}, "chosen": "tie",
          "repeat_of": None, "seconds": 3.2}  # fmt: skip
SCORE = {**BASE, "kind": "score", "question": "s-1", "entry": "step 5", "step": 5,
         "output": "x.png", "digest": "ef", "score": 7}  # fmt: skip
REAL = {**BASE, "kind": "real", "question": "r-1", "entry": None, "target": "monet",
        "output": "y.jpg", "digest": "01", "said": "fake"}  # fmt: skip


@pytest.fixture
def write(tmp_path):
    def written(*lines, name="ratings.jsonl"):
        path = tmp_path / name
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(texts), encoding="utf-8")
        return path

    return written


def test_the_three_kinds_are_read(write):
    found = read_answers(write(CHOICE, SCORE, REAL))
    choice, score, verdict = found.standing
    assert isinstance(choice, Choice)
    assert (choice.left.entry, choice.right.entry, choice.chosen) == ("monet", "other", "tie")
    assert isinstance(score, Score)
    assert (score.step, score.score, score.content) == (5, 7, "")
    assert isinstance(verdict, Verdict)
    assert verdict.entry is None
    assert [digests_of(each) for each in found.standing] == [("ab", "cd"), ("ef",), ("01",)]
    assert found.unreadable == 0


def test_a_half_written_line_is_counted_and_the_others_stand(write):
    found = read_answers(write(CHOICE, '{"schema":"stylecli-rati', SCORE, "\0\0\0", "[1]"))
    assert len(found.standing) == 2
    assert found.unreadable == 3


@pytest.mark.parametrize(
    "change",
    [{"score": 0}, {"score": 11}, {"score": "7"}, {"score": 7.5}, {"question": 3}, {"kind": "x"},
     {"seconds": "long"}, {"sealed": "!!!"}, {"sealed": "AAAA"}, {"schema": 1}],
)  # fmt: skip
def test_an_impossible_answer_is_unreadable(write, change):
    found = read_answers(write(CHOICE, {**SCORE, **change}))
    assert len(found.standing) == 1
    assert found.unreadable == 1


def test_a_later_answer_replaces_and_a_withdrawal_takes_away(write):
    taken = {**BASE, "kind": "withdraw", "question": "s-1"}
    again = {**CHOICE, "chosen": "left"}
    other = {**SCORE, "rater": "ben"}
    found = read_answers(write(CHOICE, SCORE, taken, other, again))
    assert [(each.rater, each.question) for each in found.standing] == [
        ("ben", "s-1"),
        ("anna", "c-1"),
    ]
    assert found.standing[1].chosen == "left"
    assert (found.replaced, found.withdrawn) == (1, 1)
    back = read_answers(write(SCORE, taken, {**SCORE, "score": 9}))
    assert [each.score for each in back.standing] == [9]


def test_what_a_static_page_exports_is_read_cut_off_too(write):
    said = {**BASE, "kind": "score", "question": "s-9", "score": 4, "seconds": 2,
            "sealed": sealed({"entry": "é", "step": None, "output": "o", "digest": "d", "target": "t"})}  # fmt: skip
    text = "[\n" + ",\n".join(json.dumps(each) for each in (said, REAL)) + "\n]\n"
    whole = read_answers(write(text, name="export.json"))
    assert whole.standing[0].entry == "é"
    assert len(whole.standing) == 2
    cut = read_answers(write(text[:-30], name="cut.json"))
    assert len(cut.standing) == 1
    assert cut.unreadable == 1


@pytest.mark.parametrize(
    "torn", ['{"sche', "{", '{"schema": "stylecli-rating/1", "kind": "cho', "\0\0"]
)
def test_a_half_written_line_alone_is_no_foreign_file(write, torn):
    found = read_answers(write(torn))
    assert (found.standing, found.unreadable) == ((), 1)


def test_what_is_sealed_cannot_be_read_in_passing():
    assert "monet" not in sealed({"entry": "monet", "output": "monet.png", "digest": "0"})


def test_a_sealed_bomb_is_not_unpacked(write):
    bomb = {**SCORE, "sealed": sealed({"entry": "a" * 10_000_000})}
    assert read_answers(write(CHOICE, bomb)).unreadable == 1


def at(seconds, line=SCORE, **change):
    return {**line, "at": f"2026-11-27T10:00:{seconds:02d}+00:00", **change}


TAKEN = {**BASE, "kind": "withdraw", "question": "s-1"}


@pytest.mark.parametrize(
    ("older", "newer", "scores"),
    [
        ([at(1)], [at(1), at(5, TAKEN)], []),
        ([at(1), at(5, TAKEN)], [at(1), at(5, TAKEN), at(9, score=2)], [2]),
        ([at(1)], [at(5, score=2)], [2]),
        # The page's times are of another form.
        ([at(1, at="2026-11-27T10:00:04.900Z")], [at(5, score=2)], [2]),
        # All in one second.
        ([at(1)], [at(1), at(1, TAKEN), at(1)], [7]),
        ([at(1)], [at(1), at(1, TAKEN)], []),
        # A clock that went back.
        ([at(9)], [at(9), at(5, TAKEN)], []),
        ([at(9), at(5, TAKEN)], [at(9), at(5, TAKEN), at(2, score=3)], [3]),
        # Neither has a time.
        ([at(1, at="")], [at(1, at=""), at(1, TAKEN, at="")], []),
    ],
)
def test_files_can_be_named_in_any_order(write, older, newer, scores):
    first, second = write(*older), write(*newer, name="b.jsonl")
    found = read_answers(first, second)
    assert [each.score for each in found.standing] == scores
    assert read_answers(second, first) == found


def test_an_older_copy_behind_brings_nothing_back(write):
    newer = [at(1), at(5, TAKEN)]
    assert read_answers(write(*newer, at(1))).standing == ()
    again = [*newer, at(9, score=2)]
    assert [each.score for each in read_answers(write(*again, *newer)).standing] == [2]


def test_of_equal_times_it_does_not_matter_which_file_is_named_first(write):
    first, second = write(SCORE), write({**SCORE, "score": 2}, name="b.jsonl")
    assert read_answers(first, second) == read_answers(second, first)


def test_the_clock_of_one_rater_is_not_that_of_another(write):
    both = write(at(50, rater="ben"), at(1))
    back = write(at(7, TAKEN), name="b.jsonl")
    assert [each.rater for each in read_answers(both, back).standing] == ["ben"]


def test_a_copy_counts_once(write):
    first, second = write(at(1), CHOICE), write(at(1), at(5, TAKEN), name="b.jsonl")
    found = read_answers(first, second)
    assert (found.twice, found.withdrawn, len(found.standing)) == (1, 1, 1)


def test_a_name_in_capitals_is_the_same_rater(write):
    first = write(at(5, rater="ANNA", score=3), at(6, CHOICE, rater=" anna "))
    second = write(at(1, rater="Anna"), name="b.jsonl")
    for files in ((first, second), (second, first)):
        found = read_answers(*files)
        assert {each.rater for each in found.standing} == {"Anna"}
        assert [each.score for each in found.standing if isinstance(each, Score)] == [3]
        assert found.replaced == 1


def test_an_empty_file_has_no_answers(write):
    assert read_answers(write()).standing == ()


@pytest.mark.parametrize("content", ["hello\nworld", "{}", "[1, 2]", "\x89PNG\n", '{"sche\nworld'])
def test_what_is_no_file_of_answers_is_refused(write, content):
    with pytest.raises(UsageError, match="no ratings in this file"):
        read_answers(write(content))


def test_answers_of_a_newer_stylecli_are_not_dropped_silently(write):
    with pytest.raises(UsageError, match="stylecli-rating/2"):
        read_answers(write(CHOICE, {**SCORE, "schema": "stylecli-rating/2"}))


def test_a_pipe_is_not_waited_for(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(UsageError, match="not a file"):
            read_answers(place)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.jsonl: cannot be read"):
        read_answers(tmp_path / "none.jsonl")


def test_answers_that_were_added_to_a_list_in_one_line_are_read_with_it(write):
    later = {**SCORE, "question": "s-2"}
    for listed in (json.dumps([CHOICE, SCORE]), json.dumps([CHOICE, SCORE], indent=1)):
        for end in ("", "\n"):
            found = read_answers(write(f"{listed}{end}", later) if end else write(listed, later))
            assert (len(found.standing), found.unreadable) == (3, 0)
    assert len(read_answers(write(json.dumps([CHOICE, SCORE]))).standing) == 2
