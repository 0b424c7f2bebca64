"""LoRAs fetched from a hub of our own on the loopback, each machine in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hub_server import COMMIT, environment_of, serving

FETCH = """
import json, sys
from stylecli.errors import StylecliError
from stylecli.styles.hub import fetch_lora

told = []
for text in sys.argv[1:]:
    try:
        path = fetch_lora(text, lambda event: None)
        inside = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
        told.append({"path": str(path), "inside": inside})
    except StylecliError as problem:
        told.append({"error": problem.message, "hint": problem.hint, "code": problem.exit_code})
print(json.dumps(told))
"""


@pytest.fixture
def hub(tmp_path):
    contents = {
        "org/one": ["paint.safetensors", "README.md", "photo.png"],
        "org/trained": ["pytorch_lora_weights.safetensors", "checkpoint.safetensors"],
        "org/several": ["a.safetensors", "deep/b.safetensors"],
        "org/adapter": ["adapter_config.json", "adapter_model.safetensors", "optimizer.pt"],
        "org/parts": [
            f"{part}/{name}"
            for part in ("unet", "text_encoder")
            for name in ("adapter_config.json", "adapter_model.safetensors")
        ],
        "org/pickled": ["pytorch_lora_weights.bin"],
        "org/nothing": ["README.md"],
        "org/gated": ["paint.safetensors"],
    }
    for name, files in contents.items():
        for file in files:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{name} {file}".encode())
    with serving({name: tmp_path / name for name in contents}) as running:
        running.gated.add("org/gated")
        yield running


def fetched(endpoint, home, *texts):
    done = subprocess.run(
        [sys.executable, "-c", FETCH, *texts],
        env=environment_of(endpoint, home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_is_read_is_fetched_and_nothing_else(hub, tmp_path):
    one, revision, trained, chosen, adapter, parts, named, address, page = fetched(
        hub.endpoint,
        tmp_path / "hf",
        "org/one",
        f"org/one@{COMMIT}",
        "org/trained",
        "org/several/deep/b.safetensors",
        "org/adapter",
        "org/parts",
        "org/adapter/adapter_model.safetensors",
        f"{hub.endpoint}/org/several/blob/main/deep/b.safetensors?download=true",
        f"{hub.endpoint}/org/one",
    )
    assert Path(one["path"]).read_text() == "org/one paint.safetensors"
    assert revision["path"] == page["path"] == one["path"]
    assert address["path"] == chosen["path"]
    assert Path(trained["path"]).name == "pytorch_lora_weights.safetensors"
    assert Path(chosen["path"]).read_text() == "org/several deep/b.safetensors"
    assert adapter["inside"] == ["adapter_config.json", "adapter_model.safetensors"]
    assert len(parts["inside"]) == 4
    # Its alpha stands in the configuration beside it.
    assert Path(named["path"]).name == "adapter_model.safetensors"
    assert Path(named["path"]).with_name("adapter_config.json").is_file()
    assert not hub.fetched() & {"README.md", "photo.png", "optimizer.pt", "checkpoint.safetensors"}


def test_what_cannot_be_meant_is_the_users_mistake(hub, tmp_path):
    wrong = {
        "org/several": "holds several files",
        "org/several/c.safetensors": "has no file 'c.safetensors'",
        "org/pickled": "only pickled files (pytorch_lora_weights.bin)",
        "org/nothing": "holds no LoRA",
        "org/none": "no such style on the hub",
        "org/one@v9": "has no revision 'v9'",
        "org/gated": "needs you to accept its licence",
        "https://example.org/models/123": "not an address of the Hugging Face hub",
        "one name": "is no file or folder here, and no hub id",
        "a/b/c/d": "is no file or folder here, and no hub id",
    }
    told = fetched(hub.endpoint, tmp_path / "hf", *wrong)
    for (text, words), answer in zip(wrong.items(), told, strict=True):
        assert words in answer.get("error", ""), text
        assert answer["code"] == 2
    assert told[0]["hint"] == "Name one: org/several/FILE, of a.safetensors, deep/b.safetensors."


def test_a_hub_that_is_not_there_is_told(tmp_path):
    [answer] = fetched("http://127.0.0.1:9", tmp_path / "hf", "org/one")
    assert "the hub cannot be reached" in answer["error"]
    assert answer["code"] == 1


def test_a_cut_download_is_told_and_can_be_done_again(hub, tmp_path):
    hub.cut.add("paint.safetensors")
    [answer] = fetched(hub.endpoint, tmp_path / "hf", "org/one")
    assert "the download was interrupted" in answer["error"]
    hub.cut.clear()
    [answer] = fetched(hub.endpoint, tmp_path / "hf", "org/one")
    assert Path(answer["path"]).read_text() == "org/one paint.safetensors"
