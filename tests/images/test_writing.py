import errno
import os
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylecli.errors import StylecliError
from stylecli.images.writing import grid, read_record, save_png

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
any_text = st.text(st.characters(exclude_categories=[]))
records = st.dictionaries(
    any_text, st.recursive(plain | any_text, st.lists, max_leaves=5), max_size=5
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


@settings(deadline=None, max_examples=60)
@given(records)
def test_the_record_and_the_picture_come_back(folder, record):
    image = Image.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3))
    save_png(image, folder / "a.png", record)
    assert read_record(folder / "a.png") == record
    with Image.open(folder / "a.png") as again:
        assert again.format == "PNG"
        assert again.tobytes() == image.tobytes()


def test_the_same_picture_and_record_give_the_same_bytes(tmp_path, picture):
    save_png(picture(), tmp_path / "a.png", {"b": 1, "a": "é"})
    save_png(picture(), tmp_path / "b.png", {"a": "é", "b": 1})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_record_is_plain_text_that_other_programs_show(tmp_path, picture):
    save_png(picture(), tmp_path / "a.png", {"prompt": "nymphéas"})
    assert '{"prompt": "nymphéas"}'.encode() in (tmp_path / "a.png").read_bytes()


def test_the_name_of_a_photo_that_is_no_utf8_can_be_recorded(tmp_path, picture):
    name = os.fsdecode(b"caf\xe9.jpg")
    save_png(picture(), tmp_path / "a.png", {"photo": name})
    assert read_record(tmp_path / "a.png") == {"photo": name}


def test_a_png_of_another_program_has_no_record(tmp_path, picture):
    picture().save(tmp_path / "a.png")
    assert read_record(tmp_path / "a.png") is None


@pytest.mark.parametrize("text", ["no JSON", "[1]", "[" * sys.getrecursionlimit() * 2])
def test_a_record_that_is_none_is_none(tmp_path, picture, text):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("stylecli", text)
    picture().save(tmp_path / "a.png", pnginfo=info)
    assert read_record(tmp_path / "a.png") is None


def test_a_missing_or_damaged_png_has_no_record(tmp_path, picture):
    path = tmp_path / "a.png"
    assert read_record(path) is None
    save_png(picture(), path, {"a": 1})
    whole = path.read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2], whole[:-200]):
        path.write_bytes(content)
        assert read_record(path) is None


def test_on_a_full_disk_nothing_is_left_and_the_old_picture_stands(tmp_path, picture, monkeypatch):
    path = tmp_path / "a.png"
    save_png(picture(0), path, {"old": True})

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StylecliError, match="disk is full"):
        save_png(picture(1), path, {"old": False})
    assert os.listdir(tmp_path) == ["a.png"]
    assert read_record(path) == {"old": True}


def test_a_place_that_cannot_be_is_named(tmp_path, picture):
    (tmp_path / "file").write_text("")
    with pytest.raises(StylecliError) as caught:
        save_png(picture(), tmp_path / "file" / "a.png", {})
    assert str(tmp_path / "file" / "a.png") in caught.value.message


def test_a_grid_is_as_wide_as_its_widest_row_and_as_high_as_its_rows():
    wide, small = Image.new("RGB", (200, 100), "red"), Image.new("RGB", (10, 10), "blue")
    sheet = grid([[(wide, "a"), (small, "b")], [(small, "")]], height=50)
    gap, band = 8, 24
    assert sheet.size == (gap + 100 + gap + 50 + gap, gap + 2 * (50 + band + gap))


def test_a_grid_shows_its_pictures_in_order():
    red, blue = Image.new("RGB", (40, 20), "red"), Image.new("RGB", (20, 40), "blue")
    sheet = grid([[(red, ""), (blue, "")], [(blue, "")]], height=64)
    assert sheet.getpixel((8 + 64, 8 + 32)) == (255, 0, 0)
    assert sheet.getpixel((8 + 128 + 8 + 16, 8 + 32)) == (0, 0, 255)
    assert sheet.getpixel((8 + 16, 8 + 64 + 24 + 8 + 32)) == (0, 0, 255)
    assert sheet.getpixel((sheet.width - 20, sheet.height - 20)) == (255, 255, 255)


def below(sheet, left, width):
    """The band below a picture, as darkness."""
    return 255 - np.asarray(sheet.convert("L"))[8 + 64 :, left : left + width].astype(int)


def test_labels_stand_below_their_pictures():
    image = Image.new("RGB", (64, 64), "red")
    sheet = grid([[(image, "first"), (image, "")]], height=64)
    assert below(sheet, 8, 64).max() > 200
    assert below(sheet, 8 + 64 + 8, 64).max() == 0


@pytest.mark.parametrize("label", ["word " * 60, "x" * 500, "two\nlines " * 9, "naïve ✓ 睡蓮"])
def test_a_label_does_not_run_into_the_next_picture(label):
    image = Image.new("RGB", (64, 64), "red")
    sheet = grid([[(image, label), (image, "")]], height=64)
    assert below(sheet, 8, 64).max() > 0
    assert below(sheet, 8 + 64 + 2, 70).max() == 0


def test_a_very_narrow_picture_has_a_column_and_no_label():
    sheet = grid([[(Image.new("RGB", (1, 900), "red"), "label")]], height=64)
    assert sheet.width == 8 + 1 + 8
    assert below(sheet, 0, sheet.width).max() == 0
