"""The file of answers: what is kept is kept, whatever becomes of the file meanwhile."""

import pytest
from made_pictures import Visitor, lines_of, make_pictures, material_in, served

from stylecli.errors import StylecliError, UsageError
from stylecli.evaluation.rating.asking.keeping import AnswerFile
from stylecli.evaluation.rating.reading import read_answers


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return material_in(make_pictures(tmp_path_factory.mktemp("rated")))


@pytest.fixture
def results(tmp_path):
    return tmp_path / "ratings.jsonl"


def test_a_half_written_line_stays_and_a_new_one_begins(material, results):
    torn = '{"schema": "stylecli-rating/1", "kind": "choi'
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        question = visitor.state("anna")["question"]
        state = visitor.answer("anna", question["id"], "tie")
    results.write_text(results.read_text(encoding="utf-8") + torn, encoding="utf-8")
    before = results.read_bytes()
    with served(material, results) as (server, desk):
        visitor = Visitor(server.address())
        assert visitor.state("anna")["done"] == 1
        visitor.answer("anna", state["question"]["id"], "left")
        assert desk.kept() == {"anna": 2}
    assert results.read_bytes().startswith(before + b"\n{")
    found = read_answers(results)
    assert len(found.standing) == 2
    assert found.unreadable == 1


def test_a_half_written_first_line_locks_nobody_out(material, results):
    results.write_text('{"schema": "stylecli-rating/1", "kind": "sta', encoding="utf-8")
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        visitor.answer("anna", visitor.state("anna")["question"]["id"], "left")
    found = read_answers(results)
    assert (len(found.standing), found.unreadable) == (1, 1)


def test_an_answer_that_is_not_kept_does_not_count(material, results):
    resource = pytest.importorskip("resource")
    heard = []
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with served(material, results, progress=heard.append) as (server, _):
        visitor = Visitor(server.address())
        first = visitor.state("anna")["question"]
        state = visitor.answer("anna", first["id"], "left")
        given = {"rater": "anna", "question": state["question"]["id"], "answer": "left"}
        # No file may grow by more than a few bytes now, as on a disk that fills up.
        resource.setrlimit(resource.RLIMIT_FSIZE, (results.stat().st_size + 40, limits[1]))
        try:
            status, _, content = visitor.ask("answer", given)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert (status, b"could not be kept" in content) == (500, True)
        assert str(results.parent).encode() not in content
        assert "ratings.jsonl: the answer could not be kept" in heard[0].message
        assert visitor.state("anna") == state
        assert visitor.answer("anna", given["question"], "left")["done"] == 2
    found = read_answers(results)
    assert len(found.standing) == 2
    assert found.unreadable == 1


def test_one_program_at_a_time_adds_to_a_file(results):
    first = AnswerFile(results)
    with pytest.raises(UsageError, match="another `stylecli eval rate`"):
        AnswerFile(results)
    first.close()
    AnswerFile(results).close()
    assert list(results.parent.iterdir()) == []


def test_a_file_that_was_put_in_its_place_is_the_users(results, tmp_path):
    file = AnswerFile(results)
    (tmp_path / "mine").write_text("of another day", encoding="utf-8")
    (tmp_path / "mine").replace(results)
    file.close()
    assert results.read_text(encoding="utf-8") == "of another day"


def test_a_link_to_a_file_that_is_not_there_yet_stays(results, tmp_path):
    target = tmp_path / "elsewhere" / "target.jsonl"
    results.symlink_to(target)
    AnswerFile(results).close()
    assert results.is_symlink()
    assert not target.exists()
    file = AnswerFile(results)
    file.add({"kind": "start", "rater": "anna"})
    file.close()
    assert len(lines_of(target)) == 1


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
        assert desk.kept() == {"anna": 2}
    found = read_answers(results)
    assert (len(found.standing), found.unreadable, found.twice) == (2, 0, 0)


def test_what_was_kept_is_put_into_a_file_that_replaced_it(material, results, tmp_path):
    other = AnswerFile(tmp_path / "other.jsonl")
    other.add({"kind": "score", "rater": "ben", "question": "s-1", "entry": "x", "output": "x",
               "digest": "0", "score": 3})  # fmt: skip
    other.close()
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        assert answer_two(visitor, lambda: other.path.replace(results))[0] == 200
    raters = [answer.rater for answer in read_answers(results).standing]
    assert sorted(raters) == ["anna", "anna", "ben"]


def test_what_cannot_be_put_back_is_said_and_does_not_count(material, results):
    def spoil():
        results.unlink()
        results.write_text("a diary", encoding="utf-8")

    heard = []
    with served(material, results, progress=heard.append) as (server, desk):
        visitor = Visitor(server.address())
        status, _, content = answer_two(visitor, spoil)
        assert (status, b"could not be kept" in content) == (500, True)
        assert "was deleted or replaced meanwhile" in heard[0].message
        assert visitor.state("anna")["done"] == 1
        with pytest.raises(StylecliError, match="cannot be put back"):
            desk.kept()
        assert results.read_text(encoding="utf-8") == "a diary"
        results.unlink()
        assert desk.kept() == {"anna": 1}
    assert len(read_answers(results).standing) == 1


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written") as told:
        AnswerFile(tmp_path / "file" / "ratings.jsonl")
    assert "--results" in told.value.hint
    with pytest.raises(UsageError, match="not a file"):
        AnswerFile(tmp_path)
    with pytest.raises(UsageError, match="no ratings in this file"):
        AnswerFile(tmp_path / "file")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"
