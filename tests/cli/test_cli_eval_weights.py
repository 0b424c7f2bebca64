"""``stylecli eval weights``: listing, checking and fetching networks, as a user meets it."""

import json
import os
import subprocess
import sys

import pytest
from judged_plugin import PLUGIN, SCALE, SECOND, sha

from file_server import serving_files
from hub_server import environment_of, serving

pytestmark = pytest.mark.usefixtures("judged")


def states(run_cli):
    code, out, err = run_cli("eval", "weights", "list", "--json")
    assert code == 0, err
    return {row["name"]: row["state"] for row in json.loads(out)}


def test_the_list_gives_no_size_of_a_network_of_ones_own(run_cli, install_plugin, monkeypatch):
    own = PLUGIN.replace('source="hub:org/judge"', 'source=""').replace(
        "megabytes=1", "megabytes=350"
    )
    install_plugin("own_metrics", own.format(digest=""))
    monkeypatch.setenv("STYLECLI_PLUGINS", "own_metrics")
    assert "350" not in run_cli("eval", "weights", "list")[1]
    out = run_cli("eval", "weights", "list", "--json")[1]
    assert {row["name"]: row["megabytes"] for row in json.loads(out)} == {"judge": None, "other": 2}


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
    assert (code, out) == (0, f"{judge_file}: present; SHA-256 {sha(SCALE)}\n")
    assert run_cli("eval", "weights", "verify", "other")[0] == 1
    judge_file.write_bytes(b"3.5")
    code, out, _ = run_cli("eval", "weights", "verify")
    assert code == 1
    assert f"SHA-256 {sha(b'3.5')} instead of {sha(SCALE)}" in out
    code, out, _ = run_cli("eval", "weights", "verify", "judge", "--json")
    assert (code, json.loads(out)[0]["files"][0]["state"]) == (1, "wrong")
    judge_file.unlink()
    code, out, err = run_cli("eval", "weights", "verify")
    assert (code, out) == (0, "")
    assert "There are none here." in err


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


def test_networks_are_fetched_for_a_metric(run_cli, home, tmp_path):
    (tmp_path / "judge.bin").write_bytes(SCALE)
    code, out, err = run_cli("eval", "weights", "fetch", "judged", "judge", "--from", tmp_path)
    assert code == 0, err
    assert out == f"{home / 'weights' / 'judge' / 'judge.bin'}: present; SHA-256 {sha(SCALE)}\n"
    assert run_cli("eval", "weights", "verify", "judged")[0] == 0
    # A metric that rests on none names none.
    code, _, err = run_cli("eval", "weights", "fetch", "counted")
    assert (code, "No metric rests on weights named 'counted'" in err) == (2, True)


def test_what_is_missing_afterwards_is_no_success(
    run_cli, home, install_plugin, monkeypatch, tmp_path
):
    both = PLUGIN.replace('"judge.bin": {digest!r}', '"judge.bin": {digest!r}, "config.json": ""')
    install_plugin("both_metrics", both.format(digest=sha(SCALE)))
    monkeypatch.setenv("STYLECLI_PLUGINS", "both_metrics")
    (tmp_path / "config.json").write_text("{}")
    fetch = ("eval", "weights", "fetch", "judge", "--from")
    for said in (True, False):
        code, out, err = run_cli(*fetch, tmp_path / "config.json")
        assert (code, "judge.bin: missing" in out) == (1, True)
        # The second time there is nothing that it could bring.
        assert ("judge: config.json from" in err) is said
    (tmp_path / "judge.bin").write_bytes(SCALE)
    assert run_cli(*fetch, tmp_path)[0] == 0


def test_a_wrong_file_in_the_way_is_no_error_of_typing(run_cli, judge_file):
    judge_file.write_bytes(b"3.5")
    code, _, err = run_cli("eval", "weights", "fetch", "judge")
    assert (code, "not the published file" in err) == (1, True)


def test_a_name_that_there_is_not_is_explained(run_cli):
    code, _, err = run_cli("eval", "weights", "fetch", "juge")
    assert code == 2
    assert "Did you mean 'judge' or 'judged'?" in err
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
