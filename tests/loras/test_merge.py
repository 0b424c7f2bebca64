import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli.loras.lowrank import lost_share, low_rank
from stylecli.loras.merge import MergeOptions, merge
from stylecli.loras.module import LoraModule


def module(rank=2, alpha=3.0, seed=0, shape=(8, 6)):
    out, *rest = shape
    generator = torch.Generator().manual_seed(seed)
    down = torch.randn(rank, *rest, generator=generator)
    up = torch.randn(out, rank, *(1 for _ in rest[1:]), generator=generator)
    return LoraModule(down, up, alpha)


def one(*changes):
    return [({"unet": {"x": change}}, weight) for change, weight in changes]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4), st.sampled_from([0.5, 1.0, 8.0]), st.floats(-2, 2), st.integers(0, 9)
        ),
        min_size=1,
        max_size=4,
    )
)
def test_linear_is_exactly_the_weighted_sum(chosen):
    changes = [(module(rank, alpha, seed), weight) for rank, alpha, weight, seed in chosen]
    merged = merge(one(*changes), MergeOptions("linear"))
    assert merged.lost == 0
    found = merged.modules["unet"]["x"]
    assert found.rank == sum(rank for rank, *_ in chosen)
    wanted = sum(weight * change.delta() for change, weight in changes)
    torch.testing.assert_close(found.delta(), wanted, rtol=1e-4, atol=1e-4)


def test_convolutions_are_merged_too():
    first, second = (module(seed=seed, shape=(8, 4, 3, 3)) for seed in (0, 1))
    for combination in ("linear", "magnitude_prune"):
        options = MergeOptions(combination, density=1.0, rank=32)
        found = merge(one((first, 0.5), (second, 2.0)), options).modules["unet"]["x"]
        wanted = 0.5 * first.delta() + 2 * second.delta()
        torch.testing.assert_close(found.delta(), wanted, rtol=1e-3, atol=1e-4)


def test_a_module_that_one_of_them_changes_keeps_its_change():
    loras = [
        ({"unet": {"x": module()}}, 0.5),
        ({"unet": {"y": module(seed=1)}, "text_encoder": {"z": module(seed=2)}}, 2.0),
    ]
    found = merge(loras, MergeOptions()).modules
    assert {part: set(modules) for part, modules in found.items()} == {
        "unet": {"x", "y"},
        "text_encoder": {"z"},
    }
    torch.testing.assert_close(found["unet"]["x"].delta(), 0.5 * module().delta())
    torch.testing.assert_close(found["text_encoder"]["z"].delta(), 2 * module(seed=2).delta())


# Rank 1 changes whose entries are known, so that the result can be worked out by hand.
def outer(up, down):
    return LoraModule(torch.tensor([down]), torch.tensor([[value] for value in up]), 1.0)


def test_magnitude_prune_keeps_the_largest_entries_of_each():
    first = outer([1.0, 2.0], [1.0, 10.0])  # 1 10 / 2 20
    second = outer([4.0, 1.0], [1.0, 3.0])  # 4 12 / 1 3
    options = MergeOptions("magnitude_prune", density=0.5)
    found = merge(one((first, 1.0), (second, 2.0)), options).modules["unet"]["x"].delta()
    wanted = torch.tensor([[0.0, 10.0], [0.0, 20.0]]) + 2 * torch.tensor([[4.0, 12.0], [0.0, 0.0]])
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_ties_lets_the_larger_sign_win_and_takes_the_mean_of_those_that_have_it():
    first = outer([1.0, 1.0], [4.0, -6.0])  # 4 -6 / 4 -6
    second = outer([1.0, 1.0], [2.0, 2.0])  # 2 2 / 2 2
    options = MergeOptions("ties", density=1.0)
    found = merge(one((first, 1.0), (second, 1.0)), options).modules["unet"]["x"].delta()
    torch.testing.assert_close(found, torch.tensor([[3.0, -6.0], [3.0, -6.0]]))


def test_dare_drops_at_random_by_its_seed_and_keeps_the_mean():
    changes = one((module(seed=1, shape=(200, 100)), 1.0))
    whole = changes[0][0]["unet"]["x"].delta()

    def merged(seed):
        options = MergeOptions("dare_linear", density=0.5, rank=100, seed=seed)
        return merge(changes, options).modules["unet"]["x"].delta()

    state = torch.random.get_rng_state()
    first = merged(0)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(merged(0), first)
    assert not torch.allclose(merged(1), first)
    dropped = first.abs() < 1e-3
    assert 0.45 < dropped.float().mean() < 0.55
    torch.testing.assert_close(first[~dropped], 2 * whole[~dropped], rtol=1e-2, atol=1e-2)


def test_a_lower_rank_is_kept_to_and_what_it_loses_is_said():
    changes = one((module(4, seed=1), 1.0), (module(4, seed=2), 1.0))
    merged = merge(changes, MergeOptions("linear", rank=3))
    assert merged.modules["unet"]["x"].rank == 3
    whole = merge(changes, MergeOptions("linear")).modules["unet"]["x"].delta()
    lost = (whole - merged.modules["unet"]["x"].delta()).square().sum() / whole.square().sum()
    assert merged.lost == pytest.approx(float(lost), rel=1e-3)
    assert 0 < merged.lost < 0.5


@pytest.mark.parametrize("shape", [(8, 6), (6, 8), (8, 4, 3, 3), (600, 700)])
def test_a_change_of_low_rank_is_found_again(shape):
    whole = module(3, seed=4, shape=shape).delta()
    found = low_rank(whole, 3)
    assert found.rank == 3
    assert found.scale == 1
    torch.testing.assert_close(found.delta(), whole, rtol=1e-3, atol=1e-3)
    assert lost_share(whole, found) < 1e-6
    assert lost_share(whole, low_rank(whole, 1)) > 0.01


def test_no_more_directions_are_kept_than_there_are():
    assert low_rank(torch.ones(3, 5), 9).rank == 3
    assert low_rank(torch.zeros(3, 5), 2).delta().abs().max() == 0
    assert lost_share(torch.zeros(3, 5), low_rank(torch.zeros(3, 5), 2)) == 0


def test_the_nearest_one_is_by_the_largest_singular_values():
    whole = torch.diag(torch.tensor([5.0, 3.0, 1.0]))
    torch.testing.assert_close(
        low_rank(whole, 2).delta(), torch.diag(torch.tensor([5.0, 3.0, 0.0]))
    )
    assert lost_share(whole, low_rank(whole, 2)) == pytest.approx(1 / 35)


def test_the_work_is_told_from_its_beginning_to_its_end():
    events = []
    lora = {"unet": {"x": module(), "y": module(seed=1)}}
    merge([(lora, 1.0), (lora, 0.5)], MergeOptions("ties"), events.append)
    assert [(event.done, event.total) for event in events] == [(0, 2), (1, 2), (2, 2)]
