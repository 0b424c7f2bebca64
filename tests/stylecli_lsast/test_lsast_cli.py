"""lsast as the user meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from stylecli.images.writing import read_record
from stylecli.styles.format import read_style
from stylecli_lsast.prompts import KEY

RunCli = Callable[..., tuple[int, str, str]]
SHORT = (
    "--steps=3",
    "--resolution=32",
    "--batch-size=2",
    "--learning-rate=0.01",
    "--preview-every=0",
)
QUICK = ("--steps=4", "--size=64", "--guidance=3")


@pytest.fixture
def train(
    run_cli: RunCli, paintings: Path, mini_folder: Path
) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        command = ("train", paintings, "--method", "lsast", "--base", mini_folder, *SHORT)
        return run_cli(*command, *arguments)

    return run


@pytest.fixture
def photo(tmp_path: Path, picture) -> Path:
    path = tmp_path / "photos" / "house.png"
    path.parent.mkdir()
    picture(5).save(path)
    return path


def test_from_a_folder_to_a_picture(
    train, run_cli: RunCli, photo: Path, mini_folder, mini_controlnet, home
):
    code, _, errors = train()
    assert code == 0, errors
    assert "prefix '*'" in errors
    assert "Every picture's words: '*'" in errors
    assert read_style(home / "styles" / "monet.safetensors").tensors[KEY].shape == (10, 3, 32)
    command = ("transfer", photo, "--style", "monet", "--base", mini_folder, *QUICK)
    code, _, errors = run_cli(*command, "--controlnet", mini_controlnet, "--canny-low", 50)
    assert code == 0, errors
    made = photo.with_name("house.monet.png")
    assert Image.open(made).size == (80, 64)
    record = read_record(made)
    assert record["method"] == "lsast"
    assert record["options"]["canny_low"] == 50
    code, _out, errors = run_cli(
        "generate", "a boat", "--style", "monet", "--base", mini_folder, *QUICK, "-o", photo.parent
    )
    assert code == 0, errors


def test_the_file_says_what_it_is(train, run_cli: RunCli, home: Path):
    assert train()[0] == 0
    code, out, _ = run_cli("styles", "show", "monet", "--json")
    shown = json.loads(out)["metadata"]
    assert code == 0
    assert shown["modelspec.architecture"] == "stable-diffusion-v1/lsast"
    assert "No LoRA" in shown["modelspec.description"]
    assert "ss_network_module" not in shown
    assert "stylecli alone" in run_cli("styles", "show", "monet")[1]
    code, _, errors = run_cli("styles", "export", "monet", "-o", home / "out.safetensors")
    assert code == 2
    assert "no LoRA (method lsast)" in errors


def test_diffusers_refuses_the_file_and_is_left_as_it_was(train, home: Path, mini_folder: Path):
    from diffusers import StableDiffusionPipeline

    assert train()[0] == 0
    pipeline = StableDiffusionPipeline.from_pretrained(mini_folder, safety_checker=None)
    with pytest.raises(ValueError, match="Invalid LoRA checkpoint"):
        pipeline.load_lora_weights(home / "styles" / "monet.safetensors")
    assert not pipeline.get_list_adapters()


def test_help_shows_its_options_in_its_own_panel(run_cli: RunCli):
    code, out, _ = run_cli("train", "--method", "lsast", "--help")
    assert code == 0
    for words in (
        "lsast",
        "--stages",
        "--head",
        "--release-compatible",
        "Preset report",
        "Ablation step-only",
    ):
        assert words in out
    assert "--caption-dropout" not in out, "it would do nothing: there are no captions"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--prefix", "A Monet painting,"), "must be a word of its own"),
        (("--prefix", "*, in oil"), "a word of its own"),
        (("--layers", "2"), "blocks with cross-attention"),
        (("--stages", "0"), "stages"),
        (("--head", "double"), "head"),
        (("--init-word", "qqxzzq"), "not one word that it knows"),
        (("--rank", "4"), "No such option"),
        (("--release-compatible", "--layers", "1"), "needs --layers 3"),
        (("--caption-dropout", "0.1"), "No such option"),
    ],
)
def test_bad_input_is_named_and_leaves_nothing(train, home: Path, arguments, message):
    code, _, errors = train(*arguments)
    assert code == 2
    assert message in errors
    assert not list((home / "styles").glob("*")) if (home / "styles").exists() else True
    assert not list((home / "runs").glob("*")) if (home / "runs").exists() else True


def test_a_base_without_a_controlnet_says_what_to_do(
    train, run_cli: RunCli, photo: Path, mini_folder: Path
):
    assert train()[0] == 0
    command = ("transfer", photo, "--style", "monet", "--base", mini_folder, *QUICK)
    code, _, errors = run_cli(*command)
    assert code == 2
    assert "has no ControlNet 'canny'" in errors
    assert "--controlnet none" in errors
    assert run_cli(*command, "--controlnet", "none")[0] == 0


def test_a_picture_prompt_is_not_offered(train, run_cli: RunCli, photo: Path, mini_folder: Path):
    assert train()[0] == 0
    command = ("transfer", photo, "--style", "monet", "--base", mini_folder, *QUICK)
    code, _, errors = run_cli(*command, "--image-cond-scale", "0.5")
    assert code == 2
    assert "--image-cond-scale" in errors


def test_a_folder_is_captioned_with_the_prompt(run_cli: RunCli, paintings: Path):
    assert run_cli("caption", paintings, "--method", "lsast")[0] == 0
    assert {path.read_text().strip() for path in paintings.glob("*.txt")} == {"*"}


def test_a_run_is_resumed_with_its_words(train, home: Path):
    assert train("--prefix", "a painting by *")[0] == 0
    [described] = (home / "runs").glob("*/run.json")
    assert json.loads(described.read_text())["prefix"] == "a painting by *"


def test_styles_of_two_methods_are_not_mixed(
    train, run_cli: RunCli, trained: str, photo: Path, mini_folder
):
    assert train("--name", "prompts")[0] == 0
    code, _, errors = run_cli(
        "transfer", photo, "--style", "prompts", "--style", trained, "--base", mini_folder
    )
    assert code == 2
    assert "cannot be mixed" in errors


def test_words_without_their_place_are_refused_also_when_a_style_is_brought_in(
    train, run_cli: RunCli, home: Path
):
    assert train()[0] == 0
    file = home / "styles" / "monet.safetensors"
    code, _, errors = run_cli("styles", "import", file, "--name", "other", "--prefix", "no star")
    assert code == 2
    assert "'*'" in errors
    assert run_cli("styles", "import", file, "--name", "other", "--prefix", "by *")[0] == 0


def test_thresholds_the_wrong_way_round_are_refused(
    train, run_cli: RunCli, photo: Path, mini_folder
):
    assert train()[0] == 0
    command = ("transfer", photo, "--style", "monet", "--base", mini_folder, *QUICK)
    code, _, errors = run_cli(*command, "--canny-low", 300, "--canny-high", 100)
    assert code == 2
    assert "--canny-low 300 is above" in errors
