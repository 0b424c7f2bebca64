import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli.loras.kohya import to_kohya
from stylecli.loras.module import LoraModule
from stylecli.loras.reading import fit, gather

SHAPES = {
    "down_blocks.0.attentions.0.to_q": (8, 6),
    "mid_block.resnets.0.conv1": (8, 4, 3, 3),
    "up_blocks.1.proj_in": (5, 7),
}
ATTENTION = "encoder.layers.0.self_attn"
TEXT = {f"{ATTENTION}.{name}": (4, 4) for name in ("q_proj", "k_proj", "v_proj", "out_proj")}
TEXT["encoder.layers.0.mlp.fc1"] = (8, 4)
WHOLE = {"unet": SHAPES, "text_encoder": TEXT, "vae": {"decoder.conv_in": (4, 4, 3, 3)}}


def module(shape, rank=2, alpha=4.0, seed=0):
    out, *rest = shape
    generator = torch.Generator().manual_seed(seed)
    down = torch.randn(rank, *rest, generator=generator)
    up = torch.randn(out, rank, *(1 for _ in rest[1:]), generator=generator)
    return LoraModule(down, up, alpha)


def laid_out(lora, dtype=torch.float16, family="sd15"):
    return to_kohya(lora, family, WHOLE, dtype)


def again(tensors):
    fitted = fit(gather(tensors, "it"), WHOLE, "it")
    assert not fitted.strangers
    return fitted.modules


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(sorted(SHAPES)),
        st.tuples(
            st.integers(1, 9), st.sampled_from([0.1, 0.5, 1.0, 8.0, 12.0]), st.integers(0, 99)
        ),
        min_size=1,
    )
)
def test_changes_come_back_in_half_precision(chosen):
    modules = {path: module(SHAPES[path], *how) for path, how in chosen.items()}
    read = again(laid_out({"unet": modules}))["unet"]
    assert set(read) == set(modules)
    assert len({found.alpha for found in read.values()}) == 1
    for path, written in modules.items():
        assert read[path].rank == written.rank
        assert read[path].down.dtype == read[path].up.dtype == torch.float32
        assert torch.equal(read[path].down, written.down.half().float())
        torch.testing.assert_close(
            read[path].alpha * read[path].up, written.alpha * written.up, rtol=2e-3, atol=1e-4
        )
        torch.testing.assert_close(read[path].delta(), written.delta(), rtol=5e-3, atol=2e-2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_all_tensors_are_of_the_type_that_is_asked_for(dtype):
    tensors = laid_out({"unet": {path: module(shape) for path, shape in SHAPES.items()}}, dtype)
    assert {tensor.dtype for tensor in tensors.values()} == {dtype}


def test_the_keys_are_kohyas_sorted_with_one_scalar_alpha_a_module():
    made = laid_out({"unet": {path: module(SHAPES[path]) for path in reversed(SHAPES)}})
    names = [
        "down_blocks_0_attentions_0_to_q",
        "mid_block_resnets_0_conv1",
        "up_blocks_1_proj_in",
    ]
    parts = (".alpha", ".lora_down.weight", ".lora_up.weight")
    assert list(made) == [f"lora_unet_{name}{part}" for name in names for part in parts]
    assert all(made[f"lora_unet_{name}.alpha"].shape == () for name in names)


def test_alphas_differ_between_parts_and_never_within_one():
    lora = {
        "unet": {
            path: module(shape, alpha=alpha)
            for alpha, (path, shape) in enumerate(SHAPES.items(), 1)
        },
        "text_encoder": {path: module(shape, alpha=8.0) for path, shape in TEXT.items()},
    }
    alphas = {key.split("_")[1]: set() for key in laid_out(lora)}
    for key, tensor in laid_out(lora).items():
        if key.endswith(".alpha"):
            alphas[key.split("_")[1]].add(float(tensor))
    assert alphas == {"unet": {3.0}, "te": {8.0}}


@pytest.mark.parametrize("alpha", [1e9, 1e-9, 0.0, -2.0])
def test_an_alpha_that_half_precision_does_not_hold_keeps_its_effect(alpha):
    small = module(SHAPES["up_blocks.1.proj_in"], alpha=alpha)
    small = LoraModule(small.down, small.up * (1e-6 if alpha > 1 else 1.0), alpha)
    made = laid_out({"unet": {"up_blocks.1.proj_in": small}})
    assert all(tensor.isfinite().all() for tensor in made.values())
    read = again(made)["unet"]["up_blocks.1.proj_in"]
    torch.testing.assert_close(read.delta(), small.delta(), rtol=5e-3, atol=1e-4)


def test_a_text_encoders_attention_is_written_whole_and_the_rest_is_nothing():
    path = f"{ATTENTION}.q_proj"
    made = laid_out({"text_encoder": {path: module(TEXT[path])}})
    keys = {key.split(".")[0] for key in made}
    assert keys == {
        f"lora_te_text_model_encoder_layers_0_self_attn_{name}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj")
    }
    read = again(made)["text_encoder"]
    assert read[path].delta().any()
    assert not any(found.delta().any() for name, found in read.items() if name != path)


def test_a_feed_forward_layer_brings_no_attention_along():
    path = "encoder.layers.0.mlp.fc1"
    made = laid_out({"text_encoder": {path: module(TEXT[path])}})
    assert {key.split(".")[0] for key in made} == {"lora_te_text_model_encoder_layers_0_mlp_fc1"}


def test_sdxls_encoders_are_te1_and_te2():
    shapes = {part: TEXT for part in ("text_encoder", "text_encoder_2")}
    lora = {part: {path: module(shape) for path, shape in TEXT.items()} for part in shapes}
    made = to_kohya(lora, "sdxl", shapes, torch.float16)
    assert {key.split("text_model")[0] for key in made} == {"lora_te1_", "lora_te2_"}


def test_a_vaes_part_has_keys_of_our_own():
    lora = {"vae": {"decoder.conv_in": module((4, 4, 3, 3))}}
    made = laid_out(lora)
    assert all(key.startswith("stylecli.vae.decoder.conv_in.") for key in made)
    assert set(again(made)["vae"]) == {"decoder.conv_in"}


def test_trained_parameters_are_laid_out_without_their_gradients():
    parameter = torch.nn.Parameter(torch.ones(2, 6))
    lora = {"unet": {"down_blocks.0.attentions.0.to_q": LoraModule(parameter, torch.ones(8, 2), 1)}}
    assert not any(tensor.requires_grad for tensor in laid_out(lora).values())
