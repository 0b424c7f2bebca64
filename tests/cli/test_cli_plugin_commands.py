"""Sub-commands of plugins: there, quick to list, and named where they fail."""

import json

import pytest

from stylecli.cli.program import app
from stylecli.command import RESERVED

CODE = """
import typer

import stylecli


def greet():
    def greet(name: str, loud: bool = False):
        if name == "nobody":
            raise ValueError("who?")
        if name == "wrong":
            raise stylecli.UsageError("not this one", "Another one.")
        typer.echo(f"Hello {name}{'!' if loud else ''}")
    return greet


def tools():
    app = typer.Typer()

    @app.command()
    def count(words: list[str]):
        "Count words."
        typer.echo(len(words))

    @app.command()
    def fail():
        raise KeyError("gone")

    return app


def leaving():
    import sys

    def leave(how: str):
        if how == "odd":
            raise BaseException("odd")
        sys.exit({"three": 3, "nothing": None, "reason": "this is why"}[how])

    return leave


def talking():
    def talk(debug: bool = False):
        typer.echo(debug)

    return talk


def lost():
    import no_such_module_anywhere


@stylecli.hookimpl
def stylecli_commands():
    return [
        stylecli.Command("greet", "Say hello.", greet),
        stylecli.Command("tools", "Several things.", tools),
        stylecli.Command("lost", "Cannot be loaded.", lost),
        stylecli.Command("leave", "Ends [/red] the program.", leaving),
        stylecli.Command("talk", "Has --debug.", talking),
    ]
"""


@pytest.fixture
def greeter(install_plugin):
    install_plugin("greeter_for_tests", CODE)


def test_commands_of_plugins_stand_in_the_help_and_run(run_cli, greeter):
    code, out, err = run_cli("--help")
    assert (code, err) == (0, "")
    for line in ("greet   ", "Say hello.", "tools   ", "lost   "):
        assert line in out
    assert run_cli("greet", "Ann", "--loud") == (0, "Hello Ann!\n", "")
    assert run_cli("tools", "count", "a", "b") == (0, "2\n", "")
    code, out, _ = run_cli("greet", "--help")
    assert code == 0
    assert "Usage: stylecli greet" in out
    assert "--loud" in out
    assert "Count words" in run_cli("tools", "--help")[1]


def test_one_that_fails_is_named_with_its_package(run_cli, greeter):
    code, _, err = run_cli("greet", "nobody")
    assert code == 1
    assert "The command 'greet' failed: ValueError: who?" in err
    assert "It comes from greeter_for_tests 1.0" in err
    code, _, err = run_cli("tools", "fail")
    assert code == 1
    assert "The command 'tools' failed: KeyError" in err
    code, _, err = run_cli("lost")
    assert code == 1
    assert "The command 'lost' could not be loaded: ModuleNotFoundError" in err


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("three", 3, ""),
        ("nothing", 0, ""),
        ("reason", 1, "Error: this is why\n"),
        ("odd", 1, "The command 'leave' failed: BaseException: odd"),
    ],
)
def test_one_may_end_the_program_and_say_why(run_cli, greeter, how, code, said):
    found, out, err = run_cli("leave", how)
    assert (found, out) == (code, "")
    assert said in err
    assert bool(err) == bool(said)


def test_what_looks_like_markup_in_a_summary_is_shown_as_it_is(run_cli, greeter):
    assert "Ends [/red] the program." in run_cli("--help")[1]
    assert "Ends [/red] the program." in run_cli("leave", "--help")[1]


def test_the_programs_own_debug_is_refused(run_cli, greeter):
    code, _, err = run_cli("talk", "--debug-me-not")
    assert code == 1
    assert "it declares --debug, which stylecli itself has" in err
    assert "It comes from greeter_for_tests 1.0" in err


def test_its_own_errors_and_wrong_calls_are_told_as_they_are(run_cli, greeter):
    code, _, err = run_cli("greet", "wrong")
    assert (code, err) == (2, "Error: not this one\n  Another one.\n")
    code, _, err = run_cli("greet")
    assert code == 2
    assert "Missing argument" in err
    assert "greeter_for_tests" not in err


def test_a_command_of_the_programs_own_cannot_be_taken(run_cli, install_plugin):
    install_plugin("taker_for_tests", CODE.replace('"greet", "Say', '"train", "Say'))
    code, out, _ = run_cli("plugins", "list", "--json")
    assert code == 0
    (row,) = [row for row in json.loads(out) if row["name"] == "taker_for_tests"]
    assert "taker_for_tests 1.0 offers the command 'train'" in row["failure"]
    assert "which stylecli itself offers too" in row["failure"]
    assert row["commands"] == []
    assert "Learn a style" in run_cli("train", "--help")[1]
    code, _, err = run_cli("tools")
    assert code == 2
    assert "left out because they failed to load: taker_for_tests" in err


def test_names_that_the_program_has_are_reserved():
    own = {command.name for command in app.registered_commands}
    own |= {group.name for group in app.registered_groups}
    assert own <= set(RESERVED)


@pytest.mark.parametrize(
    ("name", "broken", "words"),
    [
        ("odd_0_for_tests", 'stylecli.Command("two words", "x", greet)', "name is 'two words'"),
        (
            "odd_1_for_tests",
            'stylecli.Command("greet", "x", None)',
            "has no function that loads it",
        ),
        ("odd_2_for_tests", '("greet", greet)', "which is no Command"),
        (
            "odd_3_for_tests",
            "*[stylecli.Command('greet', 'x', greet)] * 2",
            "'greet' is offered twice",
        ),
    ],
)
def test_what_is_no_command_is_left_out_by_name(run_cli, install_plugin, name, broken, words):
    code = CODE.split("    return [\n        stylecli.Command")[0] + f"    return [{broken}]\n"
    install_plugin(name, code)
    _, out, _ = run_cli("plugins", "list", "--json")
    (row,) = [row for row in json.loads(out) if row["name"] == name]
    assert words in row["failure"]
    assert run_cli("--help")[0] == 0


def test_help_of_the_program_survives_a_plugin_that_is_broken(run_cli, install_plugin):
    install_plugin("broken_for_tests", "raise SystemExit(3)")
    code, out, err = run_cli("--help")
    assert (code, err) == (0, "")
    assert "│ train " in out


def test_where_a_plugin_is_named_that_there_is_not_help_is_shown_all_the_same(
    run_cli, greeter, monkeypatch
):
    monkeypatch.setenv("STYLECLI_PLUGINS", "greeeter_for_tests")
    assert run_cli("--help")[0] == 0
    code, _, err = run_cli("greet", "Ann")
    assert code == 2
    assert "STYLECLI_PLUGINS names 'greeeter_for_tests'" in err


def test_plugins_that_are_not_chosen_add_no_commands(run_cli, greeter, monkeypatch):
    monkeypatch.setenv("STYLECLI_PLUGINS", "tiny")
    assert "greet" not in run_cli("--help")[1]
    assert run_cli("greet", "Ann")[0] == 2


def test_they_are_completed(program, greeter):
    result = program(_STYLECLI_COMPLETE="complete_bash", COMP_WORDS="stylecli\ngre", COMP_CWORD="1")
    assert result.stdout.split() == ["greet"]
    words = {"COMP_WORDS": "stylecli\ngreet\n--l", "COMP_CWORD": "2"}
    result = program(_STYLECLI_COMPLETE="complete_bash", **words)
    assert result.stdout.split() == ["--loud"]
