"""Fetching bases, from a hub of our own on the loopback.

huggingface_hub reads its settings when it is imported, so that each fetch runs in a process of its own.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub_server import COMMIT, Hub, environment_of, serving
from stylecli.bases.hub import wanted_files

FETCH = """
import json, sys
from pathlib import Path
from stylecli.bases.hub import cached_folder, fetch, hub_answers
from stylecli.errors import StylecliError

name, revision = sys.argv[1], sys.argv[2] or None
told = {"present": cached_folder(name, revision) is not None}
if "answers" in sys.argv:
    told["answers"] = hub_answers(name)
try:
    messages = []
    told["folder"] = str(fetch(name, revision, lambda event: messages.append(event.message)))
    told["messages"] = messages
except StylecliError as problem:
    told |= {"error": problem.message, "hint": problem.hint, "code": problem.exit_code}
print(json.dumps(told))
"""


@dataclass
class Machine:
    """A machine with a hub cache of its own.

    Attributes:
        environment: What its programs see.
    """

    environment: dict[str, str]

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *args]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def fetch(self, name: str, revision: str = "", *more: str) -> dict[str, object]:
        """What `stylecli.bases.hub.fetch` has to say."""
        done = self.run("-c", FETCH, name, revision, *more)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture
def machine(tmp_path: Path) -> Callable[[str], Machine]:
    """Makes a machine that knows the hub at an address."""

    def make(endpoint: str) -> Machine:
        return Machine(environment_of(endpoint, tmp_path / "hf"))

    return make


@pytest.fixture
def repository(mini_folder: Path, tmp_path: Path) -> Path:
    """The miniature base as a hub has it: with pickled and other weights beside those that are loaded."""
    folder = Path(shutil.copytree(mini_folder, tmp_path / "repository"))
    unet = folder / "unet"
    shutil.copy(
        unet / "diffusion_pytorch_model.safetensors",
        unet / "diffusion_pytorch_model.fp16.safetensors",
    )
    for name in (
        "unet/diffusion_pytorch_model.bin",
        "unet/diffusion_pytorch_model.non_ema.safetensors",
        "vae/diffusion_pytorch_model.bin",
        "v1-5-pruned.safetensors",
        "README.md",
        "safety_checker/model.safetensors",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not wanted")
    return folder


@pytest.fixture
def hub(repository: Path) -> Iterator[Hub]:
    with serving({"org/mini": repository}) as running:
        yield running


def test_a_base_is_fetched_once_and_only_what_is_loaded(
    hub: Hub, machine: Callable[[str], Machine], repository: Path
):
    here = machine(hub.endpoint)
    told = here.fetch("org/mini", "", "answers")
    assert not told["present"]
    assert told["answers"]
    folder = Path(str(told["folder"]))
    assert folder.name == COMMIT
    unwanted = {
        "unet/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.bin",
        "unet/diffusion_pytorch_model.non_ema.safetensors",
        "vae/diffusion_pytorch_model.bin",
        "v1-5-pruned.safetensors",
        "README.md",
        "safety_checker/model.safetensors",
    }
    everything = {
        file.relative_to(repository).as_posix() for file in repository.rglob("*") if file.is_file()
    }
    assert hub.fetched() == everything - unwanted

    hub.asked.clear()
    again = here.fetch("org/mini")
    assert again["present"]
    assert again["folder"] == str(folder)
    assert hub.asked == []


def test_a_fetched_base_needs_no_hub(hub: Hub, machine: Callable[[str], Machine]):
    first = machine(hub.endpoint).fetch("org/mini", COMMIT)
    offline = machine(closed_endpoint()).fetch("org/mini", COMMIT)
    assert offline["folder"] == first["folder"]


def test_an_interrupted_download_is_named_and_completed_by_the_next(
    hub: Hub, machine: Callable[[str], Machine]
):
    here = machine(hub.endpoint)
    hub.cut.add("vae/diffusion_pytorch_model.safetensors")
    told = here.fetch("org/mini")
    assert told["code"] == 1
    assert "org/mini: the download was interrupted" in str(told["error"])
    assert "run the command again" in str(told["hint"])

    hub.cut.clear()
    hub.asked.clear()
    told = here.fetch("org/mini")
    assert not told["present"]
    assert Path(str(told["folder"]), "vae", "diffusion_pytorch_model.safetensors").is_file()
    arrived = "GET /org/mini/resolve/" + COMMIT + "/tokenizer/vocab.json"
    assert arrived not in hub.asked


def closed_endpoint() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_an_unreachable_hub_is_named_within_seconds(machine: Callable[[str], Machine]):
    started = time.monotonic()
    told = machine(closed_endpoint()).fetch("org/mini", "", "answers")
    assert told["code"] == 1
    assert "org/mini: the hub cannot be reached" in str(told["error"])
    assert "--base tiny" in str(told["hint"])
    assert told["answers"] is False
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("name", "revision", "part"),
    [
        ("org/none", "", "no such base on the hub"),
        ("org/mini", "v9", "has no revision 'v9'"),
        ("org/bad name!", "", "neither a base, nor a folder, nor a hub id"),
        ("org/pickled", "", "not a diffusers pipeline"),
        ("org/flux", "", "a FluxPipeline; stylecli works with"),
    ],
)
def test_what_the_hub_does_not_have_is_the_users_mistake(
    hub: Hub,
    machine: Callable[[str], Machine],
    tmp_path: Path,
    name: str,
    revision: str,
    part: str,
):
    for other, file, text in (
        ("pickled", "model.bin", "x"),
        ("flux", "model_index.json", '{"_class_name": "FluxPipeline"}'),
    ):
        folder = tmp_path / other
        folder.mkdir()
        (folder / file).write_text(text)
        hub.repositories[f"org/{other}"] = folder
    told = machine(hub.endpoint).fetch(name, revision)
    assert told["code"] == 2
    assert name in str(told["error"])
    assert part in str(told["error"])


def test_a_gated_base_says_how_to_get_at_it(hub: Hub, machine: Callable[[str], Machine]):
    hub.gated.add("org/mini")
    told = machine(hub.endpoint).fetch("org/mini")
    assert told["code"] == 2
    assert "accept its licence" in str(told["error"])
    assert "log in" in str(told["hint"])


def test_a_style_is_trained_on_a_base_from_the_hub(
    hub: Hub, machine: Callable[[str], Machine], paintings: Path
):
    done = machine(hub.endpoint).run(
        *("-m", "stylecli", "train", str(paintings), "--base", "org/mini", "--json"),
        *("--steps", "1", "--rank", "2", "--preview-every", "0", "--precision", "fp32"),
    )
    assert done.returncode == 0, done.stderr
    assert "Fetching org/mini" in done.stderr
    assert "--resolution 32 (base org/mini)" in " ".join(done.stderr.split())
    assert Path(json.loads(done.stdout)["path"]).is_file()


def test_what_a_base_is_stands_in_its_files_once_they_are_here(
    hub: Hub, machine: Callable[[str], Machine]
):
    here = machine(hub.endpoint)

    def resolution() -> str:
        done = here.run("-m", "stylecli", "bases", "show", "org/mini", "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["resolution"])

    assert resolution() == "512 px on the short side"
    here.fetch("org/mini")
    assert resolution() == "32 px on the short side"


FILES = [
    "model_index.json",
    "README.md",
    "scheduler/scheduler_config.json",
    "tokenizer/vocab.json",
    "tokenizer/merges.txt",
    "unet/config.json",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.safetensors",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
    "text_encoder/config.json",
    "text_encoder/model.safetensors.index.json",
    "text_encoder/model-00001-of-00001.safetensors",
    "text_encoder_2/model.safetensors",
    "safety_checker/model.safetensors",
]


def test_of_each_component_its_smallest_weights_are_wanted():
    assert sorted(wanted_files(FILES, "sd15")) == [
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model-00001-of-00001.safetensors",
        "text_encoder/model.safetensors.index.json",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ]


def test_the_larger_family_also_wants_its_second_encoder():
    wanted = wanted_files(FILES, "sdxl")
    assert "text_encoder_2/model.safetensors" in wanted
