"""dreambooth from the command line: words, presets, bad input, checkpoints, a checker of pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stylecli.bases.spec import SD15
from stylecli.cli.given import Given
from stylecli.cli.train_setup import options_for
from stylecli.errors import UsageError
from stylecli.options import as_record, resolve
from stylecli.registry import load_registry
from stylecli.styles.format import read_style
from stylecli_dreambooth.method import Dreambooth
from stylecli_dreambooth.options import DreamboothOptions
from stylecli_dreambooth.published import ABLATIONS, PRESETS

RunCli = Callable[..., tuple[int, str, str]]
SHORT = (
    *("--method=dreambooth", "--steps=2", "--resolution=32", "--batch-size=2"),
    *("--learning-rate=0.001", "--class-steps=2", "--class-pictures=2", "--optimizer=adamw"),
    *("--preview-every=0", "--checkpoint-every=0", "--compare=0"),
)


@pytest.fixture
def train(run_cli: RunCli, paintings: Path, mini_folder: Path) -> Callable[..., tuple[int, str]]:
    def run(*arguments: object) -> tuple[int, str]:
        code, _, errors = run_cli("train", paintings, "--base", mini_folder, *SHORT, *arguments)
        return code, errors

    return run


def test_it_works_as_it_is(train, home: Path):
    code, errors = train()
    assert code == 0, errors
    style = read_style(home / "styles" / "monet.safetensors")
    assert style.prompt.prefix == "monet style,"
    assert style.provenance.training["seed"] == 42
    assert "Every picture's words: 'monet style'" in errors
    assert "The style file holds" in errors
    assert (home / "runs" / "monet" / "run.json").is_file()
    assert not list(home.rglob("checkpoint.safetensors")), "states to go on from are large"


@pytest.mark.parametrize(
    ("arguments", "prefix"),
    [
        (("--instance-prompt", "disney style"), "disney style,"),
        (("--prefix", "disney style,"), "disney style,"),
        (("--token", "sks"), "sks style,"),
        (("--instance-prompt", "in sks style", "--token", "sks"), "in sks style,"),
    ],
)
def test_what_the_style_is_called(train, home: Path, arguments: tuple[str, ...], prefix: str):
    code, errors = train(*arguments)
    assert code == 0, errors
    prompt = read_style(home / "styles" / "monet.safetensors").prompt
    assert prompt.prefix == prefix
    assert prompt.with_subject("a castle") == f"{prefix} a castle"
    assert prompt.with_subject("") == prefix.rstrip(",")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--prefix", "a", "--instance-prompt", "b"), "say 'b'"),
        (("--token", "sks", "--instance-prompt", "disney style"), "token 'sks' must be a word"),
        (("--class-prompt", "monet style"), "also what the style pictures are called"),
        (("--class-folder", "nowhere"), "nowhere"),
        (("--buckets",), "class pictures are square"),
        (("--variant", "lora", "--keep-full"), "--keep-full"),
        (("--no-prior-preservation", "--class-folder", "x"), "goes with prior preservation"),
        (("--instance-prompt", ""), "says nothing"),
        (("--class-prompt", " "), "says nothing"),
        (("--variant", "lora", "--target-modules", "nonsense"), "nonsense"),
        (("--min-timestep", "900", "--max-timestep", "100"), "nothing to train"),
        (("--variant", "half"), "full"),
        (("--energy", "2"), "--energy"),
        (("--safety-checker", "nowhere"), "nowhere"),
    ],
)
def test_bad_input_is_named(train, arguments: tuple[str, ...], words: str):
    code, errors = train(
        *arguments, *(["--preview-every=2"] if "--safety-checker" in arguments else [])
    )
    assert code == 2, errors
    assert words in errors
    assert "Traceback" not in errors
    assert "painting class pictures" not in errors, "it was found too late"


def test_a_checker_is_not_looked_for_where_nothing_is_shown(train):
    code, errors = train("--safety-checker", "nowhere")
    assert code == 0, errors


def test_a_style_file_does_not_tell_where_folders_are(train, tmp_path: Path, home: Path, picture):
    folder = tmp_path / "secret" / "classes"
    folder.mkdir(parents=True)
    picture(77, (64, 64)).save(folder / "a.png")
    code, errors = train("--class-folder", folder)
    assert code == 0, errors
    path = home / "styles" / "monet.safetensors"
    assert read_style(path).provenance.options["class_folder"] == "classes"
    assert b"secret" not in path.read_bytes()
    described = json.loads((home / "runs" / "monet" / "run.json").read_text())
    assert described["options"]["class_folder"] == str(folder)


def test_no_pictures_no_run(run_cli: RunCli, tmp_path: Path, mini_folder: Path, home: Path):
    (tmp_path / "none").mkdir()
    code, _, errors = run_cli("train", tmp_path / "none", "--base", mini_folder, *SHORT)
    assert code == 2
    assert "none" in errors
    assert not (home / "runs").exists()


def test_checkpoints_can_be_compared(
    train, run_cli: RunCli, home: Path, tmp_path: Path, picture, mini_folder: Path
):
    code, errors = train("--save-every=1", "--preview-every=1", "--validation-steps=2")
    assert code == 0, errors
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(4):
        picture(60 + number, (70, 64)).save(photos / f"{number}.png")
    code, said, errors = run_cli(
        *("eval", "--checkpoints", "monet", "--content", photos, "--reference", tmp_path / "monet"),
        *("--base", mini_folder, "--set", "steps=2", "--set", "size=64", "--strength", "0.6"),
        *("--metrics", "content-retention", "--json"),
    )
    assert code == 0, errors
    names = [entry["name"] for entry in json.loads(said)["entries"]]
    assert names == ["step 1", "step 2"]
    shown = json.loads((home / "runs" / "monet" / "previews" / "previews.json").read_text())
    assert json.dumps(shown).count("monet style, a person") == 2


def test_captions_are_the_instance_prompt(run_cli: RunCli, paintings: Path):
    code, _, errors = run_cli("caption", paintings, "--method", "dreambooth")
    assert code == 0, errors
    texts = {path.read_text().strip() for path in paintings.glob("*.txt")}
    assert texts == {"monet style"}


def test_it_mixes_with_loras_of_other_methods(
    train, run_cli: RunCli, paintings: Path, mini_folder: Path, tmp_path: Path, picture
):
    assert train()[0] == 0
    lora = ("--steps=2", "--resolution=32", "--preview-every=0", "--learning-rate=0.01")
    code, _, errors = run_cli("train", paintings, "--base", mini_folder, "--name", "other", *lora)
    assert code == 0, errors
    picture(3, (64, 64)).save(tmp_path / "photo.png")
    for first, second in (("monet", "other"), ("other", "monet")):
        code, _, errors = run_cli(
            *("transfer", tmp_path / "photo.png", "--style", first, "--style", f"{second}:0.5"),
            *("--base", mini_folder, "--steps", "4", "--strength", "0.75", "--size", "64"),
        )
        assert code == 0, errors
        assert (tmp_path / f"photo.{first}+{second}.png").is_file()


REPORT = {
    "instance_prompt": "disney style",
    "class_prompt": "style",
    "class_pictures": 1000,
    "prior_weight": 1.0,
    "train_text_encoder": True,
    "resolution": 512,
    "crop": "center",
    "optimizer": "adamw-8bit",
    "learning_rate": 1e-6,
    "weight_decay": 1e-2,
    "clip_norm": 1.0,
    "batch_size": 4,
    "steps": 4000,
    "precision": "fp16",
    "save_every": 500,
    "preview_every": 500,
    "checkpoint_every": 500,
    "validation_pictures": 4,
    "validation_scheduler": "pndm",
    "validation_prompt": "a person, Disney style",
}


@pytest.mark.parametrize("base", ["sd15", "tiny"])
def test_the_preset_is_the_report_on_every_base(base: str):
    registry = load_registry()
    spec = registry.bases.get(base, SD15)
    resolved = options_for(Dreambooth(), spec, Given({}, {}, {}), PRESETS["cartoonify"], None, {})
    record = as_record(resolved.options)
    assert {name: record[name] for name in REPORT} == REPORT
    assert Dreambooth.default_seed == 42


def test_transfer_and_generation_are_the_published_demos():
    method = Dreambooth()
    transfer = as_record(method.TransferOptions())
    assert (transfer["strength"], transfer["guidance"], transfer["steps"]) == (0.35, 20.0, 50)
    generation = as_record(method.GenerateOptions())
    assert (generation["guidance"], generation["steps"]) == (8.0, 30)
    assert transfer["scheduler"] == generation["scheduler"] == "euler-a"


def test_what_can_be_left_out_is_an_option():
    for ablation in ABLATIONS.values():
        options = DreamboothOptions()
        changed = resolve(DreamboothOptions, [*(), _layer(ablation.changes(options))]).options
        assert changed != options


def _layer(values):
    from stylecli.options import Layer

    return Layer("--ablate", values)


def test_buckets_go_without_class_pictures():
    with pytest.raises(UsageError):
        DreamboothOptions(buckets=True)
    assert DreamboothOptions(buckets=True, prior_preservation=False).buckets
