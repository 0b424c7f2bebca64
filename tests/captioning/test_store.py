"""Where captions stand and how they are written: nothing that is there is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli.captioning.store import CaptionStore
from stylecli.datasets.folder import read_dataset
from stylecli.errors import UsageError


@pytest.fixture
def pictures(tmp_path, picture):
    """Three pictures in a folder."""
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for number, path in enumerate(paths):
        picture(number).save(path)
    return paths


def write(pictures, captions, form="metadata.jsonl"):
    store = CaptionStore(pictures[0].parent, pictures, form)
    store.write({pictures[0].with_name(name): caption for name, caption in captions.items()})
    store.save()


def as_trained(folder):
    return {item.path.name: item.caption for item in read_dataset(folder).items}


@pytest.mark.parametrize("form", ["txt", "metadata.jsonl"])
def test_training_reads_what_was_written(pictures, form):
    captions = {"a.png": "a boat", "b.png": 'the "sea"\\', "c.png": "睡蓮"}
    write(pictures, captions, form)
    assert as_trained(pictures[0].parent) == captions
    store = CaptionStore(pictures[0].parent, pictures, form)
    assert {path.name: store.caption_of(path) for path in pictures} == captions


def test_other_lines_and_fields_stay_as_they_are(pictures):
    lines = [
        '{"file_name":"b.png",   "text": "old", "artist": "Monet", "n": [1, {"x": null}]}',
        "",
        '{"file_name": "gone.png", "text": "kept"}',
        '{"other": 1}',
        '{"text": "", "file_name": "c.png", "seed": 1e3}',
    ]
    path = pictures[0].with_name("metadata.jsonl")
    path.write_text("\n".join(lines), encoding="utf-8")
    write(pictures, {"c.png": "a tree", "a.png": "a boat"})
    written = path.read_text(encoding="utf-8").split("\n")
    assert written[:4] == lines[:4]
    assert json.loads(written[4]) == {"text": "a tree", "file_name": "c.png", "seed": 1e3}
    assert written[5:] == ['{"file_name": "a.png", "text": "a boat"}', ""]


def test_a_text_file_that_would_hide_the_caption_is_written_too(pictures):
    (pictures[0].with_suffix(".txt")).write_text("")
    write(pictures, {"a.png": "a boat", "b.png": "the sea"})
    assert as_trained(pictures[0].parent) == {"a.png": "a boat", "b.png": "the sea", "c.png": "c"}
    assert not pictures[1].with_suffix(".txt").exists()


def test_an_empty_caption_counts_as_none(pictures):
    (pictures[0].with_suffix(".txt")).write_text(" \n")
    path = pictures[0].with_name("metadata.jsonl")
    path.write_text('{"file_name": "b.png", "text": null}\n{"file_name": "c.png"}\n')
    store = CaptionStore(pictures[0].parent, pictures, "txt")
    assert [store.caption_of(path) for path in pictures] == ["", "", ""]


def test_pictures_of_one_name_share_a_text_file_but_no_line(pictures, picture):
    other = pictures[0].with_suffix(".webp")
    picture(9).save(other)
    everything = sorted([*pictures, other])
    assert CaptionStore(other.parent, everything, "txt").shared_with(other) == pictures[0]
    assert CaptionStore(other.parent, everything, "txt").shared_with(pictures[0]) is None
    assert CaptionStore(other.parent, everything, "metadata.jsonl").shared_with(other) is None


@pytest.mark.parametrize("line", ["no json", "[1]", '"text"', '{"file_name": "a.png", "text": 3}'])
def test_a_broken_list_is_named_before_anything_is_written(pictures, line):
    path = pictures[0].with_name("metadata.jsonl")
    path.write_text('{"file_name": "a.png", "text": "x"}\n' + line)
    with pytest.raises(UsageError, match=r"metadata\.jsonl, line 2: "):
        CaptionStore(path.parent, pictures, "metadata.jsonl")


def test_a_name_that_is_no_utf8_can_be_listed(tmp_path, picture):
    path = tmp_path / "b\udcff.png"
    try:
        picture().save(path)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only UTF-8 names")
    write([path], {path.name: "a boat"})
    assert as_trained(tmp_path) == {path.name: "a boat"}


# Files are forced to the disk, which takes as long as it takes.
@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([f"{name}.png" for name in "abcdefgh"]),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        min_size=1,
    ),
    st.dictionaries(
        st.sampled_from([f"{name}.png" for name in "abcdwxyz"]),
        st.dictionaries(st.sampled_from(["artist", "year"]), st.integers() | st.text()),
    ),
)
def test_any_captions_join_any_list(tmp_path_factory, captions, listed):
    folder = tmp_path_factory.mktemp("folder")
    before = [{"file_name": name, **fields, "text": "old"} for name, fields in listed.items()]
    path = folder / "metadata.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in before), encoding="utf-8")
    store = CaptionStore(folder, [folder / name for name in captions], "metadata.jsonl")
    for name, caption in captions.items():
        store.write({folder / name: caption})
    store.save()
    after = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    assert after[: len(before)] == [
        {**entry, "text": captions.get(entry["file_name"], "old")} for entry in before
    ]
    assert after[len(before) :] == [
        {"file_name": name, "text": caption}
        for name, caption in captions.items()
        if name not in listed
    ]
