"""Training from a data set of the hub by its name; the hub is one of our own on the loopback."""

import json
import shutil
import subprocess
import sys

import pytest

from hub_server import COMMIT, environment_of, serving
from hub_sets import fetched, picture_bytes, write_table
from stylecli.styles.format import read_metadata

SHORT = ["--base=mini", "--steps=2", "--resolution=32", "--batch-size=1", "--preview-every=0"]
STOPPED = """
import signal
from dataclasses import dataclass

import stylecli


@dataclass(frozen=True)
class Options:
    pass


class Stopped(stylecli.Method):
    name = "stopped"
    summary = "is stopped when it begins"
    families = frozenset({"sd15"})
    default_base = "mini"
    TrainOptions = TransferOptions = Options

    def train(self, run):
        (run.folder / "checkpoint.safetensors").touch()
        signal.raise_signal(signal.SIGINT)
        run.progress(stylecli.Event("preparing"))

    def stylizer(self, base, styles, options):
        raise NotImplementedError


@stylecli.hookimpl
def stylecli_methods():
    return [Stopped()]
"""


@pytest.fixture(scope="module")
def repositories(tmp_path_factory):
    from datasets import Image, Value

    place = tmp_path_factory.mktemp("hub") / "conan"
    rows = [
        {"image": {"bytes": content, "path": None}, "text": f"scene {number}", "other": "x"}
        for number, content in enumerate([picture_bytes(0), picture_bytes(1), b"broken"])
    ]
    text = Value("string")
    write_table(place, rows, image=Image(), text=text, other=text)
    return {"datasets/org/conan": place}


@pytest.fixture(scope="module")
def cache(repositories, tmp_path_factory):
    """A cache with the data set in it, as a run on it leaves it."""
    place = tmp_path_factory.mktemp("machine")
    with serving(repositories) as hub:
        environment = environment_of(hub.endpoint, place / "hf")
        environment["STYLECLI_HOME"] = str(place / "home")
        [told] = fetched([{"repository": "org/conan"}], environment)
    assert "error" not in told
    return place / "home" / "cache"


@pytest.fixture
def conan(cache, home, mini):
    """The data set, in this test's cache: neither hub nor library is needed."""
    shutil.copytree(cache, home / "cache")
    return "org/conan"


@pytest.fixture
def stopped(mini, install_plugin):
    install_plugin("stopped_for_tests", STOPPED)
    return "stopped"


def test_a_style_is_trained_and_remembers_the_data_set(run_cli, conan, home):
    code, out, err = run_cli("train", conan, *SHORT)
    assert code == 0, err
    assert "Style conan is in your library after 2 steps" in out
    said = " ".join(err.split())
    assert "2 pictures of the column 'image', all with a caption of the column 'text'" in said
    assert "org/conan: row 3 is left out: not a picture that can be read" in said
    assert "'A Conan painting, scene 0'" in said
    metadata = read_metadata(home / "styles" / "conan.safetensors")
    dataset = json.loads(metadata["stylecli.dataset"])
    assert dataset["source"] == f"org/conan@{COMMIT}"
    assert dataset["count"] == 2
    assert str(home) not in " ".join(metadata.values())
    code, out, _ = run_cli("styles", "show", "conan")
    assert f"of org/conan@{COMMIT}" in " ".join(out.split())


def test_what_is_here_as_a_folder_is_a_folder(run_cli, conan, paintings, home, monkeypatch):
    monkeypatch.chdir(paintings.parent)
    shutil.copytree(paintings, "org/conan")
    code, _, err = run_cli("train", conan, *SHORT)
    assert code == 0, err
    metadata = read_metadata(home / "styles" / "conan.safetensors")
    dataset = json.loads(metadata["stylecli.dataset"])
    assert dataset["count"] == 6
    assert "source" not in dataset


@pytest.mark.parametrize(
    "words",
    [
        ["--split=train"],
        ["--data-config=default"],
        ["--image-column=image"],
        ["--caption-column=text"],
        ["--max-pictures=2"],
    ],
)
def test_options_of_a_data_set_mean_nothing_with_a_folder(run_cli, paintings, words):
    code, _, err = run_cli("train", paintings, "--base=tiny", *words)
    assert code == 2
    assert f"{words[0].partition('=')[0]}: only for a data set of the hub" in err


def test_they_are_read_from_a_config_file_too(run_cli, paintings, tmp_path):
    path = tmp_path / "stylecli.toml"
    path.write_text("[train]\nmax-pictures = 2\n")
    code, _, err = run_cli("train", paintings, "--base=tiny", "--config", path)
    assert code == 2
    assert "--max-pictures: only for a data set of the hub" in err


def test_a_folder_that_is_mistyped_is_named(run_cli, paintings, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    monkeypatch.chdir(paintings.parents[1])
    code, _, err = run_cli("train", f"{paintings.parent.name}/monte", "--base=tiny")
    assert code == 2
    said = " ".join(err.split())
    assert "no such folder here, and a data set of the hub needs the datasets library" in said
    assert f"Did you mean '{paintings.parent.name}/monet'?" in said
    assert "pip install 'stylecli[datasets]'" in said


def test_a_stopped_run_says_the_data_sets_name(run_cli, conan, stopped, home):
    code, _, err = run_cli("train", conan, "--method=stopped")
    assert code == 130
    command = "stylecli train org/conan --method stopped --name conan --resume"
    assert f"Go on with: {command}" in " ".join(err.split())
    kept = json.loads((home / "runs" / "conan" / "run.json").read_text())["hub_set"]
    assert (kept["repository"], kept["commit"]) == ("org/conan", COMMIT)
    code, _, err = run_cli("train", conan, "--method=stopped", "--resume", "--split=test")
    assert code == 2
    assert "--split is not set in the run that is resumed, not 'test'" in err


def test_a_run_goes_on_with_what_it_began_with_fetched_again(repositories, stopped, home, tmp_path):
    words = [sys.executable, "-m", "stylecli", "train", "org/conan", "--method=stopped"]
    chosen = ["--max-pictures=1", "--caption-column=other"]
    with serving(repositories) as hub:
        for more in (chosen, ["--resume"]):
            hub.asked.clear()
            done = subprocess.run(
                [*words, *more],
                env=environment_of(hub.endpoint, tmp_path / "hf"),
                capture_output=True,
                text=True,
            )
            # As far as the training itself: its pictures are those of before.
            assert done.returncode == 130, done.stderr
            assert "Training of 'conan' stopped; its state is in" in " ".join(done.stderr.split())
            assert "1 picture of the column 'image'" in done.stderr
            assert any("train-0" in line for line in hub.asked)
            shutil.rmtree(home / "cache" / "datasets")
    assert f"GET /api/datasets/org/conan/revision/{COMMIT}" in hub.asked
    assert "GET /api/datasets/org/conan" not in hub.asked
