"""Who is asked what, and what becomes of the answers: nothing is lost, nothing counts twice."""

import threading
from dataclasses import replace
from urllib.parse import quote

import pytest
from made_pictures import Visitor, fitting, lines_of, make_pictures, material_in, served

from stylecli.evaluation.rating.asking.desk import Kept
from stylecli.evaluation.rating.asking.questions import questions_for
from stylecli.evaluation.rating.reading import read_answers


def test_what_is_no_answer_is_refused_and_not_kept(visitor, results):
    question = visitor.state("anna")["question"]
    good = {"rater": "anna", "question": question["id"], "answer": fitting(question)}
    for change in ({"answer": "both"}, {"answer": 0}, {"answer": True}, {"question": "c-9"}, {"rater": " "},
                   {"rater": "x" * 61}, {"rater": "a\u202eb"}):  # fmt: skip
        assert visitor.ask("answer", {**good, **change})[0] == 400
    assert visitor.ask("answer", good, Content_Type="text/plain")[0] == 400
    assert visitor.ask("answer", [good])[0] == 400
    assert visitor.ask("answer", {**good, "more": "x" * 20_000})[0] == 400
    assert visitor.ask("elsewhere", good)[0] == 404
    assert visitor.ask("elsewhere")[0] == 404
    assert visitor.ask(method="DELETE")[0] == 501
    assert results.read_bytes() == b""


# Persian, Malayalam, and a family: letters that are joined, or kept apart, by what is not seen.
@pytest.mark.parametrize("name", ["علی\u200cرضا", "അവൻ\u200d", "\U0001f469\u200d\U0001f467"])
def test_names_are_written_as_people_write_them(visitor, results, name):
    question = visitor.state(quote(name))["question"]
    visitor.answer(name, question["id"], fitting(question))
    bare = name.replace("\u200c", "").replace("\u200d", "")
    assert visitor.state(quote(bare))["done"] == 1
    assert {line["rater"] for line in lines_of(results)} == {name.strip("\u200d")}


def test_a_name_of_nothing_that_is_seen_is_none(visitor):
    for name in ("\u200d", "\u200c \u200d"):
        assert visitor.ask(f"question?rater={quote(name)}")[0] == 400


def test_every_answer_is_a_line_at_once(visitor, material, results):
    state = visitor.state("Anna")
    total = state["total"]
    asked = []
    while state["question"]:
        question = state["question"]
        asked.append(question)
        assert state["done"] == len(asked) - 1
        state = visitor.answer("Anna", question["id"], fitting(question), seconds=2.04)
        assert len(lines_of(results)) == 1 + len(asked)
    assert len(asked) == total == 20
    start, *lines = lines_of(results)
    assert (start["kind"], start["report"]) == ("start", "")
    for question, line in zip(asked, lines, strict=True):
        assert line["schema"] == "stylecli-rating/1"
        assert line["kind"] == question["kind"]
        assert line["seconds"] == 2.0
        assert line["target"] == "painter"
    assert read_answers(results).unreadable == 0
    kinds = [line["kind"] for line in lines]
    assert [kinds.count(kind) for kind in ("real", "choice", "score")] == [7, 7, 6]
    same = questions_for(material, ("real", "choice", "score"), 20, 0, "Anna")
    assert [line["question"] for line in lines] == [question.id for question in same]


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [(3600, 3600.0), (3601, None), (-1, None), (True, None), ("2", None), (float("nan"), None)],
)
def test_a_time_that_cannot_be_is_not_kept(visitor, results, seconds, kept):
    question = visitor.state("anna")["question"]
    visitor.answer("anna", question["id"], fitting(question), seconds)
    assert lines_of(results)[1]["seconds"] == kept


def test_what_was_given_since_the_start_is_told_apart_from_the_file(material, results):
    for name, count in (("ben", 2), ("anna", 1), ("anna", 3)):
        with served(material, results) as (server, desk):
            visitor = Visitor(server.address())
            state = visitor.state(name)
            for _ in range(count):
                state = visitor.answer(name, state["question"]["id"], "left")
    assert desk.kept() == Kept({"anna": 3}, 6)
    with served(material, results) as (server, desk):
        assert desk.kept() == Kept({}, 6)
        # Taken back are one of earlier and one of this day.
        visitor = Visitor(server.address())
        visitor.answer("anna", visitor.state("anna")["question"]["id"], "left")
        visitor.undo("anna")
        visitor.undo("anna")
        assert desk.kept() == Kept({"anna": 0}, 5)


def test_who_comes_back_goes_on_where_they_were(material, results):
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        for _ in range(3):
            question = visitor.state("Anna")["question"]
            after = visitor.answer("Anna", question["id"], "left")
        assert visitor.state("Anna") == after
    asked = [question.id for question in questions_for(material, ("choice",), 20, 0, "Anna")]
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        state = visitor.state(" anna ".replace(" ", "%20"))
        assert state["rater"] == "Anna"
        assert state["done"] == 3
        visitor.answer("Anna", state["question"]["id"], "left")
    assert [line["question"] for line in lines_of(results)[1:4]] == asked[:3]
    assert lines_of(results)[-1]["question"] == asked[3]
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        assert visitor.state("ben")["done"] == 0


def test_an_answer_that_is_sent_twice_counts_once(visitor, results):
    question = visitor.state("anna")["question"]
    first = visitor.answer("anna", question["id"], fitting(question))
    assert visitor.answer("anna", question["id"], fitting(question, 1)) == first
    assert len(lines_of(results)) == 2


def test_the_last_answer_can_be_taken_back_and_the_one_before(visitor, results):
    first = visitor.state("anna")["question"]
    assert visitor.undo("anna")["done"] == 0
    second = visitor.answer("anna", first["id"], fitting(first))["question"]
    visitor.answer("anna", second["id"], fitting(second))
    assert visitor.undo("anna")["question"]["id"] == second["id"]
    assert visitor.undo("anna")["question"]["id"] == first["id"]
    visitor.answer("anna", first["id"], fitting(first, 1))
    kinds = [line["kind"] for line in lines_of(results)]
    assert kinds.count("withdraw") == 2
    assert len(kinds) == 6
    (stands,) = read_answers(results).standing
    assert fitting(first, 1) in (stands.said,)


def test_many_raters_at_once_lose_nothing(visitor, results):
    problems = []

    def rate(name):
        try:
            state = visitor.state(name)
            while state["question"]:
                state = visitor.answer(name, state["question"]["id"], fitting(state["question"]))
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=rate, args=(f"rater{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    found = read_answers(results)
    assert len(found.standing) == 120
    assert found.unreadable == found.replaced == 0


def test_answers_about_other_pictures_are_counted(material, results, tmp_path):
    with served(material, results) as (server, desk):
        visitor = Visitor(server.address())
        visitor.answer("anna", visitor.state("anna")["question"]["id"], "left")
        assert desk.strange() == 0
    other = material_in(make_pictures(tmp_path / "other", photos=5, size=(64, 64)))
    with served(other, results) as (server, desk):
        assert desk.strange() == 1
        assert Visitor(server.address()).state("anna")["done"] == 0


def test_real_pictures_of_a_reference_that_is_not_given_are_not_strange(results, tmp_path):
    root = make_pictures(tmp_path / "rated")
    with served(material_in(root), results, ("real",)) as (server, _):
        visitor = Visitor(server.address())
        state = visitor.state("anna")
        while state["question"]:
            state = visitor.answer("anna", state["question"]["id"], "real")
    bare = replace(material_in(root), references=())
    with served(bare, results) as (_, desk):
        assert desk.strange() == 0
    pictures = tuple(replace(each, target="another") for each in bare.pictures)
    with served(replace(bare, pictures=pictures), results) as (_, desk):
        assert desk.strange() == 6
