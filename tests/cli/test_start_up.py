"""What only shows help, lists or completes must not wait for the libraries that compute."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import stylecli_tiny

HEAVY = {"torch", "diffusers", "transformers", "peft", "accelerate", "numpy", "PIL", "onnxruntime"}
WATCHED = f"""
import sys
from stylecli.cli.app import main
code = main()
loaded = sys.modules.keys() & {HEAVY}
sys.exit(f"imported {{sorted(loaded)}}" if loaded else code)
"""


def run_watched(*words, code=WATCHED, **environment):
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        check=False,
    )


def press_tab(*words):
    """What TAB offers in bash for the last of the words."""
    line, last = "\n".join(words), str(len(words) - 1)
    result = run_watched(_STYLECLI_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=last)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.split()


@pytest.fixture
def monet(home):
    """A style file without tensors: enough to be listed."""
    entries = {"stylecli.format": "1", "stylecli.method": "lora-sdedit", "stylecli.base": "tiny"}
    header = json.dumps({"__metadata__": entries}).encode()
    (home / "styles").mkdir()
    path = home / "styles" / "monet.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)


def test_the_watch_sees_a_heavy_import():
    result = run_watched("--version", code="import sys; sys.modules['torch'] = sys\n" + WATCHED)
    assert (result.returncode, result.stderr) == (1, "imported ['torch']\n")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("--help", "Usage: stylecli"),
        ("train --help", "--rank"),
        ("caption --help", "--keep-year"),
        ("caption --captioner florence2 --help", "more-detailed"),
        ("caption --captioner wd14 --help", "--threshold"),
        ("transfer --style monet --help", "--strength"),
        ("styles list", "monet"),
        ("bases list", "tiny"),
        ("plugins list", "lora-sdedit"),
        ("doctor --help", "--online"),
        ("plugins check --help", "--only"),
    ],
)
def test_help_and_lists_import_nothing_heavy(monet, words, shown):
    result = run_watched(*words.split())
    assert (result.returncode, result.stderr) == (0, "")
    assert shown in result.stdout


def test_a_style_is_shown_and_a_files_method_found_without_anything_heavy(tmp_path):
    ready = Path(stylecli_tiny.__file__).parent / "styles" / "monet.safetensors"
    for words, shown in (
        (["styles", "show", "monet"], "lora-sdedit"),
        (["styles", "show", str(ready)], "loads in"),
        (["transfer", "--style", str(ready), "--help"], "--strength"),
    ):
        result = run_watched(*words)
        assert (result.returncode, result.stderr) == (0, ""), words
        assert shown in result.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["stylecli", "tr"], ["train", "transfer"]),
        (["stylecli", "caption", "--captioner", "d"], ["describe"]),
        (["stylecli", "caption", "--method", "lora-s"], ["lora-sdedit"]),
        (["stylecli", "caption", "--captioner", "blip", "--mod"], ["--model"]),
        (["stylecli", "train", "--method", "lora-s"], ["lora-sdedit"]),
        (["stylecli", "train", "--method", "lora-sdedit", "--ra"], ["--rank"]),
        (["stylecli", "train", "--preset", "mo"], ["monet-a"]),
        (["stylecli", "train", "--base", "sd"], ["sd15", "sdxl"]),
        (["stylecli", "transfer", "photo.jpg", "--style", "mo"], ["monet"]),
        (["stylecli", "transfer", "photo.jpg", "--style", "monet", "--stre"], ["--strength"]),
        (["stylecli", "transfer", "photo.jpg", "--style", "gone", "--stre"], ["--strength"]),
        (["stylecli", "generate", "--scheduler", "dpm++-"], ["dpm++-sde"]),
        (["stylecli", "styles", "show", "mo"], ["monet"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_tab_offers_what_fits_and_imports_nothing_heavy(monet, words, offered):
    assert press_tab(*words) == offered
