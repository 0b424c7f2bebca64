"""``stylecli eval`` with networks in their places, as a user has them."""

import json
import shutil

import pytest
from random_networks import WEIGHTS

import stylecli_judges
from stylecli_judges import published

COUNT = 8
ASKED = "fid,csd,dino-style,clip-content,deception"


@pytest.fixture
def folders(tmp_path, scene):
    for place, name in enumerate(("photos", "outputs", "style")):
        (tmp_path / name).mkdir()
        for number in range(COUNT):
            scene(100 * place + number, (96, 80)).save(tmp_path / name / f"p{number}.png")
    return tmp_path


@pytest.fixture
def library(home, networks):
    """The networks' places, with random weights in them."""

    def filled(*names):
        for name in names:
            (home / "weights" / name).mkdir(parents=True)
            for file, path in networks(name).paths.items():
                shutil.copyfile(path, home / "weights" / name / file)

    return filled


def evaluated(run_cli, folders, *options):
    return run_cli(
        *("eval", "--outputs", f"made={folders / 'outputs'}", "--content", folders / "photos"),
        *("--reference", f"monet={folders / 'style'}", *options),
    )


def needed(names):
    metrics = {metric.name: metric for metric in stylecli_judges.stylecli_metrics()}
    return {each.name for name in names.split(",") for each in metrics[name].weights}


def test_networks_in_their_places_are_measured_with(run_cli, folders, library, monkeypatch):
    names = needed(ASKED)
    library(*names)
    for name in names:
        for file in WEIGHTS[name].files:
            # Those of random weights are not the published ones.
            monkeypatch.setitem(WEIGHTS[name].files, file, "")
    report = folders / "report"
    code, _, errors = evaluated(run_cli, folders, "--metrics", ASKED, "--report", report)
    assert code == 0, errors
    found = json.loads((report / "eval.json").read_text())
    figures = found["entries"][0]["figures"]
    assert figures.keys() == {*ASKED.split(","), "kid"}
    for name, figure in figures.items():
        assert figure["value"] is not None, name
        assert figure["stamp"]["n"] == COUNT
        assert figure["stamp"]["weights"]
    assert figures["fid"]["stamp"]["weights"] == figures["kid"]["stamp"]["weights"]
    assert figures["fid"]["details"]["kid"] == pytest.approx(figures["kid"]["value"], rel=1e-6)
    assert figures["deception"]["details"]["artist"] == "Claude Monet"
    codes = {warning["code"] for warning in found["warnings"]}
    assert {"unknown-weights", "fid-rank-deficient"} <= codes
    # What was taken of pictures is kept: no network is read again.
    monkeypatch.setattr("stylecli_judges.judging.Judge.__call__", None)
    code, _, errors = evaluated(run_cli, folders, "--metrics", ASKED, "--report", folders / "again")
    assert code == 0, errors
    again = json.loads((folders / "again" / "eval.json").read_text())
    assert again["entries"][0]["figures"] == figures


def test_a_network_that_is_not_the_published_one_is_refused(run_cli, folders, library):
    library("inception-fid")
    code, output, errors = evaluated(run_cli, folders, "--metrics", "fid")
    assert code == 1
    (digest,) = published.INCEPTION.files.values()
    assert digest in errors
    assert "FID" not in output


def test_a_network_that_is_not_there_is_asked_for_by_its_name(run_cli, folders):
    code, _, errors = evaluated(run_cli, folders, "--metrics", "cfsd")
    assert code != 0
    assert "vgg19-dcbb9e9d.pth" in errors
    assert "eval weights fetch vgg19" in errors
    code, _, errors = run_cli("eval", "weights", "fetch", "artist-classifier")
    assert code == 2
    assert "--from" in errors


def test_a_damaged_network_of_ones_own_is_named_and_the_others_go_on(
    run_cli, folders, library, home
):
    library("artist-classifier")
    (home / "weights" / "artist-classifier" / "model.safetensors").write_bytes(b"no tensors")
    report = folders / "report"
    code, _, errors = evaluated(
        run_cli, folders, "--metrics", "deception,palette", "--report", report
    )
    assert code == 0, errors
    found = json.loads((report / "eval.json").read_text())
    figures = found["entries"][0]["figures"]
    assert figures["deception"]["value"] is None
    assert figures["palette"]["value"] is not None
    (failed,) = [each for each in found["warnings"] if each["code"] == "metric-failed"]
    assert "no image classifier" in failed["message"]
