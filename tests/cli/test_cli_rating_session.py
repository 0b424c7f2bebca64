"""The time in which people rate, as whoever asked them sees it."""

import json
import signal
import stat
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from rating_program import Program, told

from stylecli.testing.pictures import smooth_picture

OUTPUTS = ["--outputs", "alpha", "--outputs", "beta", "--content", "photos"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of photos and two of outputs, which is the current one."""
    for place, name in enumerate(("photos", "alpha", "beta", "paintings")):
        (tmp_path / name).mkdir()
        for number in range(4):
            smooth_picture(10 * place + number, (64, 48)).save(tmp_path / name / f"p{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_was_given_this_time_is_told_apart_from_what_is_in_the_file(here):
    for name, count in (("Anna", 3), ("Ben", 2), ("Ben", 1)):
        program = Program(*OUTPUTS, "--no-open")
        address = program.address()
        for _ in range(count):
            question = told(address, f"question?rater={name}")["question"]
            told(address, "answer", {"rater": name, "question": question["id"], "answer": "left"})
        _, out, err = program.end()
        assert "Traceback" not in err
    assert "Kept in ratings.jsonl: 1 answer of Ben. In the file: 6 answers." in out


@pytest.mark.skipif(sys.platform == "win32", reason="a browser that is a script")
def test_the_address_is_not_on_the_command_line_of_the_browser(here, tmp_path_factory, monkeypatch):
    place = tmp_path_factory.mktemp("browser")
    browser = place / "browser"
    browser.write_text(f"#!/bin/sh\necho $# $1 > {place}/new\nmv {place}/new {place}/opened\n")
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    program = Program(*OUTPUTS)
    address = program.address()
    until = time.monotonic() + 20
    while not (place / "opened").exists() and time.monotonic() < until:
        time.sleep(0.05)
    count, opened = (place / "opened").read_text().split()
    token = address.path.strip("/")
    assert count == "1"
    assert token not in opened
    page = Path(unquote(urlsplit(opened).path))
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert f'content="0; url={address.geturl()}"' in page.read_text(encoding="utf-8")
    program.end()
    assert not page.exists()


def test_a_name_that_the_report_has_not_is_refused(here, run_cli):
    code, _, err = run_cli(
        "eval", *OUTPUTS, "--reference", "paintings", "--metrics", "ssim", "--report", "out"
    )
    assert code == 0, err
    args = ["eval", "rate", "out", "--static", "page.html"]
    code, _, err = run_cli(*args, *OUTPUTS, "--outputs", "alhpa=alpha")
    assert code == 2
    assert "the report has no entry 'alhpa'; it has alpha, beta" in " ".join(err.split())
    assert "Did you mean 'alpha'?" in err
    assert not (here / "page.html").exists()
    # A folder without a name may be called anything: its pictures are found by their hashes.
    (here / "alpha").rename(here / "elsewhere")
    code, _, err = run_cli(*args, "--outputs", "elsewhere", "--outputs", "beta=beta")
    assert code == 0, err


@pytest.mark.skipif(sys.platform == "win32", reason="a browser that is a script")
def test_a_terminal_that_is_closed_ends_it_and_what_was_left_lying_is_taken_away(
    here, tmp_path_factory, monkeypatch
):
    browser = tmp_path_factory.mktemp("browser") / "browser"
    browser.write_text("#!/bin/sh\necho I am a browser\n")
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    (here / "opening-ratings-old.html").touch()
    (here / "opening-others.html").touch()
    program = Program(*OUTPUTS, "--json")
    address = program.address(program.process.stderr)
    question = told(address, "question?rater=Anna")["question"]
    told(address, "answer", {"rater": "Anna", "question": question["id"], "answer": "left"})
    code, out, _ = program.end(signal.SIGHUP)
    assert code == 0
    assert json.loads(out)["answers"] == {"Anna": 1}
    assert [path.name for path in here.glob("opening-*")] == ["opening-others.html"]
