"""Whatever becomes of the file of answers while people rate: what was kept is put back."""

import json
from pathlib import Path

import pytest
from made_pictures import Visitor, line_of, lines_of, served

from stylecli.errors import StylecliError
from stylecli.evaluation.rating.asking.keeping import AnswerFile
from stylecli.evaluation.rating.reading import read_answers


def answer_two(visitor, between):
    """Two answers of Anna's, and what is done between them."""
    question = visitor.state("anna")["question"]
    question = visitor.answer("anna", question["id"], "left")["question"]
    between()
    return visitor.ask("answer", {"rater": "anna", "question": question["id"], "answer": "left"})


def test_what_was_kept_is_put_back_where_the_file_was_deleted(material, results):
    with served(material, results) as (server, desk):
        assert answer_two(Visitor(server.address()), results.unlink)[0] == 200
        assert len(read_answers(results).standing) == 2
        results.unlink()
        assert desk.kept().given == {"anna": 2}
    found = read_answers(results)
    assert (len(found.standing), found.unreadable, found.twice) == (2, 0, 0)


def test_what_was_kept_is_put_into_a_file_that_replaced_it(material, results, tmp_path):
    other = AnswerFile(tmp_path / "other.jsonl")
    other.add(json.loads(line_of("ben")))
    other.close()
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        assert answer_two(visitor, lambda: other.path.replace(results))[0] == 200
    raters = [answer.rater for answer in read_answers(results).standing]
    assert sorted(raters) == ["anna", "anna", "ben"]


def cut(results: Path, lines: int, end: str = "\n") -> None:
    """Write a file anew in its place, as ``cp`` and many editors do."""
    before = results.read_text(encoding="utf-8").split("\n")
    with results.open("r+", encoding="utf-8", newline="") as file:
        file.truncate()
        file.write("\n".join(before[:lines]) + (end if lines else ""))


# A start and three answers are in the file: emptied, an older copy over it, saved without the last
# line's end, and cut within a line.
@pytest.mark.parametrize(
    ("lines", "end", "damaged"),
    [(0, "", 0), (2, "\n", 0), (3, "", 0), (4, "", 0), (1, '\n{"sche', 1)],
)
def test_what_is_taken_out_of_the_file_in_place_is_put_back(material, results, lines, end, damaged):
    with served(material, results) as (server, desk):
        visitor = Visitor(server.address())
        state = visitor.state("anna")
        for _ in range(3):
            state = visitor.answer("anna", state["question"]["id"], "left")
        whole = read_answers(results).standing
        cut(results, lines, end)
        state = visitor.answer("anna", state["question"]["id"], "right")
        found = read_answers(results)
        assert found.standing[:3] == whole
        assert (len(found.standing), found.unreadable) == (4, damaged)
        cut(results, lines, end)
        assert desk.kept().given == {"anna": 4}
        assert len(read_answers(results).standing) == 4
    with served(material, results) as (server, _):
        assert Visitor(server.address()).state("anna")["done"] == 4


def test_what_was_there_before_the_start_is_put_back_too(results):
    results.write_text(f"{line_of('ben')}\n", encoding="utf-8")
    file = AnswerFile(results)
    cut(results, 0)
    file.put_back()
    file.close()
    assert lines_of(results)[0]["rater"] == "ben"


def test_what_somebody_else_writes_into_the_file_stays(results):
    file = AnswerFile(results)
    file.add(json.loads(line_of("anna")))
    results.write_text(f"{line_of('ben')}\n", encoding="utf-8")
    file.put_back()
    cut(results, 0)
    file.put_back()
    file.close()
    assert [line["rater"] for line in lines_of(results)] == ["ben", "anna"]


def test_the_order_of_answers_to_one_question_is_put_back(results):
    given = json.loads(line_of("anna"))
    taken = {"kind": "withdraw", "rater": "anna", "question": "s-1"}
    file = AnswerFile(results)
    for line in (given, taken, given):
        file.add(line)
    lines = results.read_text(encoding="utf-8").splitlines()
    for rest in (lines[:1], lines[:2], lines[1:]):
        results.write_text("\n".join(rest), encoding="utf-8")
        file.put_back()
        assert len(read_answers(results).standing) == 1
    file.close()


def test_what_cannot_be_put_back_is_said_and_does_not_count(material, results):
    def spoil():
        results.unlink()
        results.write_text("a diary", encoding="utf-8")

    heard = []
    with served(material, results, progress=heard.append) as (server, desk):
        visitor = Visitor(server.address())
        status, _, content = answer_two(visitor, spoil)
        assert (status, b"could not be kept" in content) == (500, True)
        assert "was deleted or changed meanwhile" in heard[0].message
        assert visitor.state("anna")["done"] == 1
        with pytest.raises(StylecliError, match="cannot be put back"):
            desk.kept()
        assert results.read_text(encoding="utf-8") == "a diary"
        results.unlink()
        assert desk.kept().given == {"anna": 1}
    assert len(read_answers(results).standing) == 1
