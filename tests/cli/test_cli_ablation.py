"""``stylecli train --ablate``: trained alike, compared on one page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from stylecli.styles.format import read_style

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
            recommends={{"lsast": {{"transfer": settings}}}},
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
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


def test_photos_are_needed(run_cli: RunCli, paintings: Path):
    code, _, errors = run_cli("train", paintings, "--method", "lsast", "--ablate", "all")
    assert code == 2
    assert "--content" in errors


def test_a_method_may_have_nothing_to_leave_out(run_cli: RunCli, paintings: Path, photos: Path):
    code, _, errors = run_cli("train", paintings, "--ablate", "all", "--content", photos)
    assert code == 2
    assert "nothing that can be left out" in errors
