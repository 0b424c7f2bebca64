"""What the program says where a plugin's own code fails, or declares what cannot be."""

import pytest

from stylecli.cli.method_commands import command_of
from stylecli.options import option_fields
from stylecli.registry import load_registry
from stylecli.testing.taken import TAKEN

METHOD = """
from dataclasses import dataclass
from typing import Annotated

import typer

import stylecli


@dataclass(frozen=True)
class Options:
    {option}: Annotated[int, typer.Option(help="A number.")] = 3


class Failing(stylecli.Method):
    name = "failing"
    summary = "fails"
    families = frozenset({{"sd15"}})
    TrainOptions = TransferOptions = Options

    def train(self, run):
        {body}
        if run.options.{option} == 4:
            stylecli.LoraShape.of(None, 1)
        return run.no_such_thing

    def stylizer(self, base, styles, options):
        raise ValueError("a bug")


@stylecli.hookimpl
def stylecli_methods():
    return [Failing()]
"""

CAPTIONER = """
import sys

import stylecli


class Silent(stylecli.Captioner):
    name, summary, reads_pictures = "silent", "says nothing", False

    def load(self, options, progress):
        return lambda subjects: {said}


@stylecli.hookimpl
def stylecli_captioners():
    return [Silent()]
"""


def test_a_bug_in_a_plugin_is_told_as_its_own(run_cli, install_plugin, mini, paintings):
    install_plugin("failing_for_tests", METHOD.format(option="size", body=""))
    code, _, err = run_cli("train", paintings, "--method", "failing", "--base", mini)
    assert code == 1
    assert "The plugin failing_for_tests (failing_for_tests 1.0) failed: AttributeError" in err
    assert "report it to the authors of failing_for_tests" in " ".join(err.split())


def test_a_bug_of_the_core_that_a_plugin_meets_is_not_the_plugins(
    run_cli, install_plugin, mini, paintings
):
    install_plugin("failing_for_tests", METHOD.format(option="size", body=""))
    words = ["train", paintings, "--method", "failing", "--base", mini, "--size", "4"]
    code, _, err = run_cli(*words)
    assert code == 1
    assert "Something unexpected failed: AttributeError" in err


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "raise SystemExit(0)",
            "The plugin failing_for_tests (failing_for_tests 1.0) failed: SystemExit: 0",
        ),
        ("import sys; sys.exit()", "(failing_for_tests 1.0) failed: SystemExit"),
        ("raise BaseException('odd')", "(failing_for_tests 1.0) failed: BaseException: odd"),
        (
            "return None",
            "method failing (failing_for_tests 1.0) trained and gave None, which is no style",
        ),
        (
            "return 5",
            "method failing (failing_for_tests 1.0) trained and gave 5, which is no style",
        ),
    ],
)
def test_a_training_that_ends_otherwise_than_with_a_style_is_told(
    run_cli, install_plugin, mini, paintings, home, body, words
):
    install_plugin("failing_for_tests", METHOD.format(option="size", body=body))
    words_of_train = ["train", paintings, "--method", "failing", "--base", mini]
    code, _, err = run_cli(*words_of_train)
    assert code == 1
    assert words in " ".join(err.split())
    assert "stylecli failed" not in err
    assert "Something unexpected" not in err
    assert not [*(home / "runs").iterdir()]
    with pytest.raises(BaseException, match=r"failing_for_tests|odd"):
        run_cli("--debug", *words_of_train)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("None", "did not give one text for each"),
        ("sys.exit(0)", "SystemExit: 0"),
        ("(1 / 0 for _ in subjects)", "ZeroDivisionError"),
    ],
)
def test_a_captioner_that_fails_is_named_with_its_package(
    run_cli, install_plugin, paintings, said, words
):
    install_plugin("silent_for_tests", CAPTIONER.format(said=said))
    code, _, err = run_cli("caption", paintings, "--captioner", "silent")
    assert code == 1
    assert "The captioner silent (silent_for_tests 1.0) " in err
    assert words in " ".join(err.split())


@pytest.mark.parametrize(
    ("declared", "flag"),
    [
        ('size: Annotated[int, typer.Option("--seed", "-s")] = 3', "--seed"),
        ('size: Annotated[int, typer.Option("--size", "-m")] = 3', "-m"),
        ('size: Annotated[bool, typer.Option("--fast/--report")] = False', "--report"),
        ("debug: Annotated[bool, typer.Option()] = False", "--debug"),
        ("help: Annotated[str, typer.Option()] = ''", "--help"),
        ('size: Annotated[int, typer.Option("-h")] = 3', "-h"),
    ],
)
def test_a_flag_that_the_command_itself_has_is_named(run_cli, install_plugin, declared, flag):
    code = METHOD.format(option="size", body="")
    line = 'size: Annotated[int, typer.Option(help="A number.")] = 3'
    assert line in code
    install_plugin("failing_for_tests", code.replace(line, declared))
    code, _, err = run_cli("train", "--method", "failing", "--help")
    assert code == 2
    assert f"failing declares {flag}, which train itself has." in err
    assert run_cli("train", "--help")[0] == 0


@pytest.mark.parametrize("option", ["seed", "method", "licence"])
def test_an_option_that_the_command_itself_has_is_named(run_cli, install_plugin, option):
    install_plugin("failing_for_tests", METHOD.format(option=option, body=""))
    code, _, err = run_cli("train", "--method", "failing", "--help")
    assert code == 2
    assert f"failing declares --{option}, which train itself has." in err


@pytest.mark.parametrize("command", TAKEN)
def test_the_names_that_are_taken_are_those_of_the_command(command):
    registry = load_registry()
    chosen = registry.captioner("title") if command == "caption" else registry.method("lora-sdedit")
    kinds = {
        "train": "TrainOptions",
        "transfer": "TransferOptions",
        "generate": "GenerateOptions",
        "caption": "Options",
    }
    kind = getattr(chosen, kinds[command])
    declared = {field.name for field in option_fields(kind)} if kind else set()
    built = command_of(command, registry, chosen)
    own = {parameter.name for parameter in built.params}
    own |= {
        flag.removeprefix("--").replace("-", "_")
        for parameter in built.params
        for flag in parameter.opts
        if flag.startswith("--")
    }
    assert own - declared <= {*TAKEN[command]}
    assert set(TAKEN[command]) - own <= {"debug", "help", "ctx", "given"}


@pytest.mark.parametrize("command", [["transfer", "x.jpg"], ["generate", "a boat"]])
def test_the_method_is_the_styles(run_cli, command):
    code, _, err = run_cli(*command, "--method", "lora-sdedit")
    assert code == 2
    assert f"{command[0]} takes no --method: a style knows the one that made it." in err
    assert f"stylecli {command[0]} --style NAME --help" in err


def test_a_style_that_is_no_lora_is_warned_of_on_another_base(
    run_cli, mini, paintings, picture, tmp_path, monkeypatch
):
    """Its own base, and a LoRA, are used without a word."""
    monkeypatch.chdir(tmp_path)
    picture(2, (32, 32)).save("photo.png")
    words = ["--base", mini, "--steps", "1", "--resolution", "32"]
    assert run_cli("train", paintings, "--method", "lsast", "--name", "stars", *words)[0] == 0
    again = ["transfer", "photo.png", "--style", "stars", "--steps", "2", "--controlnet", "none"]
    assert "it may not paint" not in run_cli(*again, "--base", mini, "-o", "a.png")[2]
    code, _, err = run_cli(*again, "--base", "tiny", "-o", "b.png")
    # It says so first, and then that it does not even fit.
    assert code == 2
    assert (
        "'stars' was made on base 'mini'; on 'tiny' it may not paint what it learnt."
        in " ".join(err.split())
    )
