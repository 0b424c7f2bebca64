"""IP-Adapters as files: which goes with a base, whether it fits, and how it comes from a hub."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from hub_server import COMMIT, environment_of, serving
from stylecli.bases import image_prompt
from stylecli.bases.base import Base
from stylecli.bases.spec import SD15, BaseSpec
from stylecli.errors import UsageError
from stylecli.progress import silent


def test_a_base_without_one_says_so(base: Base):
    with pytest.raises(UsageError, match="has no IP-Adapter") as told:
        base.image_adapter()
    assert "--image-cond-scale at 0" in str(told.value.hint)


def test_a_folder_that_is_not_there_is_named(seeing: Base, tmp_path: Path):
    seeing.spec = replace(seeing.spec, ip_adapter=tmp_path / "gone")
    with pytest.raises(UsageError, match=f"{tmp_path / 'gone'}"):
        seeing.image_adapter()


SD15_FILES = (
    "models/ip-adapter_sd15.safetensors",
    "models/image_encoder/config.json",
    "models/image_encoder/model.safetensors",
)


@pytest.mark.parametrize("spec", [SD15, replace(SD15, name="mine", ip_adapter=None)])
def test_sd15_and_a_base_like_it_take_the_published_one(spec: BaseSpec, monkeypatch):
    asked = []

    def found(place, needed, *_, **__):
        asked.append((place, needed))
        return Path("snapshot")

    monkeypatch.setattr(image_prompt, "model_folder", found)
    weights, encoder = image_prompt.adapter_files(spec, 768, silent)
    assert asked == [("h94/IP-Adapter", SD15_FILES)]
    assert weights == Path("snapshot/models/ip-adapter_sd15.safetensors")
    assert encoder == Path("snapshot/models/image_encoder")


@pytest.fixture
def changed(mini_ip_adapter: Path, seeing: Base, tmp_path: Path) -> Callable[..., Base]:
    """Makes the base with its adapter's tensors changed, and the weights under a name of their own."""

    def make(change: Callable[[dict[str, torch.Tensor]], object]) -> Base:
        folder = Path(shutil.copytree(mini_ip_adapter, tmp_path / "changed"))
        weights = (folder / "ip-adapter.safetensors").rename(folder / "other.safetensors")
        tensors = load_file(weights)
        change(tensors)
        save_file(tensors, weights)
        seeing.spec = replace(seeing.spec, ip_adapter=weights)
        return seeing

    return make


def test_weights_can_be_named_themselves(changed, picture):
    base = changed(lambda tensors: None)
    assert base.image_adapter().encode([picture(1)]).shape == (1, 4, 32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda it: it.update({"ip_adapter.1.to_k_ip.weight": torch.zeros(32, 48)}),
            r"ip_adapter\.1\.to_k_ip\.weight is \(32, 48\), the base needs \(32, 32\)",
        ),
        (lambda it: it.pop("ip_adapter.3.to_v_ip.weight"), "is missing, the base needs"),
        (
            lambda it: it.update({"ip_adapter.99.to_v_ip.weight": torch.zeros(1)}),
            "the base needs none",
        ),
        (
            lambda it: it.update({"image_proj.latents": it.pop("image_proj.proj.weight")}),
            "no IP-Adapter in the plain form",
        ),
    ],
)
def test_one_that_does_not_fit_is_refused(changed, change, message: str):
    base = changed(change)
    with pytest.raises(UsageError, match=message) as told:
        base.image_adapter()
    assert "other.safetensors" in told.value.message


def test_a_damaged_folder_is_named(changed):
    base = changed(lambda tensors: None)
    weights = Path(str(base.spec.ip_adapter))
    weights.write_bytes(weights.read_bytes()[:-50])
    with pytest.raises(UsageError, match=r"other\.safetensors: cannot be loaded"):
        base.image_adapter()
    (weights.parent / "image_encoder" / "config.json").unlink()
    with pytest.raises(UsageError, match=r"it has no image_encoder/config\.json"):
        base.image_adapter()


FETCH = """
import json, sys
from pathlib import Path
import torch
from PIL import Image
from stylecli.bases.base import load_base
from stylecli.bases.spec import BaseSpec
from stylecli.errors import StylecliError

source = Path(sys.argv[1])
spec = BaseSpec(name="mini", family="sd15", source=source, ip_adapter=sys.argv[2])
base = load_base(spec, source, "fp32", torch.device("cpu"))
said = []
try:
    adapter = base.image_adapter(lambda event: said.append(event.message))
    told = {"tokens": list(adapter.encode([Image.new("RGB", (9, 9))]).shape)}
except StylecliError as problem:
    told = {"error": problem.message, "hint": problem.hint, "code": problem.exit_code}
print(json.dumps(told | {"said": said}))
"""


@pytest.fixture
def published(mini_ip_adapter: Path, tmp_path: Path) -> Path:
    """The adapter as the published ones lie on the hub: in a folder, among many others."""
    repository = tmp_path / "repository"
    shutil.copytree(mini_ip_adapter, repository / "models")
    weights = repository / "models" / "ip-adapter.safetensors"
    shutil.copy(weights, weights.with_name("ip-adapter-plus.safetensors"))
    weights.rename(weights.with_name("ip-adapter_sd15.safetensors"))
    unwanted = ("models/ip-adapter_sd15.bin", "models/image_encoder/pytorch_model.bin")
    for name in ("README.md", "sdxl_models/ip-adapter_sdxl.safetensors", *unwanted):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text("not wanted")
    return repository


@pytest.mark.parametrize("revision", ["", f"@{COMMIT}"])
def test_one_on_the_hub_is_fetched_once_and_nothing_beside_it(
    mini_folder: Path, published: Path, tmp_path: Path, revision: str
):
    source = f"org/adapters{revision}/models/ip-adapter_sd15.safetensors"

    def fetch(endpoint: str) -> dict[str, object]:
        done = subprocess.run(
            [sys.executable, "-c", FETCH, str(mini_folder), source],
            env=environment_of(endpoint, tmp_path / "cache"),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    with serving({"org/adapters": published}) as hub:
        hub.cut.add(SD15_FILES[2])
        cut = fetch(hub.endpoint)
        assert "the download was interrupted" in str(cut["error"])
        hub.cut.clear()
        words = ["Fetching org/adapters (3 files) into the hub cache."]
        assert fetch(hub.endpoint) == {"tokens": [1, 4, 32], "said": words}
        assert hub.fetched() == set(SD15_FILES)
        hub.asked.clear()
        assert fetch(hub.endpoint) == {"tokens": [1, 4, 32], "said": []}
        assert hub.asked == []


def test_without_a_connection_it_says_what_to_do(mini_folder: Path, tmp_path: Path):
    with serving({}) as hub:
        nowhere = hub.endpoint
    done = subprocess.run(
        [sys.executable, "-c", FETCH, str(mini_folder), "org/adapters/models/x.safetensors"],
        env=environment_of(nowhere, tmp_path / "cache"),
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)
    assert told["code"] == 1
    assert "org/adapters: the hub cannot be reached" in told["error"]
    assert "--image-cond-scale at 0" in told["hint"]
