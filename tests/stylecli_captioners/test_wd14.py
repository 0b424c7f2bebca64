"""The tagger: known answers from a model that measures mean colours."""

from __future__ import annotations

import builtins
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tagger import write_tagger

import stylecli
from stylecli_captioners.tags import Tags, read_tags
from stylecli_captioners.wd14 import Wd14, Wd14Options, prepared


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (20, 20)) -> stylecli.Subject:
    return stylecli.Subject(Path("plain.png"), Image.new("RGB", size, colour))


@pytest.fixture
def options(tagger_folder):
    return Wd14Options(model=str(tagger_folder))


def tag(options: Wd14Options, *subjects: stylecli.Subject) -> list[str]:
    return list(Wd14().load(options, stylecli.silent)(subjects))


def test_tags_are_read_in_bgr_from_the_most_probable_on(options):
    said = tag(options, plain((255, 0, 0)), plain((0, 0, 250)), plain((100, 200, 255)))
    assert said == ["red hair, ^_^", "blue sky, ^_^", "blue sky, green, ^_^, red hair"]


def test_thresholds_and_exclusions(options):
    half = plain((102, 0, 0))
    assert tag(options, half) == ["^_^, red hair"]
    assert tag(replace(options, threshold=0.41), half) == ["^_^"]
    assert tag(replace(options, threshold=0.6), half) == [""]
    assert tag(replace(options, character_threshold=0.85), half) == ["hatsune miku, ^_^, red hair"]
    assert tag(replace(options, character_threshold=0.95), half) == ["^_^, red hair"]
    assert tag(replace(options, exclude="red hair,nothing"), half) == ["^_^"]


def test_a_picture_stands_on_a_white_square_before_it_is_scaled(options):
    # Half of the square is white, so that red is 1 and the others are a half.
    (said,) = tag(replace(options, threshold=0.45, exclude="^_^"), plain((255, 0, 0), (40, 20)))
    assert said.split(", ") == ["red hair", "blue sky", "green"]


def test_preparation_has_known_values():
    image = Image.new("RGB", (4, 2), (10, 20, 30))
    pixels = prepared(image, 4)
    assert pixels.dtype == np.float32
    assert pixels.shape == (4, 4, 3)
    assert (pixels[[0, 3]] == 255).all()
    assert (pixels[1:3] == [30, 20, 10]).all()


@pytest.mark.parametrize("batch", ["N", 1, 3])
def test_batches_of_any_size_say_the_same(tmp_path, options, subjects, batch):
    folder = write_tagger(tmp_path / "tagger", batch=batch)
    alone = [caption for subject in subjects[:6] for caption in tag(options, subject)]
    assert len(set(alone)) > 1
    assert tag(replace(options, model=str(folder)), *subjects[:6]) == alone


def test_without_onnxruntime_it_says_how_to_get_it(options, monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.split(".")[0] == "onnxruntime":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(stylecli.StylecliError, match="needs onnxruntime") as caught:
        tag(options, plain((0, 0, 0)))
    assert "pip install 'stylecli[wd14]'" in caught.value.hint


def test_a_folder_without_model_or_tags_names_them(options, tmp_path):
    with pytest.raises(stylecli.UsageError, match=r"no selected_tags\.csv, no model\.onnx"):
        tag(replace(options, model=str(tmp_path)), plain((0, 0, 0)))


def test_a_damaged_model_and_a_list_that_is_none_are_named(options, tagger_folder, tmp_path):
    folder = Path(shutil.copytree(tagger_folder, tmp_path / "damaged"))
    (folder / "model.onnx").write_bytes(b"no model")
    with pytest.raises(stylecli.UsageError, match=r"model\.onnx: cannot be loaded"):
        tag(replace(options, model=str(folder)), plain((0, 0, 0)))
    for content in ("a,b\n1,2\n", "tag_id,name,category\n1,red\n", "\xff"):
        (folder / "selected_tags.csv").write_text(content, encoding="latin-1")
        with pytest.raises(stylecli.UsageError, match="not a tagger's list of tags"):
            tag(replace(options, model=str(folder)), plain((0, 0, 0)))


def test_model_and_tags_that_do_not_belong_together_are_refused(options, tagger_folder, tmp_path):
    folder = Path(shutil.copytree(tagger_folder, tmp_path / "mixed"))
    with (folder / "selected_tags.csv").open("a") as file:
        file.write("9,more,0,1\n")
    with pytest.raises(stylecli.UsageError, match=r"gives 6 values .* names 7 tags"):
        tag(replace(options, model=str(folder)), plain((0, 0, 0)))


@given(
    st.lists(st.tuples(st.sampled_from("049"), st.floats(0, 1, width=32)), min_size=1, max_size=30),
    st.floats(0, 1, width=32),
    st.none() | st.floats(0, 1, width=32),
)
def test_what_is_chosen_is_what_is_probable_enough(rows, general, character):
    tags = Tags(
        tuple(f"{number}" for number in range(len(rows))), tuple(category for category, _ in rows)
    )
    chosen = tags.chosen([probability for _, probability in rows], general, character)
    expected = {
        str(number)
        for number, (category, probability) in enumerate(rows)
        if (category == "0" and probability >= general)
        or (category == "4" and character is not None and probability >= character)
    }
    assert set(chosen) == expected
    assert len(chosen) == len(expected)
    kinds = [rows[int(name)] for name in chosen]
    assert kinds == sorted(kinds, key=lambda row: (row[0] != "4", -row[1]))


def test_mouths_keep_their_underscore(tmp_path):
    (tmp_path / "tags.csv").write_text(
        'tag_id,name,category,count\n1,^_^,0,1\n2,"a_b_(c,d)",0,1\n3,>_<,0,1\n'
    )
    assert read_tags(tmp_path / "tags.csv").names == ("^_^", "a b (c,d)", ">_<")
