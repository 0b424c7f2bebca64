"""``stylecli plugins list``: where a plugin comes from, what it does, and what is the matter with it."""

import json
import sys

import pytest

GOOD = """
import stylecli

@stylecli.hookimpl
def stylecli_bases():
    return [stylecli.BaseSpec("seaside", "sd15", "org/seaside")]

@stylecli.hookimpl
def stylecli_metrics():
    return []
"""
SLOW = GOOD + "import time, onnxruntime\ntime.sleep(0.6)\n"


@pytest.fixture
def row(run_cli):
    """The entry of a plugin in ``--json``."""

    def read(name):
        code, out, err = run_cli("plugins", "list", "--json")
        assert (code, err) == (0, "")
        (found,) = [each for each in json.loads(out) if each["name"] == name]
        return found

    return read


def test_a_plugin_is_shown_with_version_source_hooks_and_time(
    run_cli, install_plugin, row, tmp_path
):
    install_plugin("good_for_tests", GOOD)
    found = row("good_for_tests")
    assert (found["distribution"], found["version"]) == ("good_for_tests", "1.0")
    assert found["module"] == "good_for_tests"
    assert found["file"] == str(tmp_path / "site" / "good_for_tests.py")
    assert sorted(found["hooks"]) == ["stylecli_bases", "stylecli_metrics"]
    assert found["bases"] == ["seaside"]
    assert found["milliseconds"] > 0
    assert (found["failure"], found["slow"]) == ("", "")
    _, out, _ = run_cli("plugins", "list")
    (line,) = [line for line in out.splitlines() if line.startswith("good_for_tests")]
    for words in ("good_for_tests 1.0", "base seaside", "bases", " ms", "ok"):
        assert words in line


def test_a_narrow_terminal_shows_what_matters_most(run_cli, install_plugin, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    install_plugin("good_for_tests", GOOD)
    _, out, _ = run_cli("plugins", "list")
    header = out.splitlines()[0]
    assert header.split() == ["name", "package", "adds", "loaded", "in", "state"]


@pytest.fixture
def heavy(tmp_path, monkeypatch):
    """A stand-in for a library that takes long to import, whether or not the real one is here."""
    site = tmp_path / "heavy"
    site.mkdir()
    (site / "onnxruntime.py").write_text("")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    yield
    sys.modules.pop("onnxruntime", None)
    sys.modules.pop("slow_for_tests", None)


def test_a_slow_plugin_is_named_with_what_it_waits_for(
    run_cli, install_plugin, heavy, row, tmp_path
):
    install_plugin("slow_for_tests", SLOW)
    code, _, err = run_cli("train", tmp_path / "none")
    assert code == 2
    assert "take long to load, with every command and TAB: slow_for_tests (0." in err
    assert "it imports onnxruntime when it is loaded" in err
    # Loaded by now, it takes no time in this process.
    sys.modules.pop("onnxruntime", None)
    sys.modules.pop("slow_for_tests", None)
    assert "it imports onnxruntime when it is loaded" in row("slow_for_tests")["slow"]
    sys.modules.pop("onnxruntime", None)
    sys.modules.pop("slow_for_tests", None)
    _, out, _ = run_cli("plugins", "list")
    assert "slow_for_tests is slow: 0." in out


def test_why_a_plugin_is_left_out_can_be_read_in_a_narrow_terminal(
    run_cli, install_plugin, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    install_plugin("misspelt_for_tests", GOOD.replace("stylecli_metrics", "stylecli_metric"))
    _, out, _ = run_cli("plugins", "list")
    said = " ".join(out.split())
    assert "misspelt_for_tests is left out: TypeError: there is no hook 'stylecli_metric'." in said
    assert "Did you mean 'stylecli_metrics'" in said
