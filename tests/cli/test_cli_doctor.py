"""``stylecli doctor`` from the command line."""

import json

import pytest

from stylecli.doctor import examine
from stylecli.doctor.finding import Finding

WELL = Finding("library", "torch", "2.9", values={"version": "2.9"})
NOTED = Finding("styles", "seaside", "damaged [/x]", "note", "stylecli styles remove seaside")
BROKEN = Finding("device", "device", "cannot be computed on", "problem", "a driver")


def test_a_sound_installation(program, home):
    result = program("doctor", "--json", HF_TOKEN="hf_abc")
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert (found["ok"], found["problems"]) == (True, [])
    named = {(each["topic"], each["name"]): each for each in found["findings"]}
    assert named["libraries", "torch"]["values"]["version"]
    assert named["device", "device"]["values"]["works"] is True
    assert named["folders", "styles"]["values"]["path"] == str(home / "styles")
    assert named["bases", "tiny"]["state"] == "ok"
    assert "hf_abc" not in result.stdout


def test_an_installation_in_ruins(program, home, tmp_path, monkeypatch):
    """Whatever is broken, all at once: the doctor says so, and goes on."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "torch.py").write_text("raise OSError('libcudart.so.12: no such file')\n")
    (site / "broken_for_tests.py").write_text("raise ImportError('no paint')\n")
    info = site / "broken_for_tests-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken_for_tests\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[stylecli]\nbroken_for_tests = broken_for_tests\n")
    (home / "styles").mkdir()
    (home / "styles" / "seaside.safetensors").write_bytes(b"no style")
    (home / "cache").write_text("a file in the place of the folder")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    result = program("doctor")
    assert (result.returncode, result.stderr) == (1, "")
    said = result.stdout
    assert "torch: 2." in said
    assert "cannot be imported (OSError: libcudart.so.12: no such file)" in said
    assert "left out because it failed to load (ImportError: no paint)" in said
    assert "stylecli styles remove seaside" in said
    assert "is in the way; it is no folder" in said
    last = said.splitlines()[-1]
    assert "broken:" in last
    assert "libraries: torch" in last
    assert "folders: cache" in last
    assert "seaside" not in last


def test_a_home_of_a_user_that_there_is_not(program):
    for words in (["doctor"], ["styles", "list"]):
        result = program(*words, STYLECLI_HOME="~nobody-of-that-name/x")
        assert result.returncode == {"doctor": 1, "styles": 2}[words[0]]
        said = result.stdout + result.stderr
        assert "STYLECLI_HOME is '~nobody-of-that-name/x'" in said
        assert "export STYLECLI_HOME=/another/place" in said
        assert "report it" not in said


@pytest.mark.parametrize(
    ("findings", "code", "last"),
    [
        ([WELL], 0, "Nothing is broken."),
        ([WELL, NOTED], 0, "Nothing is broken, 1 worth knowing."),
        ([WELL, NOTED, BROKEN], 1, "1 broken: device"),
    ],
)
def test_the_exit_code_says_whether_something_is_broken(run_cli, monkeypatch, findings, code, last):
    monkeypatch.setattr(examine, "examine", lambda online: findings)
    found, out, err = run_cli("doctor")
    assert (found, err) == (code, "")
    assert out.splitlines()[-1] == last
    assert "ok      torch: 2.9" in out
    if NOTED in findings:
        assert "note    seaside: damaged [/x]\n          stylecli styles remove seaside\n" in out
    found, out, _ = run_cli("doctor", "--json")
    assert (found, json.loads(out)["ok"]) == (code, code == 0)


def test_the_hub_is_asked_only_where_that_is_wanted(run_cli, monkeypatch):
    asked = []
    monkeypatch.setattr(examine, "try_libraries", dict)
    monkeypatch.setattr(examine, "check_hub", lambda: asked.append(1) or [])
    run_cli("doctor")
    assert asked == []
    run_cli("doctor", "--online")
    assert asked == [1]
