"""A plugin that prints, raises anything or declares what cannot be shown leaves everything else as it is."""

import json

import pytest

from stylecli.cli.tab.menu import draw_menu

PRINTING = """
import stylecli

print("Loading weights ...")


@stylecli.hookimpl
def stylecli_bases():
    print("Looking for bases ...")
    return [stylecli.BaseSpec("seaside", "sd15", "org/seaside", "by the [/red] sea")]
"""
ODD_OPTIONS = """
from dataclasses import dataclass
from typing import Annotated

import typer

import stylecli


@dataclass(frozen=True)
class Options:
    sizes: Annotated[{kind}, typer.Option(help="{help}", autocompletion={function})] = None


class Odd(stylecli.LoraMethod):
    name, summary, families, TrainOptions = "odd", "is odd", frozenset({{"sd15"}}), Options

    def train(self, run):
        raise NotImplementedError


@stylecli.hookimpl
def stylecli_methods():
    return [Odd()]
"""


@pytest.mark.parametrize(
    "words", [("plugins", "list", "--json"), ("bases", "list", "--json"), ("doctor", "--json")]
)
def test_what_a_plugin_prints_when_it_is_loaded_is_no_result(run_cli, install_plugin, words):
    install_plugin("printing_for_tests", PRINTING)
    _, out, err = run_cli(*words)
    assert json.loads(out)
    assert "Loading weights ..." in err
    assert "Looking for bases ..." in err


def test_what_a_plugin_prints_when_it_is_loaded_is_found(run_cli, install_plugin):
    install_plugin("printing_for_tests", PRINTING)
    words = ["plugins", "check", "printing_for_tests", "--only", "loads", "--json"]
    code, out, _ = run_cli(*words)
    assert code == 1
    (row,) = json.loads(out)
    assert row["reason"].startswith("It prints 'Loading weights ...")


def test_tab_hears_nothing_of_what_plugins_print(program, install_plugin):
    install_plugin("printing_for_tests", PRINTING)
    words = {"COMP_WORDS": "stylecli\ntrain\n--base\nsea", "COMP_CWORD": "3"}
    for _ in ("drawn", "kept"):
        result = program(_STYLECLI_COMPLETE="complete_bash", **words)
        assert (result.stdout.split(), result.stderr) == (["seaside"], "")


def test_what_looks_like_markup_is_shown_as_it_is(run_cli, install_plugin):
    install_plugin("printing_for_tests", PRINTING)
    assert "by the [/red] sea" in run_cli("bases", "list")[1]
    assert "by the [/red] sea" in run_cli("bases", "show", "seaside")[1]


def raising(kind):
    return f"lambda incomplete: (_ for _ in ()).throw({kind})"


@pytest.mark.parametrize(
    ("kind", "text", "function", "drawn"),
    [
        ("list[list[int]]", "x", "None", False),
        ("str", "[/red]", "None", True),
        ("str", "x", raising("SystemExit"), True),
        ("str", "x", raising("BaseException"), True),
    ],
)
def test_options_that_cannot_be_drawn_leave_the_rest_of_the_menu(
    install_plugin, kind, text, function, drawn
):
    install_plugin("odd_for_tests", ODD_OPTIONS.format(kind=kind, help=text, function=function))
    train = draw_menu()["program"]["commands"]["train"]
    assert {"lora-sdedit", "lsast"} <= set(train["variants"])
    assert ("odd" in train["variants"]) == drawn
