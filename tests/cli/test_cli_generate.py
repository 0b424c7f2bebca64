import json
import shutil

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from stylecli.images.writing import read_record

FAST = ["--steps=2", "--guidance=1"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Pictures go into the current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_picture_is_named_after_prompt_style_and_seed(run_cli, monet, here):
    code, out, err = run_cli("generate", "Water lilies, at dawn!", "--style", monet, *FAST)
    assert (code, out) == (0, "water-lilies-at-dawn.monet-0.png\n"), err
    path = here / "water-lilies-at-dawn.monet-0.png"
    assert Image.open(path).size == (64, 64)
    record = read_record(path)
    assert (record["prompt"], record["seed"]) == ("Water lilies, at dawn!", 0)


def test_each_of_several_pictures_has_a_seed_of_its_own(run_cli, monet, here):
    code, out, err = run_cli("generate", "a", "--style", monet, "-n", 3, "--seed", 5, *FAST)
    assert code == 0, err
    names = [f"a.monet-{seed}.png" for seed in (5, 6, 7)]
    assert out.split() == names
    assert [read_record(here / name)["seed"] for name in names] == [5, 6, 7]
    assert len({Image.open(name).tobytes() for name in names}) == 3
    code, _, err = run_cli("generate", "a", "--style", monet, "--seed", 6, "-o", "alone.png", *FAST)
    assert code == 0, err
    assert Image.open("alone.png").tobytes() == Image.open(names[1]).tobytes()


def test_json_is_all_there_is_on_standard_output(run_cli, monet):
    code, out, _ = run_cli("generate", "a", "--style", monet, "-n", 2, "--json", *FAST)
    assert code == 0
    assert json.loads(out) == [
        {"result": "a.monet-0.png", "seed": 0, "status": "made"},
        {"result": "a.monet-1.png", "seed": 1, "status": "made"},
    ]


def test_a_command_given_again_goes_on_where_it_was_stopped(run_cli, monet, here):
    run_cli("generate", "a", "--style", monet, "-n", 2, *FAST)
    before = (here / "a.monet-0.png").stat().st_mtime_ns
    code, out, err = run_cli("generate", "a", "--style", monet, "-n", 3, *FAST)
    assert (code, out) == (0, "a.monet-2.png\n")
    assert "2 of 3 were already there" in err
    assert (here / "a.monet-0.png").stat().st_mtime_ns == before
    code, _, err = run_cli("generate", "a", "--style", monet, "--steps=3")
    assert code == 2
    assert "a.monet-0.png: is already there, made in another way" in err


def test_what_is_there_is_replaced_only_when_asked(run_cli, monet, here):
    path = here / "a.monet-0.png"
    path.write_bytes(b"precious")
    code, _, err = run_cli("generate", "a", "--style", monet, *FAST)
    assert code == 2
    assert "a.monet-0.png: is already there" in err
    assert path.read_bytes() == b"precious"
    assert run_cli("generate", "a", "--style", monet, "--overwrite", *FAST)[0] == 0
    assert Image.open(path).size == (64, 64)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "x.jpg"], "results are written as PNG"),
        (["-o", "x.png", "-n", "2"], "one file cannot hold 2 pictures"),
        (["-n", "0"], "--count"),
    ],
)
def test_what_cannot_be_meant_is_refused(run_cli, monet, here, words, said):
    code, _, err = run_cli("generate", "a", "--style", monet, *words)
    assert code == 2
    assert said in err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("prompt", ["", "../../x", "!!!", "x" * 300])
def test_no_prompt_leads_out_of_the_folder_or_to_a_name_too_long(run_cli, monet, here, prompt):
    code, out, err = run_cli("generate", prompt, "--style", monet, *FAST)
    assert code == 0, err
    (path,) = here.iterdir()
    assert out.strip() == path.name
    assert len(path.name) < 100


def test_without_a_style_the_base_paints_alone(run_cli, mini_folder, here):
    code, out, err = run_cli("generate", "a castle", "--base", mini_folder, *FAST)
    assert (code, out) == (0, "a-castle.mini-0.png\n"), err
    path = here / "a-castle.mini-0.png"
    assert Image.open(path).size == (32, 32)
    record = read_record(path)
    assert (record["base"], record["styles"], record["method"]) == ("mini", [], "lora-sdedit")
    code, out, err = run_cli("generate", "a castle", "--base", mini_folder, *FAST)
    assert (code, out) == (0, "")
    assert "1 of 1 were already there" in err


def test_a_base_that_was_trained_on_is_another_one(run_cli, mini_folder, here, monkeypatch):
    run_cli("generate", "a", "--base", mini_folder, *FAST)
    folder = shutil.copytree(mini_folder, here / "disney" / "mini")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = {key: value + 0.05 * torch.sign(value) for key, value in load_file(weights).items()}
    save_file(tensors, weights, {"format": "pt"})
    code, _, err = run_cli("generate", "a", "--base", folder, *FAST)
    assert code == 2
    assert "a.mini-0.png: is already there, made in another way" in err
    monkeypatch.chdir(folder)
    code, out, err = run_cli("generate", "a", "--base", ".", *FAST)
    assert (code, out) == (0, "a.mini-0.png\n"), err
    assert read_record(folder / "a.mini-0.png")["base"] == "mini"
    pictures = [Image.open(place / "a.mini-0.png").tobytes() for place in (here, folder)]
    assert pictures[0] != pictures[1]


def test_a_config_file_may_name_the_base_that_paints_alone(run_cli, mini, here):
    (here / "own.toml").write_text("base = 'mini'\nsteps = 2\n")
    code, out, err = run_cli("generate", "a", "--config", "own.toml")
    assert (code, out) == (0, "a.mini-0.png\n"), err


def test_with_neither_style_nor_base_both_are_named(run_cli):
    code, _, err = run_cli("generate", "a")
    assert code == 2
    assert "Name a style with --style, or a base that paints alone with --base" in err


def test_a_base_alone_finds_the_method_that_paints_with_its_family(run_cli, here):
    code, out, err = run_cli("generate", "a", "--base", "tiny-xl", "--steps=2", "--size=64")
    assert (code, out) == (0, "a.tiny-xl-0.png\n"), err


@pytest.mark.parametrize("base", ["tiny-xl", "sdxl"])
def test_a_base_that_the_method_cannot_paint_with_is_refused_before_it_is_fetched(
    run_cli, here, monkeypatch, base
):
    monkeypatch.setenv("STYLECLI_PLUGINS", "lora-sdedit,tiny")

    def fetched(*_):
        raise AssertionError

    monkeypatch.setattr("stylecli.cli.generate.folder_of", fetched)
    code, _, err = run_cli("generate", "a", "--base", base)
    assert code == 2
    assert f"lora-sdedit works with bases of the family sd15; '{base}' is sdxl" in err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("command", ["generate", "transfer"])
def test_help_says_that_a_base_paints_alone(run_cli, command):
    code, out, _ = run_cli(command, "--help")
    assert code == 0
    assert "Without --style, the base that is named with --base paints alone" in out
