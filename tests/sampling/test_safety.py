"""A safety checker: a miniature one of the true architecture, against diffusers' own class."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from hub_server import environment_of, serving
from stylecli.bases.base import Base
from stylecli.bases.loading import image_processor
from stylecli.errors import UsageError
from stylecli.sampling.safety import black_out, load_safety_checker

COLOURS = ("red", "green", "blue", "white")
FLAGGED = [True, False, False, False]


def colours() -> list[Image.Image]:
    return [
        Image.new("RGB", (20 + 4 * number, 24), colour) for number, colour in enumerate(COLOURS)
    ]


def judged(folder: Path, extractor: Path, images: list[Image.Image]) -> list[bool]:
    """What diffusers' class itself says of all pictures at once."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

    model = StableDiffusionSafetyChecker.from_pretrained(folder)
    prepare = image_processor().from_pretrained(extractor)
    pixels = prepare(images, return_tensors="pt").pixel_values
    _, flagged = model(pixels, [np.array(image) for image in images])
    return [bool(one) for one in flagged]


@pytest.fixture(scope="session")
def mini_checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checker with random weights; one concept is what it sees in a red picture."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    folder = tmp_path_factory.mktemp("checkers") / "checker"
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    vision = {**sizes, "num_attention_heads": 2, "image_size": 16, "patch_size": 8}
    # Random weights as small as CLIP's would tell no picture from another.
    vision |= {"initializer_factor": 10.0}
    prepare = image_processor()(size=16, crop_size=16)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = CLIPConfig(
            text_config={**sizes, "num_attention_heads": 2},
            vision_config=vision,
            projection_dim=24,
            initializer_factor=10.0,
        )
        model = StableDiffusionSafetyChecker(config).eval()
    pixels = prepare(colours(), return_tensors="pt").pixel_values
    with torch.no_grad():
        seen = model.visual_projection(model.vision_model(pixels)[1])
        model.concept_embeds.copy_(-seen.sum(0).expand(17, -1))
        model.concept_embeds[5] = seen[0]
        model.special_care_embeds.copy_(-seen.sum(0).expand(3, -1))
        model.concept_embeds_weights.fill_(0.99)
    model.save_pretrained(folder)
    prepare.save_pretrained(folder)
    return folder


@pytest.fixture
def folder(mini_checker: Path, tmp_path: Path) -> Path:
    """A copy, to be changed."""
    return Path(shutil.copytree(mini_checker, tmp_path / "checker"))


@pytest.fixture
def pipeline(mini_checker: Path, tmp_path: Path) -> Path:
    """The checker as pipelines have it: beside what prepares pictures."""
    place = tmp_path / "pipeline"
    shutil.copytree(mini_checker, place / "safety_checker")
    (place / "feature_extractor").mkdir()
    preparation = place / "safety_checker" / "preprocessor_config.json"
    preparation.rename(place / "feature_extractor" / preparation.name)
    return place


def test_a_picture_that_comes_near_to_a_concept_is_flagged(mini_checker: Path, base: Base):
    checker = load_safety_checker(str(mini_checker), base)
    assert judged(mini_checker, mini_checker, colours()) == FLAGGED
    assert checker(colours()) == FLAGGED
    assert checker(colours()[::-1]) == FLAGGED[::-1]
    assert checker([]) == []
    assert checker([Image.new("RGBA", (30, 30), "red"), Image.new("L", (9, 9))]) == [True, False]


def test_thresholds_and_concepts_of_special_care_count(folder: Path, base: Base):
    tensors = load_file(folder / "model.safetensors")
    images = colours()
    for concept, limit in ((0.99, 1.005), (1.005, 0.99)):
        # A concept of special care lowers the others' limits by 0.01.
        tensors["special_care_embeds"][1] = tensors["concept_embeds"][5]
        tensors["special_care_embeds_weights"][1] = limit
        tensors["concept_embeds_weights"][5] = concept
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        assert load_safety_checker(str(folder), base)(images) == judged(folder, folder, images)
    assert load_safety_checker(str(folder), base)(images) == FLAGGED
    tensors["concept_embeds_weights"][5] = 1.05
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert load_safety_checker(str(folder), base)(images) == [False] * 4


@pytest.mark.parametrize("inside", [".", "safety_checker"])
def test_a_pipelines_folder_has_one(
    pipeline: Path, base: Base, inside: str, monkeypatch: pytest.MonkeyPatch
):
    assert load_safety_checker(str(pipeline / inside), base)(colours()) == FLAGGED
    monkeypatch.chdir(pipeline / inside)
    assert load_safety_checker(".", base)(colours()) == FLAGGED


def test_weights_in_half_precision_and_with_the_published_names_are_read(folder: Path, base: Base):
    tensors = load_file(folder / "model.safetensors")
    published = {
        key.replace("vision_model.", "vision_model.vision_model.", 1)
        if not key.startswith("vision_model.vision_model.")
        else key: value.half()
        for key, value in tensors.items()
    }
    published["vision_model.vision_model.embeddings.position_ids"] = torch.arange(5)[None]
    save_file(published, folder / "model.safetensors", {"format": "pt"})
    assert load_safety_checker(str(folder), base)(colours()) == FLAGGED


def test_nothing_is_told_beside_the_answer(
    mini_checker: Path, base: Base, capfd: pytest.CaptureFixture[str]
):
    assert load_safety_checker(str(mini_checker), base)(colours()) == FLAGGED
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_flagged_pictures_become_black_ones_of_their_size():
    images = colours()
    result = black_out(images, FLAGGED)
    assert [image.size for image in result] == [image.size for image in images]
    assert result[0].getbbox() is None
    assert result[1:] == images[1:]
    with pytest.raises(ValueError, match="shorter"):
        black_out(images, FLAGGED[:2])


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def cut(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def without_a_concept(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["concept_embeds"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def pickled(folder: Path) -> None:
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove("config.json"), r"it has no config\.json"),
        (remove("model.safetensors"), r"it has no model\.safetensors"),
        (remove("preprocessor_config.json"), r"it has no preprocessor_config\.json"),
        (pickled, r"pickled \(pytorch_model\.bin\), which can run any code"),
        (cut, "cannot be loaded"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be loaded"),
        (lambda folder: (folder / "preprocessor_config.json").write_text("{"), "cannot be loaded"),
        (without_a_concept, "no whole safety checker; it has no concept_embeds"),
    ],
)
def test_what_is_no_whole_checker_is_refused_by_name(
    folder: Path, base: Base, change: Callable[[Path], object], message: str
):
    change(folder)
    with pytest.raises(UsageError, match=message) as told:
        load_safety_checker(str(folder), base)
    assert str(folder) in told.value.message


@pytest.mark.parametrize("name", ["", "nowhere", "a/b/c"])
def test_what_is_neither_folder_nor_id_is_told_so(name: str, base: Base):
    with pytest.raises(UsageError, match="no folder here, and no hub id"):
        load_safety_checker(name, base)


def test_a_folder_without_one_says_what_it_lacks(mini_folder: Path, base: Base):
    with pytest.raises(UsageError, match=r"it has no config\.json, no model\.safetensors"):
        load_safety_checker(str(mini_folder), base)


FETCH = """
import json, sys
from pathlib import Path
import torch
from PIL import Image
import stylecli
from stylecli.bases.base import load_base
from stylecli.bases.spec import BaseSpec

source = Path(sys.argv[1])
base = load_base(BaseSpec("mini", "sd15", source), source, "fp32", torch.device("cpu"))
said = []
try:
    checker = stylecli.load_safety_checker(
        sys.argv[2], base, lambda event: said.append(event.message)
    )
    told = {"flagged": checker([Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")])}
except stylecli.StylecliError as problem:
    told = {"error": problem.message, "hint": problem.hint, "code": problem.exit_code}
print(json.dumps(told | {"said": said}))
"""


@pytest.fixture
def fetch(mini_folder: Path, tmp_path: Path) -> Callable[[str, str], dict[str, object]]:
    def run(endpoint: str, name: str) -> dict[str, object]:
        done = subprocess.run(
            [sys.executable, "-c", FETCH, str(mini_folder), name],
            env=environment_of(endpoint, tmp_path / "cache"),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run


def test_one_on_the_hub_is_fetched_once_and_nothing_beside_it(folder: Path, fetch):
    (folder / "pytorch_model.bin").write_text("not wanted")
    (folder / "README.md").write_text("not wanted")
    with serving({"org/checker": folder}) as hub:
        hub.cut.add("model.safetensors")
        assert "the download was interrupted" in str(fetch(hub.endpoint, "org/checker")["error"])
        hub.cut.clear()
        words = ["Fetching org/checker (3 files) into the hub cache."]
        assert fetch(hub.endpoint, "org/checker") == {"flagged": [True, False], "said": words}
        assert hub.fetched() == {"config.json", "model.safetensors", "preprocessor_config.json"}
        hub.asked.clear()
        assert fetch(hub.endpoint, "org/checker") == {"flagged": [True, False], "said": []}
        assert hub.asked == []
        nowhere = hub.endpoint
    told = fetch(nowhere, "org/other")
    assert told["code"] == 1
    assert "org/other: the hub cannot be reached" in str(told["error"])
    assert "leave the safety checker out" in str(told["hint"])


def test_of_a_pipeline_on_the_hub_only_the_checker_is_fetched(pipeline: Path, fetch):
    (pipeline / "model_index.json").write_text("{}")
    with serving({"org/model": pipeline}) as hub:
        told = fetch(hub.endpoint, "org/model/safety_checker")
        assert told["flagged"] == [True, False]
        assert hub.fetched() == {
            "safety_checker/config.json",
            "safety_checker/model.safetensors",
            "feature_extractor/preprocessor_config.json",
        }
