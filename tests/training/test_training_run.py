from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.bases.base import Base
from stylecli.datasets.folder import read_dataset
from stylecli.errors import StylecliError, UsageError
from stylecli.progress import silent
from stylecli.styles.format import read_style
from stylecli.styles.style import Prompt
from stylecli.training.cache import TensorCache
from stylecli.training.loop import Fitted
from stylecli.training.options import TrainingOptions
from stylecli.training.run import TrainRun
from stylecli.training.run_folder import (
    describe_run,
    drop_empty_run,
    new_run_folder,
    read_description,
    unfinished_run,
)


def started(folder: Path, time: float, finished: bool = False, name: str = "monet") -> Path:
    folder.mkdir(parents=True)
    describe_run(folder, {"name": name, "finished": finished})
    os.utime(folder / "run.json", (time, time))
    return folder


def test_every_run_has_a_folder_of_its_own(tmp_path: Path):
    names = [new_run_folder(tmp_path / "runs", "monet").name for _ in range(3)]
    assert names == ["monet", "monet-2", "monet-3"]


def test_a_place_where_no_run_can_be_kept_is_named(tmp_path: Path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(StylecliError, match="cannot be made") as caught:
        new_run_folder(tmp_path / "runs", "monet")
    assert "STYLECLI_HOME" in (caught.value.hint or "")


def test_the_newest_unfinished_run_of_a_name_is_resumed(tmp_path: Path):
    started(tmp_path / "monet", 30.0)
    expected = started(tmp_path / "monet-2", 50.0)
    started(tmp_path / "monet-3", 70.0, finished=True)
    started(tmp_path / "monet-haystacks", 90.0, name="monet-haystacks")
    started(tmp_path / "monet-9", 90.0, name="monet-9")
    started(tmp_path / "monetx2", 90.0, name="monetx2")
    (tmp_path / "monet-4").mkdir()
    assert unfinished_run(tmp_path, "monet") == expected


def test_without_an_unfinished_run_there_is_nothing_to_resume(tmp_path: Path):
    for runs in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match="No unfinished run named 'monet'"):
            unfinished_run(runs, "monet")


def test_a_description_is_kept_and_a_damaged_one_is_empty(tmp_path: Path):
    describe_run(tmp_path, {"name": "Müller", "options": {"rank": 4}})
    assert read_description(tmp_path) == {"name": "Müller", "options": {"rank": 4}}
    for damaged in ("{", "[1]", ""):
        (tmp_path / "run.json").write_text(damaged)
        assert read_description(tmp_path) == {}
    assert read_description(tmp_path / "none") == {}


@pytest.mark.parametrize("kept", ["checkpoint.safetensors", "metrics.jsonl"])
def test_only_a_run_that_learnt_nothing_is_dropped(tmp_path: Path, kept: str):
    started(tmp_path / "monet", 0.0)
    started(tmp_path / "monet-2", 0.0)
    (tmp_path / "monet" / kept).write_bytes(b"")
    drop_empty_run(tmp_path / "monet")
    drop_empty_run(tmp_path / "monet-2")
    assert [folder.name for folder in tmp_path.iterdir()] == ["monet"]


@pytest.fixture
def run(base: Base, paintings: Path, tmp_path: Path) -> TrainRun:
    return TrainRun(
        name="monet",
        method="lora-sdedit",
        base=base,
        dataset=read_dataset(paintings),
        prompt=Prompt("A Monet painting,"),
        options=TrainingOptions(resolution=32, preview_every=0),
        transfer={"guidance": 3.0},
        seed=5,
        folder=tmp_path,
        cache=TensorCache(tmp_path / "cache"),
        resume=False,
        progress=silent,
    )


def test_the_encoders_are_dropped_once_everything_is_encoded(run: TrainRun):
    assert len(run.encode()) == 6
    assert not {"vae", "text_encoder"} & run.base._parts.keys()


def test_a_style_says_how_it_was_made(run: TrainRun):
    fitted = Fitted(steps=3, epochs=1.0, seconds=2.0, final_loss=0.25)
    style = run.style({"a": torch.zeros(1)}, fitted, 5, Image.new("RGB", (400, 200), "red"))
    made = style.provenance
    assert (style.name, style.method, style.family) == ("monet", "lora-sdedit", "sd15")
    assert (style.prompt.prefix, style.transfer) == ("A Monet painting,", {"guidance": 3.0})
    thumbnail = Image.open(io.BytesIO(style.thumbnail))
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (192, 96))
    assert made.base == "mini", "a folder's name, not where it is on this machine"
    assert made.base_hash == run.base.denoiser_hash
    assert made.dataset["count"] == 5
    assert made.dataset["fingerprint"] == run.dataset.fingerprint
    assert made.training["final_loss"] == 0.25
    assert made.training["seed"] == 5
    assert made.options["resolution"] == 32
    assert (made.resolution, made.prediction_type) == (64, "epsilon")


def test_what_every_picture_is_told_can_be_said_whole(run: TrainRun):
    examples = run.encode(["*"] * 6, keep=["text_encoder"])
    assert "text_encoder" in run.base._parts
    assert "vae" not in run.base._parts
    told = examples.batch(range(6), np.random.default_rng(0)).conditions.context
    assert torch.allclose(told, run.base.contexts(["*"]).context.expand(6, -1, -1), atol=1e-5)


def test_previews_are_painted_as_suits_the_base(run: TrainRun):
    options = run.preview_options(3)
    assert (options.guidance, options.batch_size) == (3.0, 3)


def test_of_the_copies_the_newest_are_kept(run: TrainRun, tmp_path: Path):
    run.options = TrainingOptions(
        **{"resolution": 32, "preview_every": 0, "steps": 7, "checkpoint_every": 0},
        **{"save_every": 2, "save_limit": 2},
    )
    examples = run.encode()
    place = tmp_path / "checkpoints"
    place.mkdir()
    (place / "monet-2-000002.safetensors").touch()
    weight = torch.nn.Parameter(torch.zeros(1))
    run.fit(
        {"a": weight},
        lambda batch, random: (weight - 1).pow(2).sum(),
        examples,
        tensors=lambda: {"stylecli.lora-sdedit.a": weight.detach().clone()},
    )
    names = sorted(path.name for path in place.iterdir())
    assert names == [f"monet-{each}.safetensors" for each in ("000006", "000007", "2-000002")]
    last = read_style(place / "monet-000007.safetensors")
    assert torch.equal(last.tensors["stylecli.lora-sdedit.a"], weight.detach())
