"""What TAB offers, and when the menu that it is offered from is drawn anew."""

import json
import os
from pathlib import Path

import pytest

import stylecli_tiny
from stylecli.cli.method_commands import command_for
from stylecli.cli.program import METHOD_COMMANDS
from stylecli.cli.tab.answer import offers
from stylecli.cli.tab.menu import draw_menu
from stylecli.metric import declared_weights
from stylecli.registry import load_registry

READY = Path(stylecli_tiny.__file__).parent / "styles" / "monet.safetensors"


@pytest.fixture(scope="module")
def menu():
    return json.loads(json.dumps(draw_menu()))


@pytest.fixture
def tab(menu):
    """The words that are offered for the last of a line."""

    def press(line, split=False):
        *words, incomplete = line.split(" ")
        return [word for word, _ in offers(menu, words, incomplete, split)]

    return press


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("st", ["styles"]),
        ("styles im", ["import"]),
        ("styles show van", ["van-gogh"]),
        ("styles merge monet van", ["van-gogh"]),
        ("styles export monet --format k", ["kohya"]),
        ("styles nothing ", []),
        ("nothing --", []),
        ("--vers", ["--version"]),
        ("--debug train --method ls", ["lsast"]),
        ("bases show tiny", ["tiny", "tiny-xl"]),
        ("train pictures ", []),
        ("train --method dr", ["dreambooth"]),
        ("train -m dr", ["dreambooth"]),
        ("train --method=dr", ["--method=dreambooth"]),
        ("train --method lsast --sta", ["--stages"]),
        ("train -mlsast --sta", ["--stages"]),
        ("train --method=lsast --sta", ["--stages"]),
        ("train --method lora-sdedit --sta", []),
        ("train --method nothing --ran", ["--rank"]),
        ("train --stages", []),
        ("train --base sdxl --caption-s", ["--caption-simplify"]),
        ("train --rank 4 --ran", []),
        ("train --rank=4 --ran", []),
        ("train --crop ", ["random", "center"]),
        ("train --precision b", ["bf16"]),
        ("train --optimizer ", ["adamw", "adamw-8bit"]),
        ("train --preset monet-", ["monet-a"]),
        ("train --content ", []),
        ("train -- --ran", []),
        ("caption ", []),
        ("caption --captioner florence2 --task ", ["caption", "detailed", "more-detailed"]),
        ("caption --format met", ["metadata.jsonl"]),
        ("generate boats --scheduler eu", ["euler", "euler-a"]),
        ("transfer photo.jpg --style monet --style c", ["cezanne"]),
        ("transfer photo.jpg --style monet --sty", ["--style", "--style-guidance"]),
        ("eval --preset st", ["standard", "styleid-20x40"]),
        ("eval --metrics st", ["style-closure"]),
        ("eval --metrics ssim,gm", ["ssim,gmsd"]),
        ("eval --metrics ssim,ss", []),
        ("eval com", ["compare"]),
    ],
)
def test_offers(tab, line, offered):
    assert tab(line) == offered


def test_a_shell_that_splits_at_the_equals_sign_gets_the_value_alone(tab):
    assert tab("train --method=dr", split=True) == ["dreambooth"]


def test_ideas_to_leave_out_are_the_methods(tab, menu):
    method = load_registry().method("lsast")
    assert tab("train --method lsast --ablate ") == [*method.ablations, "all"]
    first, second = list(method.ablations)[:2]
    assert f"{first},{second}" in tab(f"train --method lsast --ablate {first},")


def test_networks_are_offered_by_name(menu):
    assert set(menu["program"]["commands"]["eval"]["commands"]["weights"]["commands"]) == {
        "list",
        "verify",
        "fetch",
    }
    (argument,) = menu["program"]["commands"]["eval"]["commands"]["weights"]["commands"]["fetch"][
        "arguments"
    ]
    assert argument["values"] == {"kind": "weights"}
    assert menu["names"]["weights"] == list(declared_weights(load_registry().metrics.values()))


def test_what_each_is_has_no_markup(menu):
    said = dict(offers(menu, ["transfer"], "--strength", False))["--strength"]
    assert "[0 to 1]" in said
    assert all("\n" not in text and "\\[" not in text for text in said)


def test_every_option_of_every_command_is_offered(tab):
    registry = load_registry()
    chosen = {"caption": registry.captioners, "train": registry.methods}
    for name in METHOD_COMMANDS:
        flag = {"caption": "--captioner", "train": "--method"}.get(name)
        for each in chosen.get(name, [""]):
            words = [flag, each] if flag else []
            params = command_for(name, words).params
            flags = {
                text
                for param in params
                if param.param_type_name == "option"
                for text in (*param.opts, *param.secondary_opts)
                if text.startswith("--") and text != flag
            }
            found = set(tab(" ".join([name, *words, "--"])))
            assert flags - found == set()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("train", ""),
        ("train", "--base sdxl"),
        ("train", "--base tiny-xl"),
        ("train", "--base {mini}"),
        ("train", "--method lsast --base sdxl"),
        ("train", "--config {config}"),
        ("transfer", "p.jpg --style monet"),
        ("transfer", "p.jpg --style monet:0.5"),
        ("transfer", "p.jpg --style {ready}"),
        ("transfer", "p.jpg --style mine"),
        ("transfer", "p.jpg --base tiny-xl"),
        ("generate", "boats -smine"),
        ("caption", "--captioner describe"),
        ("caption", ""),
    ],
)
def test_the_menus_method_is_the_one_that_the_command_takes(
    tab, home, tmp_path, mini_folder, monet_of_lsast, name, line
):
    config = tmp_path / "config.toml"
    config.write_text('[train]\nmethod = "dreambooth"\n')
    typed = line.format(mini=mini_folder, config=config, ready=READY)
    words = typed.split()
    used = {word for word in words if word.startswith("--")} - {"--style"}
    flags = {
        text
        for param in command_for(name, words).params
        if param.param_type_name == "option"
        for text in (*param.opts, *param.secondary_opts)
        if text.startswith("--")
    }
    assert set(tab(" ".join([name, *words, "--"]))) == (flags | {"--help"}) - used


@pytest.fixture
def monet_of_lsast(home):
    """A style file without tensors that says that lsast made it, in the library as "mine"."""
    entries = {"stylecli.format": "1", "stylecli.method": "lsast", "stylecli.base": "tiny"}
    header = json.dumps({"__metadata__": entries}).encode()
    (home / "styles").mkdir()
    path = home / "styles" / "mine.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)


def test_styles_and_runs_are_looked_up_at_every_tab(tab, home, monet_of_lsast):
    assert tab("transfer --style mi") == ["mine"]
    (home / "styles" / "mint.safetensors").write_bytes(b"")
    assert tab("transfer --style mi") == ["mine", "mint"]
    assert tab("eval --checkpoints ") == []
    (home / "runs" / "monet-2").mkdir(parents=True)
    (home / "runs" / "monet-2" / "run.json").write_text("{}")
    assert tab("eval --checkpoints ") == ["monet-2"]


def test_a_pipe_among_the_styles_is_not_waited_for(tab, home):
    (home / "styles").mkdir()
    os.mkfifo(home / "styles" / "pipe.safetensors")
    assert tab("transfer --style pipe --strengt") == ["--strength"]


def test_a_kept_menu_needs_neither_typer_nor_plugins(press):
    code = "from stylecli.cli.app import main; main(); "
    code += "print(*sorted(sys.modules.keys() & {'typer', 'rich', 'pluggy', 'stylecli_lsast'}))"
    assert "typer" in press("train --method ls", code)
    assert press("train --method ls", code) == ["lsast"]


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"drawn_from": 1}', '{"menu": {}}'])
def test_a_damaged_menu_is_drawn_anew(home, press, text):
    assert press("transfer --style mo") == ["monet"]
    (kept,) = (home / "cache").glob("tab-*.json")
    whole = kept.read_text()
    kept.write_text(text)
    assert press("transfer --style mo") == ["monet"]
    assert json.loads(kept.read_text())["program"] == json.loads(whole)["program"]


def test_without_a_place_to_keep_it_tab_works(home, press):
    (home / "cache").write_text("a file where the folder would be")
    assert press("transfer --style mo") == ["monet"]


def test_what_is_wrong_litters_no_line(program):
    result = program(
        _STYLECLI_COMPLETE="complete_zsh",
        _TYPER_COMPLETE_ARGS="stylecli train ",
        STYLECLI_PLUGINS="gone",
    )
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "")
