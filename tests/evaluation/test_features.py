import ast
import hashlib
import io
import os
import re

import numpy as np
import pytest

from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.features import compare_pairs, take_features
from stylecli.evaluation.sets import picture_files
from stylecli.progress import silent


@pytest.fixture
def files(tmp_path, picture):
    paths = []
    for number in range(7):
        paths.append(tmp_path / f"{number}.png")
        picture(number, (60 + number, 50)).save(paths[-1])
    return picture_files(paths)


def mean(image):
    return np.asarray(image, dtype=np.float64).mean(axis=(0, 1)) / 3


def take(files, cache, extract=mean):
    return take_features(files, {"mean": extract}, cache, silent, "x")


def test_rows_follow_the_files_whatever_their_order_and_the_threads(files, monkeypatch):
    whole = take(files, FeatureCache(None)).pictures
    assert whole.names == tuple(f"{number}.png" for number in range(7))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    turned = take(files[::-1], FeatureCache(None)).pictures
    np.testing.assert_array_equal(whole["mean"], turned["mean"][::-1])
    assert whole["mean"].dtype == np.float32


def test_what_is_cached_is_not_measured_again_and_is_the_same(files, tmp_path):
    cache = FeatureCache(tmp_path / "cache")
    seen = []

    def counted(image):
        seen.append(image)
        return mean(image)

    first = take(files, cache, counted)
    assert len(seen) == 7
    # The cache goes by content: another name, the same file.
    renamed = tmp_path / "other.png"
    files[0].path.rename(renamed)
    again = take(picture_files([renamed, *(file.path for file in files[1:])]), cache, counted)
    assert len(seen) == 7
    np.testing.assert_array_equal(first.pictures["mean"], again.pictures["mean"])


def test_a_damaged_cache_is_measured_again(files, tmp_path):
    cache = FeatureCache(tmp_path / "cache")
    first = take(files, cache)
    entries = list((tmp_path / "cache").rglob("*.feature"))
    assert len(entries) == 7
    content = entries[0].read_bytes()
    spoilt = [b"", b"\x93NUMPY broken", b"PK\x03\x04", content[:-4] + b"\0\0\0\0", content[:60]]
    for entry, bad in zip(entries, [*spoilt, *spoilt], strict=False):
        entry.write_bytes(bad)
    np.testing.assert_array_equal(first.pictures["mean"], take(files, cache).pictures["mean"])


def test_what_an_earlier_version_cached_is_measured_again(files, tmp_path):
    cache = FeatureCache(tmp_path / "cache")
    first = take(files, cache)
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3, np.float32))
    content = buffer.getvalue()
    for entry in (tmp_path / "cache").rglob("*.feature"):
        entry.write_bytes(hashlib.sha256(content).digest() + content)
    for _ in range(2):
        np.testing.assert_array_equal(first.pictures["mean"], take(files, cache).pictures["mean"])


def test_nothing_is_parsed_to_read_the_cache(tmp_path, monkeypatch):
    """Threads that parse at once can fail, with Python 3.11: "AST constructor recursion depth mismatch"."""
    cache = FeatureCache(tmp_path)
    for kept in (np.arange(6, dtype=np.float32).reshape(2, 3).T, np.float32(2.5).reshape(())):
        cache.put("f", kept, "digest")
        with monkeypatch.context() as patched:
            patched.setattr(ast, "parse", lambda *_: pytest.fail("parsed"))
            found = cache.get("f", "digest")
        assert found is not None
        np.testing.assert_array_equal(found, kept)
        assert found.dtype == np.float32


def test_files_that_are_no_pictures_are_put_aside(files, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    every = picture_files([tmp_path / "bad.png", *(file.path for file in files)])
    found = take(every, FeatureCache(None))
    assert len(found.files) == 7
    (message,) = found.unreadable.values()
    assert "bad.png" in message


def leave(image):
    raise SystemExit(4)


@pytest.mark.parametrize(
    ("extract", "words"),
    [
        (lambda image: 1 / 0, r"failed on 0\.png \(ZeroDivisionError"),
        (leave, r"failed on 0\.png \(SystemExit: 4\)"),
        (lambda image: np.array([np.nan]), "no finite number for 0"),
        (lambda image: np.zeros(image.width), r"shapes \(60,\) and \(61,\)"),
    ],
)
def test_a_broken_feature_is_left_out_and_told_with_its_picture(files, extract, words):
    found = take_features(files, {"mean": mean, "odd": extract}, FeatureCache(None), silent, "x")
    assert re.search(words, found.broken["odd"])
    assert list(found.pictures.features) == ["mean"]


def test_features_cannot_be_changed(files):
    with pytest.raises(ValueError, match="read-only"):
        take(files, FeatureCache(None)).pictures["mean"][0] = 0


def test_pairs_are_compared_once_and_kept(files, tmp_path):
    cache = FeatureCache(tmp_path / "cache")
    seen = []

    def difference(output, content):
        seen.append(1)
        return float(output.width - content.width)

    pairs = [(files[3], files[1]), (files[6], files[1]), (files[3], files[1])]
    for _ in range(2):
        found = compare_pairs(pairs, {"wider": difference}, cache, silent, "x")
        assert found.values["wider"].tolist() == [2, 5, 2]
    assert len(seen) == 2


def test_only_features_stay_in_memory(files):
    """However large the pictures, a set holds its features and nothing of the pictures."""
    taken = take(files, FeatureCache(None)).pictures
    held = sum(rows.nbytes for rows in taken.features.values())
    assert held == 7 * 3 * 4
