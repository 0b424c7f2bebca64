"""``stylecli eval ratings`` as a user types it."""

import json
import re

import pytest
from made_answers import choice, line, opinions, write
from made_evaluation import checkpoints, entry, evaluation, everything, gallery

from stylecli.evaluation.report.writing import write_report


@pytest.fixture
def report(tmp_path, monkeypatch):
    """A report that was rated, in the current folder as ``out``."""
    monkeypatch.chdir(tmp_path)

    def make(found, raters=("anna", "béla")):
        write_report(tmp_path / "out", found, gallery(tmp_path / "pictures", found))
        write(tmp_path / "out" / "ratings.jsonl", opinions(found, raters))
        return tmp_path / "out"

    return make


def test_a_report_says_what_people_say(report, run_cli):
    folder = report(everything())
    code, out, err = run_cli("eval", "ratings", "out")
    assert code == 0, err
    assert "2 raters gave" in out
    assert "monet at 0.6 is preferred most" in out
    assert "Style closure" in out
    assert "Report: out/report.html" in out
    assert "anna" not in out + err
    assert "few-raters" in err
    found = json.loads((folder / "ratings.json").read_text(encoding="utf-8"))
    assert found["schema"] == "stylecli-ratings/1"
    assert found["raters"] == 2
    assert "anna" not in json.dumps(found)
    assert "What people say" in (folder / "report.md").read_text(encoding="utf-8")
    assert 'id="people"' in (folder / "report.html").read_text(encoding="utf-8")


def test_json_and_names(report, run_cli):
    report(everything())
    code, out, _ = run_cli("eval", "ratings", "out", "--json", "--names")
    assert code == 0
    assert [row["name"] for row in json.loads(out)["people"]] == ["anna", "béla"]


def test_the_best_step_is_told(report, run_cli):
    report(checkpoints(), "abcd")
    _, out, _ = run_cli("eval", "ratings", "out")
    assert "Best by people's score: step 1" in out


def test_it_can_look_without_writing(report, run_cli):
    folder = report(everything())
    before = {path: path.read_bytes() for path in folder.iterdir()}
    code, out, _ = run_cli("eval", "ratings", "out", "--keep-report")
    assert code == 0
    assert "Report:" not in out
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_files_are_joined_to_the_answers_of_the_report(report, run_cli, tmp_path):
    found = everything()
    report(found)
    write(tmp_path / "more.jsonl", opinions(found, ("cy",)))
    exported = [each for each in opinions(found, ("dee",)) if each["kind"] != "start"]
    (tmp_path / "page.json").write_text(json.dumps(exported), encoding="utf-8")
    _, out, _ = run_cli("eval", "ratings", "out", "more.jsonl", "page.json", "--json")
    assert json.loads(out)["raters"] == 4
    _, again, _ = run_cli("eval", "ratings", "out/eval.json", "out/ratings.jsonl", "--json")
    assert json.loads(again)["left_out"]["twice"] == 0
    assert json.loads(again)["raters"] == 2


def test_answers_alone_give_tables_and_no_file(report, run_cli, tmp_path):
    folder = report(everything())
    (tmp_path / "alone").mkdir()
    (folder / "ratings.jsonl").rename(tmp_path / "alone" / "a.jsonl")
    code, out, _ = run_cli("eval", "ratings", "alone/a.jsonl")
    assert code == 0
    assert "is preferred most" in out
    assert "Beside the figures" not in out
    assert [path.name for path in (tmp_path / "alone").iterdir()] == ["a.jsonl"]


def test_a_training_run_is_known_by_its_folder(report, run_cli, tmp_path):
    folder = report(checkpoints(), "abc")
    (tmp_path / "run").mkdir()
    (folder / "ratings.jsonl").rename(tmp_path / "run" / "ratings.jsonl")
    code, out, _ = run_cli("eval", "ratings", "run")
    assert code == 0
    assert "Best by people's score: step 1" in out


def test_a_file_that_was_cut_off_still_counts(report, run_cli):
    folder = report(everything())
    answers = folder / "ratings.jsonl"
    answers.write_bytes(answers.read_bytes()[:-25])
    code, _, err = run_cli("eval", "ratings", "out")
    assert code == 0
    assert "unreadable-lines: 1 line" in err


def test_what_is_wrong_is_said(report, run_cli, tmp_path):
    folder = report(everything())
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "none").mkdir()
    other = evaluation([entry("x", 2), entry("y", 2)])
    write_report(tmp_path / "other", other, gallery(tmp_path / "p", other))
    for words, said in (
        (("empty.jsonl",), "no answers that stand"),
        (("missing.jsonl",), "cannot be read"),
        (("none",), "neither a report (eval.json) nor answers"),
        (("nowhere",), "No run named"),
        (("out", "other"), "Two reports"),
        (("other",), "no answers in it yet"),
        (("other", "out/ratings.jsonl"), "is about an output of other"),
        (("out/report.md",), "no ratings in this file"),
    ):
        code, _, err = run_cli("eval", "ratings", *words)
        assert code == 2, words
        assert said in " ".join(err.split()), words
        assert "Traceback" not in err
    assert not (folder / "ratings.json").exists()


def test_answers_that_cannot_be_read_are_said_to_be_there(report, run_cli):
    found = everything()
    folder = report(found)
    choices = [each for each in opinions(found) if each["kind"] == "choice"]
    write(folder / "ratings.jsonl", [each | {"chosen": "both"} for each in choices])
    code, _, err = run_cli("eval", "ratings", "out")
    assert code == 2
    assert f"no answers that stand; {len(choices)} lines cannot be read" in " ".join(err.split())


def test_intervals_are_in_one_piece_on_a_narrow_screen(report, run_cli, monkeypatch):
    report(everything())
    for width in ("80", "200"):
        monkeypatch.setenv("COLUMNS", width)
        _, out, _ = run_cli("eval", "ratings", "out")
        rows = out[out.index("Preferred") : out.index("is preferred most")].splitlines()
        assert all(len(row) <= int(width) for row in rows)
        intervals = [word for row in rows for word in re.findall(r"\(([^)]*)\)", row)]
        # Beside the heading's "(log)" three of each entry.
        assert len([each for each in intervals if " to " in each]) == 9
        assert all(row.count("(") == row.count(")") for row in rows)


def test_tables_of_who_was_not_compared_say_whom_they_compare(run_cli, tmp_path):
    found = evaluation([entry(name, style=name) for name in "abcd"])
    pictures = {each.name: [(each, row) for row in each.pictures] for each in found.entries}
    lines = [
        choice("x", pictures[one][at], pictures[other][at], "left", target="")
        for one, other in ("ab", "cd")
        for at in range(10)
    ]
    write(tmp_path / "answers.jsonl", lines)
    code, out, err = run_cli("eval", "ratings", tmp_path / "answers.jsonl")
    assert code == 0
    assert "Preferred: a and b\n" in out
    assert "Preferred: c and d\n" in out
    assert "not-joined" in err


def test_a_folder_in_a_files_place_is_said_before_anything_is_written(report, run_cli):
    folder = report(everything())
    (folder / "report.html").unlink()
    (folder / "report.html").mkdir()
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    code, _, err = run_cli("eval", "ratings", "out")
    assert code == 1
    assert "report.html: is a folder" in " ".join(err.split())
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_one_report_by_two_names_is_one(report, run_cli):
    folder = report(everything())
    code, out, err = run_cli("eval", "ratings", "out", folder, "out/eval.json", "--json")
    assert code == 0, err
    assert json.loads(out)["raters"] == 2


def test_real_pictures_alone_are_no_strangers(report, run_cli):
    found = everything()
    folder = report(found)
    real = line("real", "anna", "r-1", entry=None, target=found.references[0].name, output="r.jpg",
                digest="0", said="real")  # fmt: skip
    write(folder / "ratings.jsonl", [real])
    code, _, err = run_cli("eval", "ratings", "out")
    assert code == 2
    assert "only real pictures were judged so far" in " ".join(err.split())


def test_pictures_that_are_gone_are_named(report, run_cli):
    folder = report(everything())
    (folder / "report.html").unlink()
    code, _, err = run_cli("eval", "ratings", "out")
    assert code == 0
    assert "pictures of the report are gone" in err
    assert "cannot be read" in (folder / "report.html").read_text(encoding="utf-8")
