import re
from importlib import metadata

import pytest
import typer

from stylecli.cli.app import main
from stylecli.cli.program import app
from stylecli.errors import Cancelled, StylecliError, UsageError

COMMANDS = ["train", "transfer", "generate"]


def test_the_version_is_the_packages(run_cli):
    assert run_cli("--version") == (0, f"stylecli {metadata.version('stylecli')}\n", "")


def test_the_installed_program_is_this_one():
    scripts = metadata.entry_points(group="console_scripts")
    assert next(point for point in scripts if point.name == "stylecli").load() is main


def test_help_names_every_command(run_cli):
    code, out, _ = run_cli("--help")
    assert code == 0
    for name in [*COMMANDS, "demo", "styles", "bases", "plugins"]:
        assert re.search(rf"│ {name} ", out)


@pytest.mark.parametrize("command", [*COMMANDS, "demo"])
def test_every_command_has_help(run_cli, command):
    code, out, err = run_cli(command, "--help")
    assert (code, err) == (0, "")
    assert f"Usage: stylecli {command}" in out


@pytest.mark.parametrize("group", ["styles", "bases", "plugins"])
def test_a_group_alone_shows_what_it_can_do(run_cli, group):
    _, out, err = run_cli(group)
    assert re.search(r"│ list ", out + err)


def test_the_help_of_train_has_the_methods_panel_ranges_and_presets(run_cli):
    _, out, _ = run_cli("train", "--method", "lora-sdedit", "--help")
    own = out[out.index("─ lora-sdedit ─") :]
    assert re.search(r"--rank .*\[1<=x<=1024\].*\[default: 16\]", own)
    assert "Preset monet-a: a published Monet run" in out


@pytest.mark.parametrize(
    "typed", [["--method", "nope"], ["--method=nope"], ["-m", "nope"], ["-mnope"]]
)
def test_an_unknown_method_is_named_however_it_is_typed(run_cli, tmp_path, typed):
    code, _, err = run_cli("train", tmp_path, *typed)
    assert code == 2
    assert "No method named 'nope'.\n  There are: dreambooth, lora-sdedit" in err


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (["train", "x", "--rnk", "4"], "--rank"),
        (["transfer", "x", "--strenght", "0.5"], "--strength"),
        (["generate", "x", "--guidence", "3"], "--guidance"),
        (["trian", "x"], "'train'"),
        (["train", "x", "--method", "lora-sdedi"], "'lora-sdedit'"),
    ],
)
def test_what_is_misspelt_is_answered_with_the_nearest(run_cli, words, nearest):
    code, out, err = run_cli(*words)
    assert (code, out) == (2, "")
    assert nearest in err


def test_a_value_out_of_range_names_the_option(run_cli):
    code, _, err = run_cli("train", "x", "--rank", 0)
    assert code == 2
    assert "--rank" in err


@pytest.fixture
def failing(monkeypatch):
    """Makes ``stylecli fail`` raise what it is given."""
    raised = []
    monkeypatch.setattr(app, "registered_commands", [*app.registered_commands])

    @app.command("fail")
    def fail() -> None:
        raise raised[0]

    return raised.append


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (StylecliError("[disk] full", "make room"), 1, "Error: [disk] full\n  make room\n"),
        (UsageError("no such thing"), 2, "Error: no such thing\n"),
        (Cancelled("stopped", "go on"), 130, "Stopped: stopped\n  go on\n"),
        (ValueError("a bug"), 1, "Error: Something unexpected failed: ValueError: a bug\n"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Exit(1), 1, ""),
    ],
)
def test_failures_become_exit_codes_and_words(run_cli, failing, problem, code, words):
    failing(problem)
    found, out, err = run_cli("fail")
    assert (found, out) == (code, "")
    assert err.startswith(words)
    assert "Traceback" not in err


@pytest.mark.parametrize("problem", [StylecliError("full"), ValueError("a bug")])
@pytest.mark.parametrize("words", [["--debug", "fail"], ["fail", "--debug"]])
def test_debug_lets_the_failure_through(failing, problem, words):
    failing(problem)
    with pytest.raises(type(problem)):
        main(words)


def test_debug_shows_a_traceback(program):
    result = program("transfer", "x", "--style", "a/b", "--debug")
    assert result.returncode == 1
    assert "Traceback (most recent call last)" in result.stderr
    assert "'a/b' cannot name a style" in result.stderr


def test_a_plugin_that_is_left_out_is_named_where_it_may_be_missed(
    run_cli, install_plugin, tmp_path
):
    install_plugin("broken_for_tests", "raise ImportError('needs a moon')")
    code, _, err = run_cli("train", tmp_path / "none")
    assert code == 2
    assert "Warning: Plugins left out because they failed to load: broken_for_tests" in err
    assert "needs a moon" in err
    assert "no such folder" in err


def test_a_method_that_is_left_out_is_not_told_to_be_unknown_alone(
    run_cli, install_plugin, tmp_path
):
    install_plugin("broken_for_tests", "raise ImportError('needs a moon')")
    code, _, err = run_cli("train", tmp_path, "--method", "moon")
    assert code == 2
    assert "failed to load: broken_for_tests" in err
