import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from stylecli.styles.format import read_style

STEPS = 40
OPTIONS = [
    "--base=mini",
    f"--steps={STEPS}",
    "--resolution=32",
    "--batch-size=2",
    "--preview-every=0",
]
OPTIONS += ["--rank=2", "--learning-rate=0.01", "--dropout=0.1", "--checkpoint-every=0", "--seed=5"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    from PIL import Image

    folder = tmp_path_factory.mktemp("pictures") / "my monet"
    folder.mkdir()
    for number in range(3):
        Image.linear_gradient("L").rotate(90 * number).convert("RGB").save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, plugin_folder, pictures):
    """A home with a run that Ctrl+C stopped, and what the program said: ``(home, code, errors)``."""
    home = tmp_path_factory.mktemp("stopped")
    process = subprocess.Popen(
        [sys.executable, "-m", "stylecli", "train", str(pictures), *OPTIONS],
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "STYLECLI_HOME": str(home), "PYTHONPATH": str(plugin_folder)},
    )
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("training: 1/"):
            process.send_signal(signal.SIGINT)
            break
    said.append(process.communicate(timeout=120)[1])
    return home, process.returncode, "".join(said)


@pytest.fixture
def resume(run_cli, stopped, home, mini, pictures):
    """Goes on with a copy of the stopped run: ``resume("--rank", 3)``."""
    shutil.copytree(stopped[0] / "runs", home / "runs")

    def run(*words):
        return run_cli("train", pictures, "--resume", *words)

    return run


def test_ctrl_c_keeps_the_state_says_how_to_go_on_and_leaves_no_style(stopped, pictures):
    home, code, said = stopped
    assert code == 130
    assert "Training of 'my-monet' stopped; its state is in" in said
    command = f"stylecli train '{pictures}' --method lora-sdedit --name my-monet --resume"
    assert f"Go on with: {command}" in said
    assert "Traceback" not in said
    assert not (home / "styles").exists()
    steps = (home / "runs" / "my-monet" / "metrics.jsonl").read_text().splitlines()
    assert 1 <= len(steps) < STEPS


def test_a_resumed_run_ends_as_one_that_was_never_stopped(resume, run_cli, pictures, home):
    code, out, err = resume()
    assert code == 0, err
    assert f"Style my-monet is in your library after {STEPS} steps" in out
    assert (
        run_cli("train", pictures, *OPTIONS, "--name", "whole", "--prefix", "A My Monet painting,")[
            0
        ]
        == 0
    )
    resumed, whole = (
        read_style(home / "styles" / f"{name}.safetensors") for name in ("my-monet", "whole")
    )
    assert resumed.tensors.keys() == whole.tensors.keys()
    for key, tensor in whole.tensors.items():
        assert resumed.tensors[key].numpy().tobytes() == tensor.numpy().tobytes(), key
    assert resumed.provenance.options == whole.provenance.options
    metrics = (home / "runs" / "my-monet" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in metrics] == list(range(1, STEPS + 1))
    code, _, err = resume()
    assert code == 2
    assert "already in your library" in err


def test_the_whole_command_may_be_given_again(resume, monkeypatch):
    # Stopped at once again: that it begins is enough.
    from stylecli.cli import train

    def begin(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "load_base", begin)
    assert resume(*OPTIONS)[0] == 130
    assert resume(*OPTIONS, "--preview-every=7", "--checkpoint-every=9")[0] == 130


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rank=3"], "--rank is 2 in the run that is resumed, not 3"),
        (["--steps=9"], f"--steps is {STEPS} in the run that is resumed, not 9"),
        (["--epochs=9"], "--epochs is not set in the run that is resumed, not 9.0"),
        (["--seed=6"], "--seed is 5 in the run that is resumed, not 6"),
        (["--base=tiny"], "--base is 'mini' in the run that is resumed, not 'tiny'"),
        (["--preset=monet-a"], "--preset is not set in the run that is resumed, not 'monet-a'"),
        (["--prefix=By Manet,"], "--prefix is 'A My Monet painting,' in the run that is resumed"),
        (["--name=other"], "No unfinished run named 'other' to resume"),
    ],
)
def test_a_run_does_not_go_on_with_other_options(resume, home, words, said):
    code, _, err = resume(*words)
    assert code == 2
    assert said in err
    assert not (home / "styles").exists()


def test_a_run_does_not_go_on_with_other_pictures(resume, pictures):
    caption = pictures / "0.txt"
    caption.write_text("a tree")
    try:
        code, _, err = resume()
    finally:
        caption.unlink()
    assert code == 2
    assert "its pictures or captions have changed" in err
    assert "without --resume" in err


def test_nothing_to_resume_is_said(run_cli, mini, pictures):
    code, _, err = run_cli("train", pictures, "--resume")
    assert code == 2
    assert "No unfinished run named 'my-monet' to resume" in err
