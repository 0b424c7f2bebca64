"""Folders of models: taken as they are, or from a hub of our own on the loopback."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys

import pytest

from hub_server import COMMIT, environment_of, serving
from stylecli.errors import UsageError
from stylecli.models import model_folder
from stylecli.progress import silent

NEEDED = ("config.json", "model*.safetensors")
FETCH = """
import json, sys
from stylecli.errors import StylecliError
from stylecli.models import model_folder

messages = []
try:
    folder = model_folder(
        sys.argv[1], ("config.json", "model*.safetensors"),
        lambda event: messages.append(event.message), ("*.json", "*.txt", "*.bin"),
    )
    told = {"folder": str(folder)}
except StylecliError as problem:
    told = {"error": problem.message, "hint": problem.hint, "code": problem.exit_code}
print(json.dumps(told | {"messages": messages}))
"""


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    (folder / "onnx").mkdir(parents=True)
    for name in ("config.json", "vocab.txt", "model.safetensors", "pytorch_model.bin"):
        (folder / name).write_text(json.dumps({"file": name, "filler": "." * 999}))
    for name in ("README.md", "onnx/config.json", "tf_model.h5"):
        (folder / name).write_text("not wanted")
    return folder


@pytest.fixture
def hub(repository):
    with serving({"org/model": repository}) as running:
        yield running


@pytest.fixture
def fetch(tmp_path):
    """What `model_folder` has to say, in a process of its own as in `test_hub`."""

    def run(endpoint, name):
        done = subprocess.run(
            [sys.executable, "-c", FETCH, name],
            env=environment_of(endpoint, tmp_path / "hf"),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_a_local_folder_is_taken_as_it_is(repository):
    assert model_folder(str(repository), NEEDED, silent) == repository


def test_a_folder_says_what_it_lacks(repository):
    (repository / "config.json").unlink()
    with pytest.raises(UsageError, match=r"not such a model; it has no config\.json\."):
        model_folder(str(repository), NEEDED, silent)


def test_pickled_weights_are_refused_by_name(repository):
    (repository / "model.safetensors").unlink()
    with pytest.raises(UsageError, match=r"pickled \(pytorch_model\.bin\), which can run any code"):
        model_folder(str(repository), NEEDED, silent)


def test_a_file_in_a_folder_counts_where_its_name_says_so(repository):
    (repository / "onnx" / "model.safetensors").write_text("{}")
    (repository / "model.safetensors").unlink()
    with pytest.raises(UsageError, match=r"pytorch_model\.bin"):
        model_folder(str(repository), NEEDED, silent)
    assert model_folder(str(repository), ("onnx/config.json", "onnx/*.safetensors"), silent)
    with pytest.raises(UsageError, match=r"it has no onnx/vocab\.txt\."):
        model_folder(str(repository), ("onnx/config.json", "onnx/vocab.txt"), silent)


def test_weights_in_parts_must_all_be_there(repository):
    (repository / "model.safetensors").rename(repository / "model-00001-of-00002.safetensors")
    parts = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    index = repository / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": parts}))
    with pytest.raises(UsageError, match=r"names 'model-00002-of-00002\.safetensors', which"):
        model_folder(str(repository), NEEDED, silent)
    (repository / parts["b"]).write_text("{}")
    assert model_folder(str(repository), NEEDED, silent) == repository


@pytest.mark.parametrize("name", ["nowhere", "a/b/c", "", "org/model@", "/no/such/folder"])
def test_what_is_neither_folder_nor_id_is_told_so(name):
    with pytest.raises(UsageError, match="no folder here, and no hub id"):
        model_folder(name, NEEDED, silent)


def test_it_is_fetched_once_and_nothing_that_is_pickled(hub, fetch):
    told = fetch(hub.endpoint, "org/model")
    assert hub.fetched() == {"config.json", "vocab.txt", "model.safetensors"}
    assert told["messages"] == ["Fetching org/model (3 files) into the hub cache."]
    hub.asked.clear()
    assert fetch(hub.endpoint, "org/model") == {"folder": told["folder"], "messages": []}
    assert hub.asked == []
    assert fetch(closed_endpoint(), f"org/model@{COMMIT}")["folder"] == told["folder"]


def closed_endpoint():
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_an_unreachable_hub_and_a_cut_download_are_named(hub, fetch):
    told = fetch(closed_endpoint(), "org/model")
    assert (told["code"], "the hub cannot be reached" in told["error"]) == (1, True)
    assert "local folder" in told["hint"]
    hub.cut.add("model.safetensors")
    told = fetch(hub.endpoint, "org/model")
    assert (told["code"], "was interrupted" in told["error"]) == (1, True)
    hub.cut.clear()
    assert "folder" in fetch(hub.endpoint, "org/model")


def test_what_the_hub_does_not_have_is_the_users_mistake(hub, fetch, tmp_path, repository):
    pickled = shutil.copytree(repository, tmp_path / "pickled")
    (pickled / "model.safetensors").unlink()
    hub.repositories["org/pickled"] = pickled
    for name, part in (
        ("org/none", "no such model on the hub"),
        ("org/model@v9", "has no revision 'v9'"),
        ("org/pickled", "its weights are pickled (pytorch_model.bin)"),
    ):
        told = fetch(hub.endpoint, name)
        assert told["code"] == 2
        assert part in told["error"]
    assert "GET /org/pickled/resolve" not in " ".join(hub.asked)
