from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylecli.training.cache import TensorCache

VALUES = {"mean": torch.arange(6.0).view(2, 3).t(), "std": torch.tensor([1.5]).half()}


@pytest.fixture
def cache(tmp_path: Path) -> TensorCache:
    return TensorCache(tmp_path / "cache")


def test_what_was_put_is_got(cache: TensorCache):
    key = cache.key("a", 1)
    assert cache.get(key) is None
    assert cache.put(key, VALUES)
    kept = cache.get(key)
    assert kept is not None
    assert kept.keys() == VALUES.keys()
    for name, value in VALUES.items():
        assert torch.equal(kept[name], value)
        assert kept[name].dtype == value.dtype


def test_a_key_changes_with_every_part():
    keys = {
        TensorCache.key(*parts)
        for parts in [
            ("a", "b"),
            ("ab",),
            ("a", "b", ""),
            ("b", "a"),
            ("a", 1),
            ("a", True),
            ("a",),
        ]
    }
    assert len(keys) == 7
    assert TensorCache.key("a", 1) == TensorCache.key("a", 1)


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * 200, b"\xff" * 200])
def test_a_damaged_entry_counts_as_missing_and_is_replaced(cache: TensorCache, content: bytes):
    key = cache.key("a")
    cache.put(key, VALUES)
    [file] = [path for path in cache.folder.rglob("*") if path.is_file()]
    file.write_bytes(content)
    assert cache.get(key) is None
    assert cache.put(key, VALUES)
    assert cache.get(key) is not None


def test_a_truncated_entry_counts_as_missing(cache: TensorCache):
    key = cache.key("a")
    cache.put(key, VALUES)
    [file] = [path for path in cache.folder.rglob("*") if path.is_file()]
    file.write_bytes(file.read_bytes()[:-1])
    assert cache.get(key) is None


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    cache = TensorCache(tmp_path / "file" / "cache")
    assert cache.put(cache.key("a"), VALUES) is False
    assert cache.get(cache.key("a")) is None
