"""The file of answers: on the disk before they count, by one program at a time."""

import os
import sys
from contextlib import suppress

import filelock
import pytest
from made_pictures import Visitor, line_of, lines_of, served

from stylecli.errors import UsageError
from stylecli.evaluation.rating.asking.desk import Kept
from stylecli.evaluation.rating.asking.keeping import AnswerFile
from stylecli.evaluation.rating.reading import read_answers


def test_a_half_written_line_stays_and_a_new_one_begins(material, results):
    torn = '{"schema": "stylecli-rating/1", "kind": "choi'
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        question = visitor.state("anna")["question"]
        visitor.answer("anna", question["id"], "tie")
    results.write_text(results.read_text(encoding="utf-8") + torn, encoding="utf-8")
    before = results.read_bytes()
    with served(material, results) as (server, desk):
        visitor = Visitor(server.address())
        state = visitor.state("anna")
        assert state["done"] == 1
        visitor.answer("anna", state["question"]["id"], "left")
        assert desk.kept() == Kept({"anna": 1}, 2)
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


@pytest.mark.skipif(sys.platform != "linux", reason="tells open files by /proc")
def test_a_lock_that_is_let_go_is_not_held_open(results):
    first = AnswerFile(results)
    first.close()
    results.write_text("a diary", encoding="utf-8")
    with pytest.raises(UsageError):
        AnswerFile(results)
    places = []
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            places.append(os.readlink(f"/proc/self/fd/{number}"))
    assert not [place for place in places if ".ratings.jsonl.lock" in place]
    assert list(results.parent.iterdir()) == [results]


def test_what_another_program_adds_before_it_ends_is_known(results, monkeypatch):
    acquire = filelock.FileLock.acquire

    def after_another(lock):
        results.write_text(f"{line_of('ben')}\n", encoding="utf-8")
        return acquire(lock)

    monkeypatch.setattr(filelock.FileLock, "acquire", after_another)
    file = AnswerFile(results)
    file.close()
    assert [answer.rater for answer in file.before.standing] == ["ben"]
    assert len(lines_of(results)) == 1


def test_an_answer_and_the_name_of_its_file_are_on_the_disk(results, monkeypatch):
    synced = {}
    sync = os.fsync

    def told(handle):
        sync(handle)
        for place in (results, results.parent):
            if os.path.samestat(os.fstat(handle), place.stat()):
                synced[place] = place.read_bytes() if place == results else b""

    file = AnswerFile(results)
    monkeypatch.setattr(os, "fsync", told)
    for count in (1, 2):
        file.add({"kind": "start", "rater": "anna"})
        assert synced[results] == results.read_bytes()
        assert synced[results].count(b"\n") == count
    file.close()
    assert results.parent in synced or sys.platform == "win32"


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
