import errno
import hashlib
import os
import stat

import pytest

from stylecli.errors import StylecliError
from stylecli.files import sha256_of, write_folder_whole, write_text_whole, write_whole


def failing(code):
    def write(temporary):
        temporary.write_bytes(b"half of ")
        raise OSError(code, os.strerror(code))

    return write


def test_the_content_arrives_and_folders_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "style.txt"
    write_text_whole(path, "naïve ✓")
    assert path.read_bytes() == "naïve ✓".encode()
    assert os.listdir(path.parent) == ["style.txt"]


def test_an_old_file_is_replaced(tmp_path):
    path = tmp_path / "style.txt"
    write_text_whole(path, "a long old text")
    write_text_whole(path, "new")
    assert path.read_text() == "new"


def test_the_old_file_stands_while_the_new_one_is_written(tmp_path):
    path = tmp_path / "style.txt"
    path.write_text("old")

    def write(temporary):
        assert temporary.parent == path.parent
        assert temporary.suffix == path.suffix
        temporary.write_text("new")
        assert path.read_text() == "old"

    write_whole(path, write)
    assert path.read_text() == "new"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "disk is full"),
        (errno.EACCES, "read-only"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_failed_write_is_explained_and_leaves_the_old_file_alone(tmp_path, code, message):
    path = tmp_path / "style.txt"
    path.write_text("old")
    with pytest.raises(StylecliError, match=message) as caught:
        write_whole(path, failing(code))
    assert str(path) in caught.value.message
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["style.txt"]


def test_whatever_else_goes_wrong_nothing_is_left(tmp_path):
    def write(temporary):
        temporary.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "style.txt", write)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StylecliError, match="cannot be written"):
        write_text_whole(tmp_path / "file" / "style.txt", "x")


def test_a_folder_in_the_files_place_is_explained(tmp_path):
    (tmp_path / "style.txt").mkdir()
    with pytest.raises(StylecliError, match="cannot be written"):
        write_text_whole(tmp_path / "style.txt", "x")
    assert os.listdir(tmp_path) == ["style.txt"]


def test_a_name_too_long_is_explained(tmp_path):
    with pytest.raises(StylecliError, match="cannot be written"):
        write_text_whole(tmp_path / ("x" * 300), "x")
    assert os.listdir(tmp_path) == []


def test_others_may_read_what_the_umask_lets_them(tmp_path):
    before = os.umask(0o027)
    try:
        write_text_whole(tmp_path / "style.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "style.txt").stat().st_mode) == 0o640


def test_a_new_folder_appears_with_all_its_files(tmp_path):
    write_folder_whole(tmp_path / "a" / "b", {"x.txt": b"1", "deep/y.txt": b"2"})
    assert (tmp_path / "a" / "b" / "x.txt").read_bytes() == b"1"
    assert (tmp_path / "a" / "b" / "deep" / "y.txt").read_bytes() == b"2"
    assert os.listdir(tmp_path / "a") == ["b"]


def test_a_folder_that_fails_half_way_leaves_nothing(tmp_path):
    with pytest.raises(StylecliError, match="cannot be written"):
        write_folder_whole(tmp_path / "b", {"x.txt": b"1", "x.txt/y.txt": b"2"})
    assert os.listdir(tmp_path) == []


def test_an_existing_folder_keeps_its_other_files(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "x.txt").write_text("old")
    write_folder_whole(tmp_path, {"x.txt": b"new"})
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert (tmp_path / "x.txt").read_text() == "new"


def test_the_hash_is_of_the_files_one_after_the_other(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    digest = hashlib.sha256(b"onetwo").hexdigest()
    assert sha256_of(tmp_path / "a", tmp_path / "b") == digest


def test_a_link_stays_one_and_what_it_points_to_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "file.txt"
    target.write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    write_text_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_of_a_folder_all_files_change_or_none(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(TypeError):
        write_folder_whole(tmp_path, {"a": b"new", "b": "no bytes"})
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
    write_folder_whole(tmp_path, {"a": b"new", "sub/b": b"more"})
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "sub" / "b").read_bytes() == b"more"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "sub"]
