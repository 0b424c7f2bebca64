"""What each of the doctor's checks finds, and that what it says to type mends it."""

import json
import os
import time
from pathlib import Path

import pytest

from stylecli.bases.spec import HOMES, BaseSpec
from stylecli.doctor import bases
from stylecli.doctor.bases import check_bases
from stylecli.doctor.device import check_device
from stylecli.doctor.examine import examine
from stylecli.doctor.folders import check_folders
from stylecli.doctor.hub import check_hub
from stylecli.doctor.leftovers import check_leftovers
from stylecli.doctor.libraries import check_libraries
from stylecli.doctor.machine import check_machine
from stylecli.doctor.plugins import check_plugins
from stylecli.doctor.runs import check_runs
from stylecli.doctor.styles import check_styles
from stylecli.doctor.trying import DEVICE, EIGHT_BIT, EXTRAS, NEEDED, Tried
from stylecli.doctor.variables import check_variables
from stylecli.registry import Registry
from stylecli.training.checkpoint import FILE_NAME
from stylecli.training.run_folder import describe_run

GPU = {
    "type": "cuda",
    "name": "A GPU",
    "count": 2,
    "precision": "bf16",
    "bf16": True,
    "works": True,
}


def by_name(findings):
    return {finding.name: finding for finding in findings}


def tried(**errors):
    named = {name.replace("_", "-"): error for name, error in errors.items()}
    found = {name: Tried(named.get(name, "")) for name in (*NEEDED, *EXTRAS, DEVICE)}
    return {**found, EIGHT_BIT: Tried(values={"why_not": None})}


def test_libraries_that_can_be_imported_are_fine():
    found = by_name(check_libraries(tried()))
    assert {"python", "stylecli", *NEEDED, *EXTRAS} == set(found)
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["torch"].values["version"].startswith("2.")


def test_a_needed_library_that_cannot_be_imported_is_a_problem():
    errors = {"torch": "OSError: libcudart.so.12: no such file", "peft": "ImportError: no torch"}
    found = by_name(check_libraries(tried(**errors)))
    assert found["torch"].state == "problem"
    assert "cannot be imported (OSError: libcudart.so.12: no such file)" in found["torch"].text
    assert found["torch"].fix == "pip install --force-reinstall 'torch<2.14,>=2.6'"
    assert found["diffusers"].state == "ok"
    assert (found["peft"].state, found["peft"].fix) == ("note", "")


def test_an_extra_that_cannot_be_imported_is_none():
    found = by_name(check_libraries(tried(onnxruntime="ImportError: broken")))
    assert found["onnxruntime"].state == "note"
    assert "caption --captioner wd14" in found["onnxruntime"].text


@pytest.mark.parametrize(("version", "state"), [("0.1.0", "problem"), ("99.0", "ok")])
def test_a_library_that_is_too_old_is_a_problem(tmp_path, monkeypatch, version, state):
    info = tmp_path / f"diffusers-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: diffusers\nVersion: {version}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = by_name(check_libraries(tried()))["diffusers"]
    assert found.state == state
    if state == "problem":
        assert (found.text, found.fix) == (
            "0.1.0; stylecli needs diffusers>=0.36",
            "pip install 'diffusers>=0.36'",
        )


@pytest.mark.parametrize(
    ("facts", "state", "said"),
    [
        ({**GPU, "memory": 80 * 10**9, "free": 78 * 10**9}, "ok", "the first of 2, 80.0 GB, 78.0"),
        ({**GPU, "memory": 4 * 10**9, "free": 3 * 10**9}, "note", "little for a base of SD 1.5"),
        ({**GPU, "type": "mps", "memory": None, "free": None}, "ok", "A GPU (mps)"),
        ({**GPU, "works": False}, "problem", "it miscalculates"),
    ],
)
def test_devices(facts, state, said):
    (found,) = check_device({**tried(), DEVICE: Tried(values=facts)})
    assert found.state == state
    assert said in found.text


def test_a_cpu_where_the_driver_says_there_is_a_gpu(tmp_path, monkeypatch):
    facts = {"type": "cpu", "threads": 1, "precision": "fp32", "works": True}
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = check_device({DEVICE: Tried(values=facts)})
    assert (found.state, found.text) == ("ok", "CPU, 1 thread, fp32")
    (tmp_path / "nvidia-smi").touch(mode=0o755)
    (found,) = check_device({DEVICE: Tried(values=facts)})
    assert (found.state, found.fix) == ("note", "pip install --force-reinstall torch")


def test_the_machine_has_memory():
    found = by_name(check_machine())
    assert found["memory"].values["memory"] > found["memory"].values["free"] > 0


def test_folders_that_can_be_written_to(home):
    found = by_name(check_folders())
    for name in ("styles", "runs", "cache", "weights"):
        assert (found[name].state, found[name].values["path"]) == ("ok", str(home / name))
    assert not home.joinpath("styles").exists()


def test_a_file_in_the_place_of_the_home_is_a_problem(tmp_path, monkeypatch):
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("STYLECLI_HOME", str(tmp_path / "home"))
    found = by_name(check_folders())["styles"]
    assert (found.state, found.fix) == ("problem", "export STYLECLI_HOME=/another/place")
    assert "is in the way" in found.text


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="needs a folder that nobody may write to"
)
def test_a_home_that_is_read_only_is_a_problem(monkeypatch):
    monkeypatch.setenv("STYLECLI_HOME", "/proc/stylecli")
    found = by_name(check_folders())["runs"]
    assert (found.state, found.values["writable"]) == ("problem", False)


def test_a_full_disk_is_a_problem(monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage())
    found = by_name(check_folders())
    assert found["runs"].state == "problem"
    assert "the disk is full" in found["runs"].text
    assert found["hub cache"].state == "note"


class Usage:
    free = 10**6


def test_plugins_with_what_they_add():
    found = by_name(check_plugins())
    assert found["lsast"].values["adds"] == {"method": ["lsast"]}
    assert {finding.state for finding in found.values()} == {"ok"}


def test_a_broken_plugin_of_somebodys_is_a_note(broken_plugin):
    found = by_name(check_plugins())["broken_for_tests"]
    assert found.state == "note"
    assert "ImportError: no paint" in found.text
    assert found.fix == (
        "pip install --upgrade broken_for_tests, or pip uninstall broken_for_tests"
    )


@pytest.fixture
def broken_plugin(tmp_path, monkeypatch):
    (tmp_path / "broken_for_tests.py").write_text("raise ImportError('no paint')\n")
    info = tmp_path / "broken_for_tests-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken_for_tests\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[stylecli]\nbroken_for_tests = broken_for_tests\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_restriction_to_what_is_not_there_is_a_problem(monkeypatch):
    monkeypatch.setenv("STYLECLI_PLUGINS", "lsats")
    (found,) = check_plugins()
    assert (found.state, found.fix) == ("problem", "unset STYLECLI_PLUGINS")
    assert "'lsast'" in found.text
    assert list(check_bases()) == []
    assert next(iter(check_styles())).state == "ok"


def test_without_a_method_nothing_can_be_done(monkeypatch):
    monkeypatch.setenv("STYLECLI_PLUGINS", "metrics")
    assert by_name(check_plugins())["methods"].state == "problem"
    assert by_name(check_bases())["tiny"].state == "problem"


def test_bases_that_are_here():
    found = by_name(check_bases())
    assert (found["tiny"].state, found["tiny"].text[:6]) == ("ok", "here: ")
    assert Path(found["tiny-xl"].values["folder"]).is_dir()


def test_a_damaged_base_is_named(tiny_copy, tmp_path, monkeypatch):
    import shutil

    folder = tmp_path / "damaged"
    shutil.copytree(tiny_copy, folder)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"cut short")
    for embedded, state in ((True, "problem"), (False, "note")):
        spec = BaseSpec(name="mine", family="sd15", source=folder, embedded=embedded)
        monkeypatch.setattr(
            bases, "load_registry", lambda spec=spec: Registry((), {}, {"mine": spec})
        )
        found = by_name(check_bases())["mine"]
        assert found.state == state
        assert "cut short or damaged" in found.text


@pytest.mark.parametrize("content", ["{", '{"_class_name": "StableDiffusionPipeline"}', None])
def test_a_base_that_was_fetched_in_part(tmp_path, monkeypatch, content):
    from huggingface_hub import constants

    cache = tmp_path / f"models--{str(HOMES['sd15'].source).replace('/', '--')}"
    commit = HOMES["sd15"].revision or "a" * 40
    snapshot = cache / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(commit)
    if content is None:
        (snapshot / "model_index.json").mkdir()
    else:
        (snapshot / "model_index.json").write_text(content)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.HF_HUB_CACHE", str(tmp_path), raising=False)
    found = by_name(check_bases())["sd15"]
    assert found.state == ("note" if content else "ok")
    if content:
        assert "--base sd15" in found.fix


def test_a_home_of_a_user_that_there_is_not_is_told_once(monkeypatch):
    monkeypatch.setenv("STYLECLI_HOME", "~nobody-of-that-name/x")
    monkeypatch.setattr("stylecli.doctor.examine.try_libraries", tried)
    wrong = [each for each in examine() if each.state == "problem" and each.topic != "device"]
    (found,) = wrong
    assert (found.name, found.fix) == ("STYLECLI_HOME", "export STYLECLI_HOME=/another/place")
    assert "'~nobody-of-that-name/x'" in found.text


def test_runs_that_did_not_finish(home):
    for name, content in (
        ("done", {"name": "done", "method": "lsast", "finished": True}),
        ("monet", {"name": "monet", "method": "lsast", "finished": False}),
        ("empty", {"name": "empty", "method": "lsast", "finished": False}),
    ):
        describe_run(home / "runs" / name, content)
    (home / "runs" / "monet" / FILE_NAME).touch()
    (home / "runs" / "strange").mkdir()
    (home / "runs" / "strange" / "run.json").write_text("[")
    (home / "runs" / "pipe").mkdir()
    os.mkfifo(home / "runs" / "pipe" / "run.json")
    found = by_name(check_runs())
    assert found["runs"].values == {"runs": 5, "unfinished": 4}
    assert set(found) == {"runs", "monet", "empty", "strange", "pipe"}
    assert "--method lsast --name monet --resume" in found["monet"].fix
    assert found["strange"].fix == f"rm -r {home / 'runs' / 'strange'}"


def test_old_temporary_files_are_told_and_what_is_said_removes_them(home, tmp_path, monkeypatch):
    import subprocess
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (home / "styles").mkdir()
    young, lock = home / "styles" / ".monet-0a1b2c3d.safetensors", home / "styles" / ".lock"
    old = home / "styles" / ".van gogh-abcdefg_.safetensors"
    folder = tmp_path / "stylecli-eval-abcdefgh"
    for path in (young, lock, old):
        path.write_bytes(b"half")
    folder.mkdir()
    past = time.time() - 2 * 24 * 3600
    for path in (old, lock, folder):
        os.utime(path, (past, past))
    (found,) = check_leftovers()
    assert found.state == "note"
    assert set(found.values["paths"]) == {str(old), str(folder)}
    subprocess.run(found.fix, shell=True, check=True)
    assert (young.exists(), lock.exists(), old.exists(), folder.exists()) == (
        True,
        True,
        False,
        False,
    )
    (found,) = check_leftovers()
    assert (found.state, found.text) == ("ok", "none")


@pytest.mark.parametrize(
    ("name", "value", "state", "said"),
    [
        ("STYLECLI_HOMES", "/x", "note", "Did you mean 'STYLECLI_HOME'"),
        ("HF_HUB_OFFLINE", "1", "note", "nothing is fetched"),
        ("HF_HUB_OFFLINE", "0", "ok", "0"),
        ("HF_TOKEN", "hf_abc", "ok", "set, not shown"),
        ("https_proxy", "http://me:word@proxy:80", "ok", "http://…@proxy:80"),
        ("https_proxy", "me:word@proxy:80", "ok", "…@proxy:80"),
        ("ALL_PROXY", "socks5://me:/word@proxy", "ok", "socks5://…@proxy"),
        ("HTTP_PROXY", "http://me:w@/word@proxy", "ok", "http://…@proxy"),
        ("HF_ENDPOINT", "https://me:/word@hub", "ok", "https://…@hub"),
        ("PYTHONPATH", "/home/me@work:/y", "ok", "/home/me@work:/y"),
        ("CUDA_VISIBLE_DEVICES", "", "note", "GPUs are hidden"),
    ],
)
def test_variables(monkeypatch, name, value, state, said):
    monkeypatch.setenv(name, value)
    found = by_name(check_variables())[name]
    assert found.state == state
    assert said in found.text
    assert "hf_abc" not in str(found)
    assert "word@" not in str(found)


def test_the_hub_out_of_reach_is_a_note(monkeypatch):
    from huggingface_hub import HfApi

    def refuse(self, *args, **settings):
        raise OSError("no route")

    monkeypatch.setattr(HfApi, "model_info", refuse)
    (found,) = check_hub()
    assert (found.state, "OSError: no route" in found.text) == ("note", True)
    monkeypatch.setattr(HfApi, "model_info", lambda self, *args, **settings: None)
    (found,) = check_hub()
    assert found.state == "ok"


def test_a_proxy_that_cannot_be_read_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://me:pass/word@proxy:80")
    (found,) = check_hub()
    assert (found.state, "https_proxy cannot be read" in found.text) == ("note", True)
    assert "%2F" in found.fix
    assert "pass" not in found.text


def test_a_check_that_fails_stops_no_other(monkeypatch):
    monkeypatch.setattr("stylecli.doctor.examine.try_libraries", tried)
    monkeypatch.setattr("stylecli.doctor.examine.check_machine", lambda: 1 / 0)
    found = examine()
    assert by_name(found)["machine"].state == "problem"
    assert "ZeroDivisionError" in by_name(found)["machine"].text
    assert {finding.topic for finding in found} >= {"libraries", "styles", "variables"}
    assert "hub" not in {finding.topic for finding in found}
    json.dumps([finding.values for finding in found])
