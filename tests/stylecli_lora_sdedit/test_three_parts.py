"""LoRAs on denoiser, text encoder and autoencoder, trained in any combination."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.bases.base import load_base
from stylecli.bases.lora import apply_styles
from stylecli.bases.spec import BaseSpec
from stylecli.datasets.folder import read_dataset
from stylecli.demo.materials import paint_style_pictures
from stylecli.images.reading import read_picture
from stylecli.images.tensors import to_tensor
from stylecli.loras.keys import parts_of
from stylecli.progress import Event, silent
from stylecli.registry import load_registry
from stylecli.styles.format import read_style
from stylecli.styles.style import Prompt, ScaledStyle, Style
from stylecli.training import loop
from stylecli.training.cache import TensorCache
from stylecli.training.run import TrainRun
from stylecli_lora_sdedit.method import LoraSdedit
from stylecli_lora_sdedit.options import LoraOptions

RunCli = Callable[..., tuple[int, str, str]]
NAMES = {"unet": "unet", "text-encoder": "text_encoder", "vae": "vae"}
SHORT = (
    *("--steps=3", "--vae-steps=3", "--resolution=32", "--vae-crop-size=32", "--batch-size=2"),
    *("--learning-rate=0.01", "--vae-learning-rate=0.01", "--preview-every=0", "--rank=2"),
)


@pytest.fixture
def train(run_cli: RunCli, paintings: Path, mini_folder: Path, home: Path):
    def run(*arguments: object, name: str = "monet") -> Style:
        code, _, errors = run_cli(
            *("train", paintings, "--base", mini_folder, "--name", name, *SHORT, *arguments),
            *(
                ()
                if "--resume" in arguments or "--token" in arguments
                else ("--prefix", "A painting,")
            ),
        )
        assert code == 0, errors
        return read_style(home / "styles" / f"{name}.safetensors")

    return run


def ups(style: Style, part: str) -> dict[str, torch.Tensor]:
    return {
        key: value
        for key, value in style.tensors.items()
        if key.endswith("lora_up.weight") and parts_of([key]) == {part}
    }


@pytest.mark.parametrize(
    "chosen", [names for count in (1, 2, 3) for names in combinations(NAMES, count)]
)
def test_what_is_trained_has_learnt_and_nothing_else_is_there(train, chosen: tuple[str, ...]):
    style = train("--train-modules", ",".join(chosen))
    assert style.parts == {NAMES[name] for name in chosen}
    for part in style.parts:
        learnt = [bool(value.any()) for value in ups(style, part).values()]
        assert learnt
        assert all(learnt), f"an up-matrix of {part} is still 0"
    steps = [phase["name"] for phase in style.provenance.training["phases"]]
    assert steps == [
        *(["autoencoder"] if "vae" in chosen else []),
        *(["encoding", "training"] if chosen != ("vae",) else []),
    ]


def test_a_text_encoders_other_projections_are_there_but_do_nothing(train):
    style = train("--train-modules=text-encoder", "--text-encoder-target-modules=q_proj,v_proj")
    kinds = {
        kind: {
            bool(value.any())
            for key, value in ups(style, "text_encoder").items()
            if f"_{kind}." in key
        }
        for kind in ("q_proj", "k_proj", "v_proj", "out_proj")
    }
    assert kinds == {"q_proj": {True}, "v_proj": {True}, "k_proj": {False}, "out_proj": {False}}


@pytest.mark.parametrize("side", ["--vae-crop-size=39", "--vae-crop-size=400"])
def test_the_autoencoder_sees_whole_cells_of_what_there_is(train, side: str):
    """One latent cell of the miniature base is 2 pixels; the resolution is 47."""
    assert train("--train-modules=vae", side, "--resolution=47").parts == {"vae"}


def test_a_part_learns_at_its_own_rate(train):
    still = train("--train-modules=unet,text-encoder", "--text-encoder-learning-rate=0")
    assert not any(value.any() for value in ups(still, "text_encoder").values())
    assert all(value.any() for value in ups(still, "unet").values())


def test_the_autoencoders_phase_is_the_same_beside_other_parts(train):
    """One seed: what the ablation compares differs in nothing but the part."""
    alone = train("--train-modules=vae", name="alone")
    beside = train("--train-modules=unet,vae", name="beside")
    assert all(
        torch.equal(value, ups(beside, "vae")[key]) for key, value in ups(alone, "vae").items()
    )


def test_less_memory_changes_nothing_that_is_learnt(train):
    parts = "--train-modules=unet,text-encoder,vae"
    plain = train(parts, "--save-precision=fp32", name="plain")
    spared = train(parts, "--save-precision=fp32", "--gradient-checkpointing", name="spared")
    assert plain.tensors.keys() == spared.tensors.keys()
    for key, value in plain.tensors.items():
        assert torch.allclose(value, spared.tensors[key], atol=1e-5), key


def test_copies_and_previews_on_the_way_have_all_parts_and_change_nothing(
    mini_spec: BaseSpec, mini_folder: Path, paintings: Path, tmp_path: Path
):
    def run(name: str, **options: object) -> tuple[Style, Path]:
        chosen: dict[str, object] = {
            **{"train_modules": "unet,text-encoder,vae", "rank": 2, "dropout": 0.5},
            **{"steps": 3, "vae_steps": 2, "batch_size": 2, "resolution": 32, "vae_crop_size": 32},
            **{"learning_rate": 0.01, "preview_every": 0, "precision": "fp32"},
        }
        (tmp_path / name).mkdir()
        made = LoraSdedit().train(
            TrainRun(
                name=name,
                method="lora-sdedit",
                base=load_base(mini_spec, mini_folder, "fp32", torch.device("cpu")),
                dataset=read_dataset(paintings),
                prompt=Prompt("A painting,"),
                options=LoraOptions(**{**chosen, **options}),
                transfer={"steps": 2, "size": 32, "guidance": 2.0},
                seed=3,
                folder=tmp_path / name,
                cache=TensorCache(tmp_path / "cache"),
                resume=False,
                progress=silent,
            )
        )
        return made, tmp_path / name

    quiet, _ = run("quiet")
    seen, folder = run("seen", preview_every=1, save_every=1)
    assert len(list((folder / "previews").glob("*.png"))) == 6
    assert seen.thumbnail
    assert not quiet.thumbnail
    copies = sorted((folder / "checkpoints").iterdir())
    assert [read_style(path).parts for path in copies] == [quiet.parts] * 3
    assert all(torch.equal(value, seen.tensors[key]) for key, value in quiet.tensors.items())


def test_the_style_repaints_with_all_its_parts(
    train, run_cli: RunCli, tmp_path: Path, picture, mini_folder: Path
):
    train("--train-modules=unet,text-encoder,vae", "--token", "**")
    photo = tmp_path / "photo.png"
    picture(40, (64, 64)).save(photo)
    results = {}
    for scale in ("0", "1"):
        target = tmp_path / f"at-{scale}.png"
        code, _, errors = run_cli(
            *("transfer", photo, "--style", f"monet:{scale}", "--base", mini_folder),
            *("--steps=4", "--size=64", "-o", target),
        )
        assert code == 0, errors
        results[scale] = np.asarray(Image.open(target)).astype(int)
    assert np.abs(results["0"] - results["1"]).max() > 0
    code, out, errors = run_cli("styles", "show", "monet")
    assert code == 0, errors
    assert "A painting in the style of **" in out


@pytest.mark.parametrize("stage", ["training the autoencoder", "training"])
def test_a_run_that_is_stopped_in_either_phase_goes_on_exactly(
    train, run_cli: RunCli, home: Path, monkeypatch, stage: str
):
    from stylecli.errors import Cancelled

    parts = "--train-modules=unet,text-encoder,vae"
    through = train(parts, "--dropout=0.3", name="through")

    def stopping(event: Event) -> Event:
        if event.stage == stage and event.done == 2:
            raise Cancelled("stopped")
        return event

    monkeypatch.setattr(loop, "Event", lambda *a, **k: stopping(Event(*a, **k)))
    with pytest.raises(AssertionError, match="--resume"):
        train(parts, "--dropout=0.3", name="stopped")
    monkeypatch.undo()
    monkeypatch.setenv("STYLECLI_HOME", str(home))
    stopped = train("--resume", name="stopped")
    assert stopped.parts == through.parts
    costs = {one["name"]: one for one in stopped.provenance.training["phases"]}
    assert list(costs) == ["autoencoder", "encoding", "training"]
    assert all(torch.equal(value, through.tensors[key]) for key, value in stopped.tensors.items())


def test_a_stop_before_the_first_step_leaves_no_run(train, home: Path, monkeypatch):
    from stylecli.errors import Cancelled
    from stylecli.training import reconstruction

    def stopping(*arguments, **named) -> Event:
        raise Cancelled("stopped")

    monkeypatch.setattr(reconstruction, "Event", stopping)
    with pytest.raises(AssertionError, match="before its first step"):
        train("--train-modules=vae")
    assert not list((home / "runs").iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--train-modules", "unet,clip"], "there is no 'clip'"),
        (["--train-modules", "vae", "--vae-target-modules", "to_w"], "--vae-target-modules"),
        (
            ["--train-modules=text-encoder", "--text-encoder-target-modules=query"],
            "--text-encoder-target-modules",
        ),
        (["--vae-steps", "3", "--vae-epochs", "2"], "--vae-steps or --vae-epochs"),
        (["--train-modules", "vae", "--save-every", "2"], "--save-every: of the autoencoder alone"),
        (["--preset", "three-part", "--prefix", "oil by **,"], "must be a word of its own"),
        (["--token", "two words"], "--token 'two words': not a single word"),
        (["--token", "**", "--prefix", "A **, painting"], "must be a word of its own"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(
    run_cli: RunCli, paintings: Path, mini_folder: Path, home: Path, arguments, said: str
):
    code, _, errors = run_cli("train", paintings, "--base", mini_folder, "--steps=1", *arguments)
    assert code == 2, errors
    assert said in errors
    assert not (home / "runs").exists() or not list((home / "runs").iterdir())


def test_on_the_embedded_base_unseen_pictures_are_given_back_better(
    tmp_path: Path, run_cli: RunCli, home: Path
):
    """The autoencoder learns a style's look and not only its training pictures."""
    paint_style_pictures(tmp_path / "all", 20, silent, (160, 128))
    every = sorted((tmp_path / "all").iterdir())
    seen = tmp_path / "seen"
    seen.mkdir()
    for path in every[:14]:
        path.rename(seen / path.name)
    code, out, errors = run_cli(
        *("train", seen, "--base", "tiny", "--name", "made", "--train-modules", "vae"),
        *("--vae-steps", 40, "--vae-crop-size", 64, "--resolution", 128, "--json"),
    )
    assert code == 0, errors
    assert json.loads(out)["training"]["steps"] == 40
    spec = load_registry().bases["tiny"]
    base = load_base(spec, Path(spec.source), "fp32", torch.device("cpu"))
    unseen = to_tensor([read_picture(path).crop((0, 0, 128, 128)) for path in every[14:]])

    def error() -> float:
        return float((base.decode(base.encode(unseen)[0]) - unseen).abs().mean())

    before = error()
    apply_styles(base, [ScaledStyle(read_style(home / "styles" / "made.safetensors"))])
    assert error() < 0.95 * before
    apply_styles(base, ())
    assert error() == pytest.approx(before)
