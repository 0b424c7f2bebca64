import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli.errors import UsageError
from stylecli.styles.lora import LoraModule, from_kohya, to_kohya

SHAPES = {
    "down_blocks.0.attentions.0.to_q": (8, 6),
    "mid_block.resnets.0.conv1": (8, 4, 3, 3),
    "up_blocks.1.proj_in": (5, 7),
}
KEY = "lora_unet_down_blocks_0_attentions_0_to_q"


def module(path, rank=2, alpha=4.0, seed=0):
    out, *rest = SHAPES[path]
    generator = torch.Generator().manual_seed(seed)
    down = torch.randn(rank, *rest, generator=generator)
    up = torch.randn(out, rank, *(1 for _ in rest[1:]), generator=generator)
    return LoraModule(down, up, alpha)


def tensors(**changes):
    made = to_kohya({path: module(path) for path in SHAPES})
    for part, tensor in changes.items():
        made[f"{KEY}.{part.replace('_weight', '.weight')}"] = tensor
    return made


def refusal(given):
    with pytest.raises(UsageError) as caught:
        from_kohya(given, SHAPES, "style 'monet'")
    assert "style 'monet'" in caught.value.message
    return caught.value.message


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(sorted(SHAPES)),
        st.tuples(st.integers(1, 9), st.sampled_from([0.5, 1.0, 8.0, 12.0]), st.integers(0, 99)),
        min_size=1,
    )
)
def test_modules_come_back_in_half_precision(chosen):
    modules = {path: module(path, *how) for path, how in chosen.items()}
    again = from_kohya(to_kohya(modules), SHAPES, "it")
    assert set(again) == set(modules)
    assert len({module.alpha for module in again.values()}) == 1
    for path, (rank, alpha, _) in chosen.items():
        read, written = again[path], modules[path]
        assert read.rank == rank
        assert read.down.dtype == read.up.dtype == torch.float32
        assert torch.equal(read.down, written.down.half().float())
        torch.testing.assert_close(read.alpha * read.up, alpha * written.up, rtol=2e-3, atol=1e-5)


def test_the_keys_are_kohyas_sorted_with_one_scalar_alpha_a_module():
    made = to_kohya({path: module(path) for path in reversed(SHAPES)})
    names = [
        "down_blocks_0_attentions_0_to_q",
        "mid_block_resnets_0_conv1",
        "up_blocks_1_proj_in",
    ]
    parts = (".alpha", ".lora_down.weight", ".lora_up.weight")
    assert list(made) == [f"lora_unet_{name}{part}" for name in names for part in parts]
    assert all(tensor.dtype == torch.float16 for tensor in made.values())
    assert all(made[f"lora_unet_{name}.alpha"].shape == () for name in names)


def test_trained_parameters_are_laid_out_without_their_gradients():
    parameter = torch.nn.Parameter(torch.ones(2, 6))
    made = to_kohya({"a": LoraModule(parameter, torch.ones(8, 2), 1.0)})
    assert not any(tensor.requires_grad for tensor in made.values())


def test_without_an_alpha_the_change_is_applied_as_it_is():
    given_ = tensors()
    del given_[f"{KEY}.alpha"]
    read = from_kohya(given_, SHAPES, "it")["down_blocks.0.attentions.0.to_q"]
    assert read.alpha == read.rank == 2


def test_an_alpha_of_one_element_is_one():
    given_ = tensors(alpha=torch.tensor([3.0]))
    assert from_kohya(given_, SHAPES, "it")["down_blocks.0.attentions.0.to_q"].alpha == 3


def test_another_prefix_has_its_own_keys():
    modules = {"up_blocks.1.proj_in": module("up_blocks.1.proj_in")}
    made = to_kohya(modules, prefix="lora_te_")
    assert all(key.startswith("lora_te_up_blocks_1_proj_in.") for key in made)
    assert set(from_kohya(made, SHAPES, "it", prefix="lora_te_")) == set(modules)


def test_unknown_keys_are_counted_and_listed():
    given_ = {
        **tensors(),
        "lora_unet_no_such_module.lora_up.weight": torch.ones(1, 1),
        "lora_unet_no_such_module.lora_down.weight": torch.ones(1, 1),
        "stylecli.lsast.prompts": torch.ones(30, 8),
    }
    message = refusal(given_)
    assert "does not fit this base: 2 entries fit no module" in message
    assert "lora_unet_no_such_module" in message
    assert "stylecli.lsast.prompts" in message


def test_a_file_without_a_lora_is_refused():
    assert "holds no LoRA" in refusal({})


def test_of_many_unknown_keys_the_first_are_listed():
    message = refusal({f"key{number}": torch.ones(1) for number in range(300)})
    assert "300 entries" in message
    assert len(message) < 200


@pytest.mark.parametrize("missing", ["lora_down.weight", "lora_up.weight"])
def test_a_missing_half_is_named(missing):
    given_ = tensors()
    del given_[f"{KEY}.{missing}"]
    assert f"incomplete: {KEY}" in refusal(given_)


@pytest.mark.parametrize(
    "changes",
    [
        {"lora_down_weight": torch.ones(2, 7)},
        {"lora_up_weight": torch.ones(9, 2)},
        {"lora_up_weight": torch.ones(8, 3)},
        {"lora_down_weight": torch.ones(2, 6, 1, 1)},
        {"lora_down_weight": torch.ones(6)},
        {"lora_down_weight": torch.tensor(1.0)},
        {"lora_up_weight": torch.tensor(1.0)},
        {"lora_down_weight": torch.ones(0, 6), "lora_up_weight": torch.ones(8, 0)},
    ],
)
def test_a_wrong_shape_is_named_with_both_sides(changes):
    message = refusal(tensors(**changes))
    assert "down_blocks.0.attentions.0.to_q is (8, 6) there" in message


@pytest.mark.parametrize("alpha", [torch.ones(2), torch.ones(0)])
def test_an_alpha_that_is_not_one_number_is_named(alpha):
    assert f"{KEY}.alpha" in refusal(tensors(alpha=alpha))
