"""Which pictures a step sees, where any batch will do and where a batch must be of one group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stylecli.training.feed import Feed
from stylecli.training.options import TrainingOptions


class Numbers:
    """Gives the indices that are asked for, and what is random beside."""

    def __init__(self, groups: Sequence[str] | None = None, count: int = 0) -> None:
        self._count = len(groups) if groups is not None else count
        if groups is not None:
            self.groups = groups

    def __len__(self) -> int:
        return self._count

    def batch(self, indices: Sequence[int], random: np.random.Generator) -> list[int]:
        return list(indices)


grouped = st.lists(st.sampled_from("abc"), min_size=1, max_size=40)


@given(groups=grouped, size=st.integers(1, 9), seed=st.integers(0, 99))
def test_an_epoch_of_groups_sees_every_picture_once_and_no_batch_mixes(
    groups, size: int, seed: int
):
    feed = Feed(Numbers(groups), TrainingOptions(batch_size=size), seed)
    if len(set(groups)) == 1:
        assert feed.batches_an_epoch == len(groups) / size
        return
    for epoch in range(2):
        first = epoch * int(feed.batches_an_epoch)
        batches = [feed.batch(first + step, 0) for step in range(int(feed.batches_an_epoch))]
        assert Counter(index for batch in batches for index in batch) == Counter(range(len(groups)))
        assert all(len({groups[index] for index in batch}) == 1 for batch in batches)
        assert all(0 < len(batch) <= size for batch in batches)


@given(count=st.integers(1, 20), size=st.integers(1, 9), seed=st.integers(0, 99))
def test_without_groups_batches_are_full_and_every_pass_sees_all(count: int, size: int, seed: int):
    feed = Feed(Numbers(count=count), TrainingOptions(batch_size=size), seed)
    stream = [index for step in range(2 * count) for index in feed.batch(step, 0)]
    assert len(stream) == 2 * count * size
    for start in range(0, len(stream) - count + 1, count):
        assert sorted(stream[start : start + count]) == list(range(count))


@given(groups=grouped, seed=st.integers(0, 99), step=st.integers(0, 60))
def test_a_step_is_the_same_wherever_a_run_begins(groups, seed: int, step: int):
    options = TrainingOptions(batch_size=3, accumulation=2)
    walked = Feed(Numbers(groups), options, seed)
    for before in range(step):
        walked.batch(before, 1)
    fresh = Feed(Numbers(groups), options, seed)
    assert walked.batch(step, 1) == fresh.batch(step, 1)


def test_processes_share_an_epoch_of_groups():
    groups = "aaaabbbbbcc"
    options = TrainingOptions(batch_size=2)
    feeds = [Feed(Numbers(groups), options, 5, process, 2) for process in range(2)]
    assert feeds[0].batches_an_epoch == 6
    seen = [index for step in range(3) for feed in feeds for index in feed.batch(step, 0)]
    assert sorted(seen) == list(range(11))


def test_groups_come_mixed_and_each_epoch_otherwise():
    groups = "a" * 20 + "b" * 20
    feed = Feed(Numbers(groups), TrainingOptions(batch_size=2), 0)
    orders = [
        "".join(groups[feed.batch(20 * epoch + step, 0)[0]] for step in range(20))
        for epoch in range(2)
    ]
    assert orders[0] != orders[1]
    assert all("ab" in order and "ba" in order for order in orders)
