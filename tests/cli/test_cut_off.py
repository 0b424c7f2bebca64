"""Whoever reads what is printed may stop reading: ``stylecli … | head``."""

import os
import subprocess
import sys

import pytest

# Python's own buffer holds back what is short until the end.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.parametrize(
    "words",
    ["--help", "train --help", "eval --help", "eval anchors", "eval anchors --json", "--version"],
)
def test_nobody_reads_on_and_nothing_is_said(words):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "stylecli", *words.split()],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=BUFFERED,
        text=True,
    )
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a file that is always full is needed")
def test_a_full_disk_is_told():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "stylecli", "eval", "anchors", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=BUFFERED,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: What was printed cannot be written (No space left")
    assert "Exception ignored" not in done.stderr
