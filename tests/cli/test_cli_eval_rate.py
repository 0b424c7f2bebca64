"""``stylecli eval rate`` as a user types it."""

import json
import os
import shutil
import signal
from itertools import pairwise

import pytest
from PIL import Image
from rating_program import Program, told

from stylecli.cli.rating_session import next_command
from stylecli.evaluation.rating.reading import read_answers
from stylecli.testing.pictures import smooth_picture
from stylecli.training.previews import Preview, PreviewFolder

SERVED = ["--no-open"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of photos and two of outputs, which is the current one."""
    for place, name in enumerate(("photos", "alpha", "beta", "paintings")):
        (tmp_path / name).mkdir()
        for number in range(4):
            smooth_picture(10 * place + number, (64, 48)).save(tmp_path / name / f"p{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


OUTPUTS = ["--outputs", "alpha", "--outputs", "beta", "--content", "photos"]


@pytest.mark.parametrize("as_json", [False, True])
def test_it_serves_until_it_is_told_to_end_and_says_what_was_kept(here, as_json):
    program = Program(*OUTPUTS, *SERVED, "--rater", "Anna", *(["--json"] if as_json else []))
    address = program.address(program.process.stderr if as_json else None)
    assert address.hostname == "127.0.0.1"
    assert address.query == "rater=Anna"
    for _ in range(2):
        question = told(address, "question?rater=Anna")["question"]
        given = {"rater": "Anna", "question": question["id"], "answer": "left", "seconds": 1}
        told(address, "answer", given)
    code, out, err = program.end(signal.SIGTERM if as_json else signal.SIGINT)
    assert code == 0, err
    assert "Traceback" not in err
    if as_json:
        told_at_the_end = {"results": "ratings.jsonl", "answers": {"Anna": 2}, "in_file": 2}
        assert json.loads(out) == told_at_the_end
    else:
        assert "Kept in ratings.jsonl: 2 answers of Anna. In the file: 2 answers." in out
        assert "What they come to: stylecli eval ratings ratings.jsonl" in out
    assert len(read_answers(here / "ratings.jsonl").standing) == 2
    assert sorted(path.name for path in here.iterdir()) == [
        "alpha", "beta", "paintings", "photos", "ratings.jsonl",
    ]  # fmt: skip


def test_what_is_in_the_file_is_said_at_the_start(here):
    (here / "ratings.jsonl").write_text(
        json.dumps(
            {
                "schema": "stylecli-rating/1", "kind": "score", "rater": "ben", "question": "s-1",
                "entry": "x", "output": "x", "digest": "0", "score": 3,
            }
        ) + '\n{"sche',
        encoding="utf-8",
    )  # fmt: skip
    before = (here / "ratings.jsonl").read_bytes()
    program = Program(*OUTPUTS, *SERVED)
    program.address()
    code, _, err = program.end()
    assert code == 0
    assert "1 line cannot be read" in err
    assert "1 answer about other pictures" in err
    assert "Nobody answered" in err
    assert (here / "ratings.jsonl").read_bytes() == before


def test_a_port_that_is_taken(here, run_cli):
    program = Program(*OUTPUTS, *SERVED)
    port = program.address().port
    code, _, err = run_cli(
        "eval", "rate", *OUTPUTS, *SERVED, "--port", port, "--results", "other.jsonl"
    )
    assert code == 1
    assert f"Port {port} is taken" in err
    assert "--port 0" in err
    code, _, err = run_cli("eval", "rate", *OUTPUTS, *SERVED)
    assert code == 2
    assert "another `stylecli eval rate` adds to this file" in err
    assert program.end()[0] == 0
    assert not (here / "other.jsonl").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "Nothing to rate"),
        (["nowhere"], "No run named 'nowhere'"),
        (["photos/p0.png"], "not a folder"),
        (["photos"], "neither a report (eval.json) nor previews"),
        (["--outputs", "nowhere"], "no such folder"),
        (["--outputs", "."], "two folders"),
        (["--outputs", "alpha", "--content", "photos", "--ask", "choice"], "between two entries"),
        ([*OUTPUTS, "--ask", "best"], "no such question"),
        ([*OUTPUTS, "--ask", "real"], "needs pictures of the style"),
        ([*OUTPUTS, "--results", "photos"], "not a file"),
        ([*OUTPUTS, "--results", "photos/p0.png"], "no ratings in this file"),
        ([*OUTPUTS, "--results", "photos/p0.png/x.jsonl"], "cannot be written"),
        ([*OUTPUTS, "--rater", " "], "--rater: A name has"),
        ([*OUTPUTS, "--static", "p.html", "--rater", "x" * 300], "--rater: A name has 1 to 60"),
        ([*OUTPUTS, "--static", "p.html", "--rater", "a\u202eb"], "--rater: A name has"),
        ([*OUTPUTS, "--overwrite"], "answers are only ever added"),
        ([*OUTPUTS, "--static", "page.txt"], "ends in .html"),
        ([*OUTPUTS, "--static", "p.html", "--port", "80"], "needs no server"),
        ([*OUTPUTS, "--questions", "0"], "--questions"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(here, run_cli, args, said):
    if "." in args:
        (here / "sub").mkdir()
        args = ["--outputs", "alpha", "--outputs", "alpha"]
    before = sorted(here.rglob("*"))
    code, out, err = run_cli("eval", "rate", *args, *([] if "--static" in args else SERVED))
    assert code == 2, err
    assert said in err
    assert "Traceback" not in err
    assert out == ""
    assert sorted(here.rglob("*")) == before


@pytest.mark.skipif(
    os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere"
)
def test_a_folder_that_is_read_only(here, run_cli):
    (here / "photos").chmod(0o500)
    code, _, err = run_cli("eval", "rate", *OUTPUTS, *SERVED, "--results", "photos/r.jsonl")
    assert code == 2
    assert "cannot be written" in err


def test_a_static_page_is_written_and_not_over_another_unasked(here, run_cli):
    args = ["eval", "rate", *OUTPUTS, "--reference", "paintings", "--ask", "real,choice,score"]
    args += ["--static", "page.html", "--questions", "12"]
    code, out, err = run_cli(*args)
    assert code == 0, err
    assert "Page: page.html (12 questions" in out
    page = (here / "page.html").read_text(encoding="utf-8")
    assert "alpha" not in page.replace("alphabet", "")
    assert str(here) not in page
    code, _, err = run_cli(*args)
    assert code == 2
    assert "is there already" in err
    code, out, _ = run_cli(*args, "--overwrite", "--seed", "3", "--json")
    assert code == 0
    assert json.loads(out)["questions"] == 12
    assert (here / "page.html").read_text(encoding="utf-8") != page


def test_a_run_is_found_by_its_folder_and_scored(here, run_cli):
    previews = PreviewFolder(here / "run", 0)
    for step in (50, 100):
        shown = [Preview(smooth_picture(step + seed, (32, 32)), "a cat", seed) for seed in range(3)]
        previews.add(step, shown)
    code, out, err = run_cli("eval", "rate", "run", "--static", "run.html", "--json")
    assert code == 0, err
    assert json.loads(out)["questions"] == 6
    assert (
        "step"
        not in (here / "run.html")
        .read_text(encoding="utf-8")
        .partition('id="setup"')[2]
        .partition("</script>")[0]
    )


def test_pictures_that_cannot_be_read_are_left_out_with_a_word(here, run_cli):
    (here / "alpha" / "p1.png").write_bytes(b"none")
    code, _, err = run_cli("eval", "rate", *OUTPUTS, "--static", "page.html")
    assert code == 0
    assert "alpha/p1.png" in err
    assert "left out" in err
    shutil.rmtree(here / "alpha")
    (here / "alpha").mkdir()
    Image.new("RGB", (8, 8)).save(here / "alpha" / "zz.png")
    code, _, err = run_cli("eval", "rate", *OUTPUTS, *SERVED)
    assert code == 2
    assert "1 of 1 outputs have no content picture: zz.png" in err


def test_the_next_command_names_what_is_needed(tmp_path):
    results = tmp_path / "ratings.jsonl"
    assert next_command(results, tmp_path, True) == f"stylecli eval ratings {tmp_path}"
    assert next_command(results, tmp_path, False) == f"stylecli eval ratings {tmp_path}"
    other = tmp_path / "my answers" / "a.jsonl"
    command = f"stylecli eval ratings {tmp_path} '{other}'"
    assert next_command(other, tmp_path, True) == command
    assert next_command(other, tmp_path, False) == f"stylecli eval ratings '{other}'"
    assert next_command(results, None, False) == f"stylecli eval ratings {results}"


def test_scores_in_place_of_choices_are_explained(here, run_cli):
    for name in ("alpha", "beta"):
        for path in (here / name).iterdir():
            path.rename(path.with_name(f"{path.stem}.{name}.png"))
    args = ["eval", "rate", *OUTPUTS[:4], "--static", "page.html", "--json"]
    code, out, err = run_cli(*args)
    assert code == 0
    assert json.loads(out)["questions"] == 8
    assert "Scores are asked. A choice is between two pictures of one photo" in err
    assert "--content FOLDER" in err
    code, _, err = run_cli(*args, "--overwrite", "--ask", "score")
    assert code == 0
    assert "Scores are asked" not in err


def test_pictures_that_are_the_same_to_the_byte_are_told_and_not_asked_about(here, run_cli):
    for number in (0, 1):
        shutil.copy(here / "alpha" / f"p{number}.png", here / "beta" / f"p{number}.png")
    code, out, err = run_cli("eval", "rate", *OUTPUTS, "--static", "page.html", "--json")
    assert code == 0
    assert json.loads(out)["questions"] == 2
    assert "2 pictures of alpha and beta are the same to the byte" in err


@pytest.mark.parametrize("command", ["rate", "ratings"])
def test_its_help_fills_eighty_columns(run_cli, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run_cli("eval", command, "--help")
    intro = [line.strip() for line in out.partition("╭")[0].splitlines()]
    assert f"stylecli eval {command} out/" in intro
    for line, following in pairwise(intro):
        assert not following or not line or len(f"{line} {following.split()[0]}") > 76
