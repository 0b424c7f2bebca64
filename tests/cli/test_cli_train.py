import json
import signal

import pytest
from PIL import Image

from stylecli.styles.format import read_metadata, read_style

SHORT = ["--base=mini", "--steps=2", "--resolution=32", "--batch-size=1", "--preview-every=0"]
PLUGIN = """
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import stylecli


@dataclass(frozen=True)
class Options:
    begins: Annotated[bool, typer.Option()] = False


class Stopped(stylecli.Method):
    name = "stopped"
    summary = "is stopped while it prepares"
    families = frozenset({"sd15"})
    default_base = "mini"
    TrainOptions = TransferOptions = Options

    def train(self, run):
        if run.options.begins:
            (run.folder / "checkpoint.safetensors").touch()
        signal.raise_signal(signal.SIGINT)
        run.progress(stylecli.Event("preparing"))

    def stylizer(self, base, styles, options):
        raise NotImplementedError


class Overtaken(Stopped):
    name = "overtaken"
    summary = "learns while another takes the name"

    def train(self, run):
        import torch

        taken = Path(os.environ["STYLECLI_HOME"], "styles", f"{run.name}.safetensors")
        taken.parent.mkdir()
        taken.write_bytes(b"another's")
        fitted = stylecli.Fitted(steps=1, epochs=1.0, seconds=0.1, final_loss=0.5)
        return run.style({"learnt": torch.ones(3)}, fitted, len(run.dataset.items))


class Elsewhere(Stopped):
    name = "elsewhere"
    summary = "works with another family"
    families = frozenset({"sdxl"})


@stylecli.hookimpl
def stylecli_methods():
    return [Stopped(), Overtaken(), Elsewhere()]
"""


@pytest.fixture
def methods(mini, install_plugin):
    """Methods that get into trouble."""
    install_plugin("methods_for_tests", PLUGIN)


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "stylecli.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def recorded(home, name="monet"):
    metadata = read_metadata(home / "styles" / f"{name}.safetensors")
    return {key.removeprefix("stylecli."): value for key, value in metadata.items()}


def options_of(home, name="monet"):
    return json.loads(recorded(home, name)["options"])


def test_training_gives_a_style_named_after_the_folder(run_cli, mini, paintings, home):
    code, out, err = run_cli("train", paintings, *SHORT)
    assert code == 0, err
    assert "Style monet is in your library after 2 steps" in out
    assert "stylecli transfer photo.jpg --style monet" in out
    kept = recorded(home)
    assert (kept["method"], kept["base"]) == ("lora-sdedit", "mini")
    assert json.loads(kept["prompt"])["prefix"] == "A Monet painting,"
    assert json.loads(kept["dataset"])["count"] == 6
    style = read_style(home / "styles" / "monet.safetensors")
    assert any(tensor.abs().sum() > 0 for key, tensor in style.tensors.items() if "lora_up" in key)
    run = home / "runs" / "monet"
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 2
    assert Image.open(run / "loss.png").width > 0


def test_effective_options_are_printed_with_their_source_and_recorded(
    run_cli, mini, paintings, home, config
):
    path = config("[train]\nalpha = 2\n")
    code, _, err = run_cli("train", paintings, *SHORT, "--config", path)
    assert code == 0, err
    (line,) = [line for line in err.splitlines() if line.startswith("Options: ")]
    shown = line.removeprefix("Options: ").split("; ")
    assert {"--steps 2", "--rank 3 (base mini)", "--alpha 2.0 (--config)"} <= set(shown)
    assert not [item for item in shown if "None" in item]
    options = options_of(home)
    assert (options["rank"], options["alpha"], options["steps"]) == (3, 2.0, 2)
    assert options["epochs"] is None
    assert options["warmup"] == 0


def test_the_command_line_beats_the_config_beats_the_preset_beats_the_base(
    run_cli, mini, paintings, home, config
):
    path = config("[train]\nlearning-rate = 0.5\nrank = 5\nmethod = 'lora-sdedit'\nname = 'own'\n")
    words = ["--config", path, "--preset", "monet-a", "--rank", 2]
    code, _, err = run_cli("train", paintings, *SHORT, "--crop-size=32", *words)
    assert code == 0, err
    options = options_of(home, "own")
    assert options["rank"] == 2
    assert options["learning_rate"] == 0.5
    assert options["alpha"] == 16.0
    assert options["epochs"] is None
    assert "--alpha 16.0 (--preset)" in err
    assert json.loads(recorded(home, "own")["prompt"])["prefix"] == "A Monet painting,"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rnk = 4", "no such option: rnk.\n  Did you mean 'rank'"),
        (
            "[train]\nlearning_rat = 4",
            "no such option: learning_rat.\n  Did you mean 'learning_rate'",
        ),
        ("rank = 'many'", "--rank (FILE): 'many' is not of type int"),
        ("rank = 1.5", "--rank (FILE): 1.5 is not of type int"),
        ("rank = true", "--rank (FILE): True is not of type int"),
        ("rank = 0", "--rank (FILE): 0 is not in the range 1 to 1024"),
        ("flip = 'no'", "--flip (FILE): 'no' is not of type bool"),
        ("crop = 'left'", "--crop (FILE): 'left' is not one of random, center"),
        ("seed = '1'", "--seed (FILE): '1' is not of type int"),
        ("name = 3", "--name (FILE): 3 is not of type str"),
        ("json = 'yes'", "--json (FILE): 'yes' is not of type bool"),
        ("folder = 'x'", "no such option: folder"),
        ("config = 'x'", "no such option: config"),
        ("steps = 3\nepochs = 2", "Give --steps or --epochs, not both (--config)"),
        ("method = 'nope'", "No method named 'nope'"),
        ("rank = ", "not a TOML file"),
        ("train = 3", "'train' must be a table"),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused_by_name(run_cli, paintings, config, text, words):
    path = config(text)
    code, _, err = run_cli("train", paintings, "--base", "tiny", "--config", path)
    assert code == 2
    assert words.replace("FILE", str(path)) in err
    assert "--config" in words or "No method" in words or str(path) in err


def test_a_missing_config_is_named(run_cli, paintings, tmp_path):
    code, _, err = run_cli("train", paintings, f"--config={tmp_path / 'none.toml'}")
    assert code == 2
    assert f"{tmp_path / 'none.toml'}: cannot be read" in err


def test_an_unknown_preset_is_answered_with_those_there_are(run_cli, paintings):
    code, _, err = run_cli("train", paintings, "--base=tiny", "--preset", "monet-b")
    assert code == 2
    assert "lora-sdedit has no preset 'monet-b'.\n  Did you mean 'monet-a'?" in err


def test_a_name_that_is_taken_is_refused_before_training(run_cli, monet, paintings, home):
    before = (home / "styles" / "monet.safetensors").read_bytes()
    code, _, err = run_cli("train", paintings, *SHORT)
    assert code == 2
    assert "'monet' is already in your library" in err
    assert "--overwrite" in err
    assert not (home / "runs").exists()
    assert (home / "styles" / "monet.safetensors").read_bytes() == before
    assert run_cli("train", paintings, *SHORT, "--overwrite")[0] == 0
    assert (home / "styles" / "monet.safetensors").read_bytes() != before


@pytest.mark.parametrize("name", ["a/b", "..", "../x", "", "-x", "a" * 65, "a..b"])
def test_a_name_that_is_no_name_is_refused(run_cli, paintings, home, name):
    code, _, err = run_cli("train", paintings, f"--name={name}")
    assert code == 2
    assert "cannot name a style" in err
    assert list(home.iterdir()) == []


def test_json_is_all_there_is_on_standard_output(run_cli, mini, paintings, home):
    code, out, _ = run_cli("train", paintings, *SHORT, "--json")
    assert code == 0
    result = json.loads(out)
    assert result["style"] == "monet"
    assert result["path"] == str(home / "styles" / "monet.safetensors")
    assert result["training"]["steps"] == 2


def test_without_a_base_one_line_says_which_is_used_and_how_to_change_it(
    run_cli, methods, paintings
):
    _, _, err = run_cli("train", paintings, "--method", "stopped")
    (line,) = [line for line in err.splitlines() if line.startswith("Base: ")]
    assert "mini" in line
    assert "--base" in line


def test_stopped_before_the_first_step_no_state_is_promised(run_cli, methods, paintings, home):
    code, out, err = run_cli("train", paintings, "--method", "stopped")
    assert (code, out) == (130, "")
    assert "stopped before its first step" in err
    assert "its state is in" not in err
    assert list((home / "runs").iterdir()) == []
    assert not (home / "styles").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_base_in_a_folder_is_found_again_from_elsewhere(
    run_cli, methods, paintings, home, mini_folder, monkeypatch
):
    # Of all names one that a known base has too.
    own = paintings.parent / "tiny"
    own.symlink_to(mini_folder, target_is_directory=True)
    monkeypatch.chdir(own.parent)
    code, _, err = run_cli("train", paintings, "--method=stopped", "--begins", "--base=./tiny")
    assert code == 130
    assert "its state is in" in err
    assert json.loads((home / "runs" / "monet" / "run.json").read_text())["base"] == str(own)


def test_pictures_have_the_size_of_the_base_unless_it_recommends_another(
    run_cli, mini, mini_folder, paintings, home
):
    words = ["--steps=1", "--rank=2", "--preview-every=0", "--overwrite"]
    for base, side in ((mini_folder, 32), (mini, 64)):
        code, _, err = run_cli("train", paintings, "--base", base, *words)
        assert code == 0, err
        assert f"--resolution {side} (base {base})" in " ".join(err.split())
        style = read_style(home / "styles" / "monet.safetensors")
        assert style.provenance.options["resolution"] == side
        assert style.provenance.resolution == side
    words.append("--resolution=48")
    assert run_cli("train", paintings, "--base", mini_folder, *words)[0] == 0
    style = read_style(home / "styles" / "monet.safetensors")
    assert (style.provenance.options["resolution"], style.provenance.resolution) == (48, 32)


def test_a_name_taken_while_it_learns_costs_neither_style(run_cli, methods, paintings, home):
    code, out, err = run_cli("train", paintings, "--method", "overtaken")
    assert code == 0, err
    assert "'monet' was taken meanwhile; saved as monet-2" in err
    assert "Style monet-2 is in your library" in out
    assert (home / "styles" / "monet.safetensors").read_bytes() == b"another's"
    assert read_style(home / "styles" / "monet-2.safetensors").tensors["learnt"].tolist() == [
        1,
        1,
        1,
    ]


def test_a_base_of_another_family_is_refused_before_anything_is_made(
    run_cli, methods, paintings, home
):
    code, _, err = run_cli("train", paintings, "--method=elsewhere", "--base=mini")
    assert code == 2
    assert "elsewhere works with bases of the family sdxl; 'mini' is sd15" in err
    assert not (home / "runs").exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "no such folder"),
        (lambda folder: folder.mkdir(), "it is empty"),
        (lambda folder: folder.touch(), "not a folder"),
    ],
)
def test_a_folder_that_cannot_be_meant_is_refused(run_cli, tmp_path, home, make, words):
    make(tmp_path / "x")
    code, _, err = run_cli("train", tmp_path / "x", "--base=tiny")
    assert code == 2
    assert f"{tmp_path / 'x'}: " in err
    assert words in err
    assert not (home / "runs").exists()


def test_the_folder_one_is_in_names_the_style(run_cli, monet, paintings, monkeypatch):
    (paintings / "deeper").mkdir()
    monkeypatch.chdir(paintings / "deeper")
    code, _, err = run_cli("train", "..", *SHORT)
    assert code == 2
    assert "'monet' is already in your library" in err


def test_pictures_that_are_left_out_are_named(run_cli, mini, paintings, home):
    (paintings / "broken.jpg").write_bytes(b"no picture")
    code, _, err = run_cli("train", paintings, *SHORT)
    assert code == 0
    assert "broken.jpg" in err
    assert json.loads(recorded(home)["dataset"])["count"] == 6
