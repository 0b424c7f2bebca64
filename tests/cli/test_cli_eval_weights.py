"""``stylecli eval weights``, and metrics that rest on networks, as a user meets them."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from file_server import serving_files
from hub_server import environment_of, serving

SCALE = b"2.5"
SECOND = b"1"
PLUGIN = """
import numpy as np

import stylecli

JUDGE = stylecli.Weights(
    name="judge",
    summary="a judge of brightness",
    files={{"judge.bin": {digest!r}}},
    source="hub:org/judge",
    megabytes=1,
    licence="MIT",
)
OTHER = stylecli.Weights(
    name="other", summary="another", files={{"other.bin": ""}}, source="https://example.org/{{file}}",
    megabytes=2, licence="research only",
)


def scaled(path):
    return lambda image: np.array([float(path.read_text()) * np.asarray(image, float).mean()])


class Judged(stylecli.Metric):
    name = "judged"
    symbol = "JU"
    summary = "how bright the judge finds it"
    variant = "mean"
    kind = "biased"
    weights = (JUDGE,)
    with_others = ("counted",)

    def with_weights(self, found, device="cpu"):
        made = Judged()
        made.features = {{"judged-of-tests": scaled(found["judge"].paths["judge.bin"])}}
        return made

    def meter(self, setting):
        def measure(sample):
            own = sample.outputs["judged-of-tests"][:, 0].astype(float)
            return stylecli.Measurement(float(own.mean()), details={{"device": "any"}})

        return measure


class Counted(stylecli.Metric):
    name = "counted"
    symbol = "CO"
    summary = "how red"
    variant = "mean"
    features = {{"red-of-tests": lambda image: np.asarray(image, float).mean(axis=(0, 1))[:1]}}

    def meter(self, setting):
        return lambda sample: stylecli.Measurement(float(sample.outputs["red-of-tests"].mean()))


class Others(Judged):
    name = "others"
    symbol = "OT"
    weights = (OTHER,)
    with_others = ()


@stylecli.hookimpl
def stylecli_metrics():
    return [Judged(), Counted(), Others()]
"""


@pytest.fixture(autouse=True)
def judged(install_plugin, monkeypatch):
    digest = hashlib.sha256(SCALE).hexdigest()
    install_plugin("judged_metrics", PLUGIN.format(digest=digest))
    monkeypatch.setenv("STYLECLI_PLUGINS", "judged_metrics")


@pytest.fixture
def judge_file(home):
    path = home / "weights" / "judge" / "judge.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(SCALE)
    return path


@pytest.fixture
def here(tmp_path, monkeypatch, picture):
    for place, name in enumerate(("photos", "made", "refs")):
        (tmp_path / name).mkdir()
        for seed in range(3):
            picture(100 * place + seed, (64, 64)).save(tmp_path / name / f"p{seed}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


COMMON = ["eval", "--outputs", "made", "--content", "photos", "--reference", "refs", "--json"]


def states(run_cli):
    code, out, err = run_cli("eval", "weights", "list", "--json")
    assert code == 0, err
    return {row["name"]: row["state"] for row in json.loads(out)}


def test_the_list_says_what_is_here(run_cli, home, judge_file):
    code, out, err = run_cli("eval", "weights", "list")
    assert code == 0
    judge, other = out.splitlines()[1:]
    assert judge.split() == ["judge", "judged", "1", "MIT", "present"]
    assert other.split() == ["other", "others", "2", "research", "only", "missing"]
    assert f"{home / 'weights'}/NAME/" in err
    (home / "weights" / "other").mkdir()
    (home / "weights" / "other" / "other.bin").write_bytes(SECOND)
    assert states(run_cli) == {"judge": "present", "other": "unknown"}
    judge_file.write_bytes(b"3.5")
    assert states(run_cli) == {"judge": "wrong", "other": "unknown"}


def test_verifying_fails_where_a_file_is_wrong(run_cli, judge_file):
    code, out, _ = run_cli("eval", "weights", "verify")
    assert (code, out) == (0, f"{judge_file}: present; SHA-256 {_sha(SCALE)}\n")
    assert run_cli("eval", "weights", "verify", "other")[0] == 1
    judge_file.write_bytes(b"3.5")
    code, out, _ = run_cli("eval", "weights", "verify")
    assert code == 1
    assert f"SHA-256 {_sha(b'3.5')} instead of {_sha(SCALE)}" in out
    code, out, _ = run_cli("eval", "weights", "verify", "judge", "--json")
    assert (code, json.loads(out)[0]["files"][0]["state"]) == (1, "wrong")
    judge_file.unlink()
    code, out, err = run_cli("eval", "weights", "verify")
    assert (code, out) == (0, "")
    assert "There are none here." in err


def _sha(content):
    return hashlib.sha256(content).hexdigest()


def test_networks_are_fetched_from_where_the_user_says(run_cli, home):
    with serving_files({"judge.bin": SCALE}) as server:
        args = ("eval", "weights", "fetch", "judge", "--from", server.address)
        code, out, err = run_cli(*args)
        assert code == 0, err
        assert f"judge: judge.bin from {server.address}, 1 MB, licence: MIT." in err
        assert "present; SHA-256" in out
        assert run_cli(*args)[0] == 0
        assert len(server.asked) == 1
    assert (home / "weights" / "judge" / "judge.bin").read_bytes() == SCALE


def test_a_wrong_file_from_elsewhere_is_refused(run_cli, home, tmp_path):
    (tmp_path / "judge.bin").write_bytes(b"3.5")
    code, _, err = run_cli("eval", "weights", "fetch", "judge", "--from", tmp_path)
    assert code == 1
    assert "is not the published file" in err
    assert not (home / "weights" / "judge" / "judge.bin").exists()


def test_a_name_that_there_is_not_is_explained(run_cli):
    code, _, err = run_cli("eval", "weights", "fetch", "juge")
    assert code == 2
    assert "Did you mean 'judge'?" in err
    assert run_cli("eval", "weights", "fetch")[0] == 2


@pytest.mark.parametrize("fault", ["", "gated", "offline", "gone"])
def test_networks_on_the_hub(tmp_path, home, fault):
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "judge.bin").write_bytes(SCALE)
    name = "org/other" if fault == "gone" else "org/judge"
    with serving({name: tmp_path / "repository"}) as hub:
        if fault == "gated":
            hub.gated.add("org/judge")
        environment = {**os.environ, **environment_of(hub.endpoint, tmp_path / "hf")}
        if fault == "offline":
            environment["HF_HUB_OFFLINE"] = "1"
        done = subprocess.run(
            [sys.executable, "-m", "stylecli", "eval", "weights", "fetch", "judge"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
    folder = home / "weights" / "judge"
    if fault:
        code, words = {
            "gated": (2, "accept its licence on the hub"),
            "offline": (1, "the hub cannot be reached"),
            "gone": (2, "org/judge: no such network on the hub"),
        }[fault]
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr
        assert "Traceback" not in done.stderr
        assert not (folder / "judge.bin").exists()
        return
    assert done.returncode == 0, done.stderr
    assert [path.name for path in folder.iterdir()] == ["judge.bin"]


def test_metrics_without_their_network_are_left_out_with_a_word(run_cli, here):
    code, out, err = run_cli(*COMMON)
    assert code == 0, err
    assert [metric["name"] for metric in json.loads(out)["metrics"]] == ["counted"]
    assert "2 more metrics need a network's weights: stylecli eval weights list" in err
    code, _, err = run_cli(*COMMON, "--metrics", "judged")
    assert code == 2
    assert "judged rests on a network that is not here" in err
    assert "judge.bin: not there; a judge of brightness (1 MB, MIT)" in err
    assert "stylecli eval weights fetch judge" in err
    # A metric that was not asked for is nobody's business.
    code, _, err = run_cli(*COMMON, "--metrics", "counted")
    assert (code, "weights" in err) == (0, False)


def test_a_wrong_file_is_never_used(run_cli, here, judge_file):
    judge_file.write_bytes(b"3.5")
    code, out, err = run_cli(*COMMON, "--metrics", "judged")
    assert (code, out) == (1, "")
    assert _sha(b"3.5") in err
    assert _sha(SCALE) in err
    # Nobody asked for its figure: the others are measured all the same.
    code, out, err = run_cli(*COMMON)
    assert (code, [metric["name"] for metric in json.loads(out)["metrics"]]) == (0, ["counted"])
    assert "Warning: Not measured: judged. " in err
    assert _sha(b"3.5") in err
    assert "1 more metric needs a network's weights" in err
    assert run_cli(*COMMON, "--metrics", "counted")[0] == 0


def test_a_metric_with_its_network_is_measured_with_what_belongs_to_it(run_cli, here, judge_file):
    code, out, err = run_cli(*COMMON, "--metrics", "ju")
    assert code == 0, err
    found = json.loads(out)
    assert [metric["name"] for metric in found["metrics"]] == ["judged", "counted"]
    assert all(metric["headline"] for metric in found["metrics"])
    figures = found["entries"][0]["figures"]
    assert figures["judged"]["stamp"]["weights"] == _sha(SCALE)
    assert figures["counted"]["stamp"]["weights"] == ""
    code, out, err = run_cli(*COMMON[:-1])
    assert code == 0, err
    assert ", N 3" in out


def test_evaluations_by_other_networks_are_not_compared(run_cli, here, home):
    for name, content in (("a", b"1"), ("b", b"2")):
        path = home / "weights" / "other" / "other.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        code, out, err = run_cli(*COMMON, "--metrics", "others", "--report", name)
        assert code == 0, err
        assert "unknown-weights" in {each["code"] for each in json.loads(out)["warnings"]}
    code, out, _ = run_cli("eval", "compare", "a", "b", "--json")
    (change,) = json.loads(out)
    assert (change["difference"], change["reason"]) == (None, "stamp-mismatch: other weights")
