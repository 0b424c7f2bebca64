"""What the checks stand on: miniature bases, their tokenizer, and the watch over files and output."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stylecli.bases.folder import check_whole, family_of, pixels_per_latent_of
from stylecli.testing.miniature import FAMILIES, miniature
from stylecli.testing.tokenizer import WORDS, small_tokenizer
from stylecli.testing.watching import captured, watched


@pytest.mark.parametrize("family", FAMILIES)
def test_a_miniature_base_is_whole_and_written_once(family):
    spec = miniature(family)
    check_whole(spec.source, family)
    assert family_of(spec.source) == family
    assert pixels_per_latent_of(spec.source) == 2
    assert miniature(family) is spec
    size = sum(path.stat().st_size for path in spec.source.rglob("*") if path.is_file())
    assert size < 6_000_000


def test_it_is_taken_away_at_the_end():
    code = "from stylecli.testing.miniature import miniature; print(miniature('sd15').source)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    place = Path(done.stdout.strip())
    assert place.name == "mini-sd15"
    assert not place.parent.exists()


def test_the_tokenizer_knows_a_few_words_and_spells_the_others():
    tokenizer = small_tokenizer()
    assert [len(tokenizer.tokenize(word)) for word in WORDS] == [1] * len(WORDS)
    assert len(tokenizer.tokenize("zebra")) == 5
    ids = tokenizer("a painting by *").input_ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == "a painting by *"


def test_all_output_is_caught_and_the_streams_are_given_back(capfd):
    with captured() as output:
        sys.stdout.write("by Python\n")
        sys.stderr.write("to stderr\n")
        os.write(1, b"below Python\n")
        subprocess.run([sys.executable, "-c", "print('by another')"], check=True)
    for words in ("by Python", "to stderr", "below Python", "by another"):
        assert words in output.text
    sys.stdout.write("afterwards\n")
    assert capfd.readouterr().out == "afterwards\n"


def test_files_are_seen_wherever_they_are_written_and_all_is_as_before(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a.txt").write_text("a")
    (mine / "b.txt").write_text("b")
    before = (Path.cwd(), os.environ.get("HOME"), tempfile.gettempdir())
    with watched(tmp_path / "around", {"mine": mine}) as strays:
        Path("here.txt").write_text("x")
        Path("~/there.txt").expanduser().write_text("x")
        Path(tempfile.gettempdir(), "left.txt").write_text("x")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "gone.txt").write_text("x")
        (mine / "a.txt").write_text("changed")
        (mine / "b.txt").unlink()
    assert strays.files == [
        "the working folder/here.txt",
        "the home folder/there.txt",
        "the folder for temporary files/left.txt",
        "mine/a.txt",
        "mine/b.txt",
    ]
    assert (Path.cwd(), os.environ.get("HOME"), tempfile.gettempdir()) == before
