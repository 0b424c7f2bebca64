"""Two bases of one package, one of which carries only what the other has not."""

import os

import pytest

from stylecli.bases.shared_parts import own_folder
from stylecli.bases.spec import BaseSpec
from stylecli.errors import StylecliError


@pytest.fixture
def spec(tmp_path):
    for name, content in {
        "small/vae/config.json": "{}",
        "small/vae/weights.safetensors": "vae",
        "small/tokenizer/tokenizer.json": "words",
        "large/model_index.json": "{}",
        "large/unet/weights.safetensors": "unet",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    small = tmp_path / "small"
    return BaseSpec(
        name="large",
        family="sdxl",
        source=tmp_path / "large",
        shared_parts={
            "vae": small / "vae",
            "tokenizer": small / "tokenizer",
            "tokenizer_2": small / "tokenizer",
        },
    )


def content_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_base_that_shares_nothing_is_its_own_folder(tmp_path):
    assert own_folder(BaseSpec("one", "sd15", tmp_path)) == tmp_path


def test_the_whole_folder_has_every_part(spec, home):
    folder = own_folder(spec)
    assert folder.is_relative_to(home)
    assert content_of(folder) == {
        "model_index.json": "{}",
        "unet/weights.safetensors": "unet",
        "vae/config.json": "{}",
        "vae/weights.safetensors": "vae",
        "tokenizer/tokenizer.json": "words",
        "tokenizer_2/tokenizer.json": "words",
    }
    assert own_folder(spec) == folder


def test_a_changed_file_gives_a_new_folder(spec, tmp_path, home):
    before = own_folder(spec)
    changed = tmp_path / "small" / "vae" / "weights.safetensors"
    changed.unlink()
    changed.write_text("better vae")
    after = own_folder(spec)
    assert after != before
    assert (after / "vae" / "weights.safetensors").read_text() == "better vae"
    assert (before / "vae" / "weights.safetensors").read_text() == "vae"


def test_where_files_cannot_be_linked_they_are_copied(spec, home, monkeypatch):
    def no_links(*_):
        raise OSError("another file system")

    monkeypatch.setattr(os, "link", no_links)
    assert content_of(own_folder(spec))["vae/weights.safetensors"] == "vae"


def test_a_cache_that_cannot_be_written_is_named(spec, home):
    home.mkdir(exist_ok=True)
    (home / "cache").write_text("in the way")
    with pytest.raises(StylecliError, match="cannot be written"):
        own_folder(spec)
