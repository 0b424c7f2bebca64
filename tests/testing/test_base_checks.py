"""Every check of a base can fail; and those of plugins and sub-commands."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import typer
from plain_method import Plain

import stylecli
from stylecli.bases.spec import SD15
from stylecli.plugin import Plugin, PluginSource
from stylecli.styles.format import write_style
from stylecli.styles.style import Style
from stylecli.testing import (
    Nonconformance,
    base_checks,
    check_base,
    command_checks,
    plugin_checks,
    run_checks,
)
from stylecli.testing.miniature import miniature


@pytest.fixture
def spec():
    return replace(miniature("sd15"), summary="random weights")


def run(checks, name):
    (check,) = [each for each in checks if each.name == name]
    with pytest.raises(Nonconformance) as caught:
        check()
    return str(caught.value)


def test_a_base_that_keeps_its_contract_passes(spec, tmp_path):
    import torch

    tensors = {"stylecli.plain.x": torch.zeros(2)}
    write_style(Style("monet", "plain", "sd15", tensors), tmp_path / "monet.safetensors")
    recommends = {"plain": {"train": {"rank": 3}}, "other": {"train": {"speed": 3}}}
    recommends["*"] = {"transfer": {"strength": 0.6}}
    whole = replace(spec, recommends=recommends, ready_styles=tmp_path)
    check_base(whole, {"plain": Plain()})
    verdicts = run_checks(base_checks(whole, {"plain": Plain()}))
    assert {verdict.state for verdict in verdicts} == {"passed"}


@pytest.mark.parametrize(
    ("check", "words", "changes"),
    [
        ("described", "The family is 'sd3'", {"family": "sd3"}),
        ("described", "The resolution is 8", {"resolution": 8}),
        ("described", "The neutral prompt is empty", {"neutral_prompt": " "}),
        ("described", "The name is 'My Base'", {"name": "My Base"}),
        (
            "recommends",
            "No such option: speed",
            {"recommends": {"plain": {"train": {"speed": 1}}}},
        ),
        ("recommends", "No such option: speed", {"recommends": {"*": {"train": {"speed": 1}}}}),
        ("recommends", "plain's 'tarin'", {"recommends": {"plain": {"tarin": {}}}}),
        ("whole", "its folder is of sd15", {"family": "sdxl"}),
        ("whole", "no multiple of 4", {"resolution": 66}),
        ("adapters", "not such a model", {"controlnets": {"canny": miniature("sd15").source}}),
    ],
)
def test_a_base_that_does_not_is_told_what_is_wrong(spec, check, words, changes):
    assert words in run(base_checks(replace(spec, **changes), {"plain": Plain()}), check)


def test_a_folder_that_is_not_whole_is_named(spec, tmp_path):
    shutil.copytree(spec.source, tmp_path / "mini")
    (tmp_path / "mini" / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    assert "vae is missing" in run(base_checks(replace(spec, source=tmp_path / "mini")), "whole")


def test_a_base_that_cannot_paint_is_told_so(spec, tmp_path):
    shutil.copytree(spec.source, tmp_path / "mini")
    config = tmp_path / "mini" / "unet" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "in_channels": 5}))
    assert run(base_checks(replace(spec, source=tmp_path / "mini")), "paints")


def test_styles_that_do_not_fit_the_base_are_named(spec, tmp_path):
    import torch

    folder = tmp_path / "styles"
    folder.mkdir()
    checks = base_checks(replace(spec, ready_styles=folder))
    assert "holds no styles" in run(checks, "ready-styles")
    tensors = {"stylecli.plain.x": torch.zeros(2)}
    write_style(Style("monet", "plain", "sdxl", tensors), folder / "monet.safetensors")
    assert "monet.safetensors is of the sdxl family" in run(checks, "ready-styles")


def test_a_base_whose_weights_are_not_here_is_checked_as_far_as_it_goes(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    states = {each.check: each.state for each in run_checks(base_checks(SD15))}
    assert states["described"] == "passed"
    assert states["paints"] == "skipped"


SOURCE = PluginSource("x", "x_module", "x-package 1.0", False)


@pytest.mark.parametrize(
    ("check", "words", "plugin"),
    [
        ("loads", "It is left out: ImportError: moon", Plugin(SOURCE, failure="ImportError: moon")),
        ("loads", "It implements no hook", Plugin(SOURCE)),
        ("light", "It imports torch, numpy", Plugin(SOURCE, heavy=("torch", "numpy"))),
        ("light", "It takes 2.5 s to load", Plugin(SOURCE, seconds=2.5)),
        ("loads", "It prints 'Hello' when", Plugin(SOURCE, hooks=("x",), printed="Hello")),
    ],
)
def test_a_plugin_that_does_not_load_well_is_told_so(check, words, plugin):
    assert words in run(plugin_checks(plugin), check)


def loud():
    typer.echo("hello")
    return typer.Typer()


def talking():
    def talk(debug: bool = False):
        raise NotImplementedError

    return talk


@pytest.mark.parametrize(
    ("check", "words", "command"),
    [
        ("described", "The summary is ''", stylecli.Command("average", "", loud)),
        ("builds", "prints something", stylecli.Command("average", "x", loud)),
        ("builds", "it declares --debug", stylecli.Command("average", "x", talking)),
        ("builds", "load() gave 3", stylecli.Command("average", "x", lambda: 3)),
    ],
)
def test_a_command_that_cannot_be_built_is_told_so(check, words, command):
    assert words in run(command_checks(command), check)
