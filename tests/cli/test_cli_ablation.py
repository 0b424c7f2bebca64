"""``stylecli train --ablate``: trained alike, compared on one page."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylecli.cli.ablation_text import in_the_style
from stylecli.images.writing import read_record
from stylecli.styles.format import read_style
from stylecli.styles.style import Prompt

PLUGIN = """
from pathlib import Path

import stylecli


@stylecli.hookimpl
def stylecli_bases():
    settings = {{"steps": 4, "guidance": 3.0, "scheduler": "ddim"}}
    return [
        stylecli.BaseSpec(
            name="mini",
            family="sd15",
            source=Path({folder!r}),
            resolution=64,
            controlnets={{"canny": Path({controlnet!r})}},
            recommends={{
                name: {{"transfer": settings, "generate": {{**settings, "steps": 2}}}}
                for name in ("lsast", "lora-sdedit")
            }},
        )
    ]
"""
SHORT = (
    "--steps=2",
    "--resolution=32",
    "--batch-size=2",
    "--preview-every=0",
    "--checkpoint-every=0",
)
RunCli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def photos(tmp_path: Path, picture) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        picture(20 + number, (64, 64)).save(folder / f"photo-{number}.png")
    return folder


@pytest.fixture
def ablate(
    run_cli: RunCli,
    paintings: Path,
    photos: Path,
    mini_folder: Path,
    mini_controlnet: Path,
    install_plugin,
    tmp_path: Path,
):
    """Ablates lsast on the miniature base, which has a ControlNet here."""
    folders = {"folder": str(mini_folder), "controlnet": str(mini_controlnet)}
    install_plugin("ablated_base", PLUGIN.format(**folders))

    def run(*arguments: object, content: object = photos) -> tuple[int, str, str]:
        command = ("train", paintings, "--method", "lsast", "--base", "mini", *SHORT)
        return run_cli(*command, "--content", content, "--report", tmp_path / "report", *arguments)

    return run


def test_every_idea_is_left_out_in_turn(ablate, home: Path, tmp_path: Path):
    code, _out, errors = ablate("--ablate", "all")
    assert code == 0, errors
    report = tmp_path / "report"
    names = ["monet", "step-only", "layer-only", "neither", "no-controlnet", "single-head"]
    found = json.loads((report / "eval.json").read_text())
    assert [entry["name"] for entry in found["entries"]] == names
    assert all(
        {"style-closure", "content-retention"} <= set(e["figures"]) for e in found["entries"]
    )
    shapes = {
        name: tuple(
            read_style(report / "styles" / f"{name}.safetensors").tensors.popitem()[1].shape
        )
        for name in names
    }
    assert shapes["step-only"] == (10, 1, 32)
    assert shapes["layer-only"] == (1, 3, 32)
    assert shapes["neither"] == (1, 1, 32)
    whole, edgeless = (
        read_style(report / "styles" / f"{name}.safetensors") for name in ("monet", "no-controlnet")
    )
    assert whole.fingerprint == edgeless.fingerprint, (
        "what is only painted otherwise is not trained anew"
    )
    assert edgeless.transfer == {**whole.transfer, "controlnet": "none"}
    settings = {entry["name"]: entry["settings"] for entry in found["entries"]}
    assert (settings["monet"]["controlnet"], settings["no-controlnet"]["controlnet"]) == (
        "canny",
        "none",
    )
    pictures = [
        Image.open(report / "outputs" / name / "photo-0.png").tobytes()
        for name in ("monet", "no-controlnet")
    ]
    assert pictures[0] != pictures[1], "each is painted at its own settings"
    assert [reference["name"] for reference in found["references"]] == ["monet"]
    assert Image.open(report / "grid.png").width > 6 * 192
    assert (report / "report.html").is_file()
    assert not (home / "styles").exists() or not list((home / "styles").iterdir())
    assert len(list((home / "runs").iterdir())) == 5


def test_the_same_command_goes_on_where_it_was_stopped(ablate, tmp_path: Path, home: Path):
    assert ablate("--ablate", "step-only")[0] == 0
    before = (tmp_path / "report" / "styles" / "monet.safetensors").read_bytes()
    code, _, errors = ablate("--ablate", "step-only,neither")
    assert code == 2
    assert "already holds" in errors
    code, _, errors = ablate("--ablate", "step-only,neither", "--overwrite")
    assert code == 0, errors
    assert "monet: already trained." in errors
    assert "step-only: already trained." in errors
    assert (tmp_path / "report" / "styles" / "monet.safetensors").read_bytes() == before
    assert len(list((home / "runs").iterdir())) == 3
    code, _, errors = ablate("--ablate", "neither", "--overwrite", "--seed", "7")
    assert code == 0, errors
    assert "already trained" not in errors, "another seed is another training"


def test_one_that_is_stopped_goes_on_exactly(ablate, tmp_path: Path, home: Path, monkeypatch):
    """Stopped in the second training, after a step of it: the first is kept, the second goes on."""
    from stylecli.errors import Cancelled
    from stylecli.progress import Event
    from stylecli.training import loop

    arguments = ("--ablate", "neither", "--steps", "3")
    assert ablate(*arguments, "--report", tmp_path / "whole")[0] == 0
    shutil.rmtree(home / "runs")
    calls = []

    def stopping(event: Event) -> Event:
        calls.append(event.stage)
        if calls.count("training") == 4:
            raise Cancelled("stopped")
        return event

    with monkeypatch.context() as patch:
        patch.setattr(loop, "Event", lambda *given, **named: stopping(Event(*given, **named)))
        code, _, errors = ablate(*arguments)
    assert code == 130 or code == 1
    assert "Give the same command again" in errors
    assert len(list((home / "runs").iterdir())) == 2
    code, _, errors = ablate(*arguments)
    assert code == 0, errors
    assert "monet: already trained." in errors
    assert len(list((home / "runs").iterdir())) == 2, "the second run went on where it was"
    for name in ("monet", "neither"):
        one, other = (
            read_style(tmp_path / report / "styles" / f"{name}.safetensors")
            for report in ("whole", "report")
        )
        assert one.fingerprint == other.fingerprint


def test_the_pictures_to_measure_against_can_be_others(
    ablate, photos: Path, tmp_path: Path, picture
):
    others = tmp_path / "held-out"
    others.mkdir()
    for number in range(4):
        picture(40 + number, (64, 64)).save(others / f"{number}.png")
    assert ablate("--ablate", "no-controlnet", "--reference", others)[0] == 0
    found = json.loads((tmp_path / "report" / "eval.json").read_text())
    assert [reference["name"] for reference in found["references"]] == ["held-out"]


def test_what_is_left_out_already_is_not_compared(ablate, tmp_path: Path):
    code, _, errors = ablate("--ablate", "single-head,layer-only", "--head", "single")
    assert code == 0
    assert "single-head: left out already" in errors
    found = json.loads((tmp_path / "report" / "eval.json").read_text())
    assert [entry["name"] for entry in found["entries"]] == ["monet", "layer-only"]


def test_the_users_files_are_not_replaced_unasked(ablate, tmp_path: Path, home: Path):
    report = tmp_path / "report"
    (report / "styles").mkdir(parents=True)
    for path in (report / "grid.png", report / "styles" / "neither.safetensors"):
        path.write_text("precious")
        code, _, errors = ablate("--ablate", "neither")
        assert code == 2
        assert path.name in errors
        assert path.read_text() == "precious"
        path.unlink()
    assert not (home / "runs").exists()


def test_only_what_touches_the_learning_is_trained_anew(ablate):
    assert ablate("--ablate", "no-controlnet")[0] == 0
    again = ablate("--ablate", "no-controlnet", "--overwrite", "--checkpoint-every", "1")
    assert "monet: already trained." in again[2]
    other = ablate("--ablate", "no-controlnet", "--overwrite", "--learning-rate", "0.5")
    assert other[0] == 0
    assert "already trained" not in other[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--ablate", "all", "--resume"), "leave out --resume"),
        (("--ablate", "step-onyl"), "step-only"),
        (("--ablate", ""), "say what to leave out"),
        ((), "go with --ablate"),
        (("--ablate", "all", "--name", "neither"), "also what is left out"),
        (("--ablate", "all", "--content", "/nowhere"), "/nowhere"),
        (("--ablate", "all", "--reference", "/nowhere"), "/nowhere"),
    ],
)
def test_bad_input_is_named_before_anything_is_trained(ablate, home: Path, arguments, message):
    code, _, errors = ablate(*arguments)
    assert code == 2
    assert message in errors
    assert not (home / "runs").exists()


def test_photos_that_are_trained_on_or_damaged_are_refused_at_once(
    ablate, paintings: Path, photos: Path, home: Path, tmp_path: Path
):
    code, _, errors = ablate("--ablate", "neither", content=paintings)
    assert code == 2
    assert "those that are trained on" in errors
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.png").write_text("no picture")
    code, _, errors = ablate("--ablate", "neither", content=broken)
    assert code == 2
    assert "none of its 1 pictures can be read" in errors
    code, _, errors = ablate("--ablate", "neither", "--report", photos)
    assert code == 2
    assert "pictures to compare with" in errors
    assert not (home / "runs").exists()


def test_photos_are_needed(run_cli: RunCli, paintings: Path):
    code, _, errors = run_cli("train", paintings, "--method", "lsast", "--ablate", "all")
    assert code == 2
    assert "--content" in errors


PLAIN_METHOD = """
import stylecli


class Plain(stylecli.Method):
    name, summary, families = "plain", "does nothing", frozenset({"sd15"})
    TrainOptions, TransferOptions = stylecli.TrainingOptions, stylecli.SdeditOptions

    def train(self, run):
        raise stylecli.UsageError("trained")

    def stylizer(self, base, styles, options):
        raise stylecli.UsageError("painted")


@stylecli.hookimpl
def stylecli_methods():
    return [Plain()]
"""


def test_a_method_may_have_nothing_to_leave_out(
    run_cli: RunCli, paintings: Path, photos: Path, install_plugin
):
    install_plugin("unablated_for_tests", PLAIN_METHOD)
    command = ("train", paintings, "--method", "plain", "--ablate", "all", "--content", photos)
    code, _, errors = run_cli(*command)
    assert code == 2
    assert "nothing that can be left out" in errors


LORA = ("--method", "lora-sdedit", "--vae-steps=2", "--vae-crop-size=32", "--rank=2")


def test_each_of_three_parts_is_left_out_in_turn(ablate, tmp_path: Path):
    code, out, errors = ablate(
        "--ablate", "unet,text-encoder,vae", *LORA, "--token", "**", "--json"
    )
    assert code == 0, errors
    names = ["monet", "no-unet", "no-text-encoder", "no-vae"]
    printed = json.loads(out)
    for way in ("transfer", "generate"):
        assert [entry["name"] for entry in printed[way]["entries"]] == names
    report = tmp_path / "report"
    styles = {name: read_style(report / "styles" / f"{name}.safetensors") for name in names}
    assert [sorted(styles[name].parts) for name in names] == [
        ["text_encoder", "unet", "vae"],
        ["text_encoder", "vae"],
        ["unet", "vae"],
        ["text_encoder", "unet"],
    ]
    autoencoders = [
        {key: value.tolist() for key, value in style.tensors.items() if ".vae." in key}
        for style in styles.values()
        if "vae" in style.parts
    ]
    assert autoencoders[0] == autoencoders[1] == autoencoders[2], "one seed, one phase"
    assert len({style.provenance.training["seed"] for style in styles.values()}) == 1
    page = (report / "ablation.html").read_text()
    for name in names:
        assert f"<td>{name}</td>" in page
    for link in ("grid.png", "report.html", "from-text/grid.png", "from-text/report.html"):
        assert f'"{link}"' in page
        assert (report / link).is_file()
    assert "SC, photos repainted" in page
    assert "CR, from text" in page


def test_pictures_from_text_are_asked_for_in_the_style_and_compared_with_the_bases(
    ablate, tmp_path: Path
):
    arguments = ("--ablate", "no-controlnet")
    assert ablate(*arguments)[0] == 0
    folder = tmp_path / "report" / "from-text"
    made = {
        name: read_record(folder / name / "a-photo-of-a-car-2.png")
        for name in ("base-alone", "monet")
    }
    assert [made[name]["prompt"] for name in made] == [
        "A photo of a car",
        "A photo of a car in the style of *",
    ]
    assert [each["seed"] for each in made.values()] == [2, 2]
    assert (made["base-alone"]["styles"], len(made["monet"]["styles"])) == ([], 1)
    found = json.loads((folder / "eval.json").read_text())
    assert found["entries"][0]["figures"]["content-retention"]["stamp"]["n"] == 21
    kept = {path: path.read_bytes() for path in folder.rglob("a-photo*.png")}
    assert len(kept) == 3 * 21
    one = folder / "monet" / "a-photo-of-a-boy-0.png"
    one.unlink()
    code, _, errors = ablate(*arguments, "--overwrite")
    assert code == 0, errors
    assert {path: path.read_bytes() for path in kept if path != one} == {
        path: content for path, content in kept.items() if path != one
    }
    # Alone in its batch, it may be rounded otherwise.
    again, before = (
        np.asarray(Image.open(source)).astype(int) for source in (one, io.BytesIO(kept[one]))
    )
    assert np.abs(again - before).max() <= 1


def test_what_is_typed_says_what_the_whole_is(ablate, tmp_path: Path):
    code, _, errors = ablate("--ablate", "vae,text-encoder", *LORA, "--train-modules=unet,vae")
    assert code == 0, errors
    assert "no-text-encoder: left out already" in errors
    styles = tmp_path / "report" / "styles"
    assert sorted(path.stem for path in styles.iterdir()) == ["monet", "no-vae"]
    assert read_style(styles / "monet.safetensors").parts == {"unet", "vae"}


def test_where_all_is_left_out_already_nothing_is_trained(ablate, home: Path):
    code, _, errors = ablate("--ablate", "vae", *LORA, "--train-modules", "unet")
    assert code == 2
    assert "nothing to compare with monet" in errors
    assert not (home / "runs").exists()


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        (Prompt("A Monet painting,"), "A Monet painting, A photo of a car"),
        (Prompt("A painting in the style of **", "**"), "A photo of a car in the style of **"),
        (Prompt("oil by **", "**"), "oil by ** A photo of a car"),
        (Prompt("*", "*"), "A photo of a car in the style of *"),
    ],
)
def test_from_text_the_words_that_were_trained_on_are_used(prompt: Prompt, asked: str):
    assert prompt.with_subject(in_the_style("A photo of a car", prompt)) == asked


def test_the_last_part_cannot_be_left_out(ablate, home: Path):
    code, _, errors = ablate("--ablate", "unet", *LORA, "--train-modules", "unet")
    assert code == 2
    assert "nothing would be left to train" in errors
    assert not (home / "runs").exists()
