"""The same LoRA in every program's layout means the same; what is none is refused by name."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli.errors import StylecliError, UsageError
from stylecli.loras.module import LoraModule
from stylecli.loras.reading import fit, gather
from stylecli.loras.scales import Scales

SHAPES = {
    "unet": {
        "down_blocks.0.resnets.0.conv1": (8, 4, 3, 3),
        "down_blocks.0.resnets.1.conv1": (8, 8, 3, 3),
        "mid_block.attentions.0.transformer_blocks.0.attn1.to_q": (8, 6),
        "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0": (8, 8),
        "mid_block.attentions.0.proj_in": (8, 8, 1, 1),
        "up_blocks.0.attentions.0.proj_in": (8, 8),
    },
    "text_encoder": {
        "encoder.layers.0.self_attn.q_proj": (4, 4),
        "encoder.layers.0.self_attn.out_proj": (4, 4),
        "encoder.layers.0.mlp.fc1": (8, 4),
    },
    "text_encoder_2": {"encoder.layers.0.self_attn.v_proj": (4, 4), "text_projection": (4, 4)},
}
TO_Q = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
TO_OUT = "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0"
Q_PROJ = "encoder.layers.0.self_attn.q_proj"
OUT_PROJ = "encoder.layers.0.self_attn.out_proj"


def pair(shape, rank=2, seed=0):
    out, *rest = shape
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(rank, *rest, generator=generator),
        torch.randn(out, rank, *(1 for _ in rest[1:]), generator=generator),
    )


def read(tensors, scales=None):
    gathered = gather(tensors, "it", scales)
    assert gathered.left_out == ()
    fitted = fit(gathered, SHAPES, "it")
    assert fitted.strangers == ()
    return fitted.modules


# Beginning of the key, its two endings, the part and the path of the module that is meant.
@pytest.mark.parametrize(
    ("name", "down_end", "up_end", "part", "path"),
    [
        (
            "lora_unet_" + TO_Q.replace(".", "_"),
            ".lora_down.weight",
            ".lora_up.weight",
            "unet",
            TO_Q,
        ),
        (
            "lora_unet_middle_block_1_transformer_blocks_0_attn1_to_q",
            ".lora_down.weight",
            ".lora_up.weight",
            "unet",
            TO_Q,
        ),
        (f"unet.{TO_Q}", ".lora_A.weight", ".lora_B.weight", "unet", TO_Q),
        (f"unet.{TO_Q}", ".lora.down.weight", ".lora.up.weight", "unet", TO_Q),
        (f"base_model.model.{TO_Q}", ".lora_A.weight", ".lora_B.weight", "unet", TO_Q),
        (
            "unet." + TO_Q.replace("to_q", "processor.to_q"),
            "_lora.down.weight",
            "_lora.up.weight",
            "unet",
            TO_Q,
        ),
        (
            TO_OUT.replace("to_out.0", "processor.to_out"),
            "_lora.down.weight",
            "_lora.up.weight",
            "unet",
            TO_OUT,
        ),
        (
            "lora_unet_input_blocks_1_0_in_layers_2",
            ".lora_down.weight",
            ".lora_up.weight",
            "unet",
            "down_blocks.0.resnets.0.conv1",
        ),
        (
            "diffusion_model.input_blocks.2.0.in_layers.2",
            ".lora_down.weight",
            ".lora_up.weight",
            "unet",
            "down_blocks.0.resnets.1.conv1",
        ),
        (
            "lora_te_text_model_encoder_layers_0_self_attn_q_proj",
            ".lora_down.weight",
            ".lora_up.weight",
            "text_encoder",
            Q_PROJ,
        ),
        (
            "lora_te1_encoder_layers_0_mlp_fc1",
            ".lora_down.weight",
            ".lora_up.weight",
            "text_encoder",
            "encoder.layers.0.mlp.fc1",
        ),
        (
            f"text_encoder.text_model.{OUT_PROJ}".replace("out_proj", "to_out"),
            "_lora.down.weight",
            "_lora.up.weight",
            "text_encoder",
            OUT_PROJ,
        ),
        (
            f"text_encoder.text_model.{Q_PROJ}",
            ".lora_linear_layer.down.weight",
            ".lora_linear_layer.up.weight",
            "text_encoder",
            Q_PROJ,
        ),
        (f"text_encoder.{Q_PROJ}", ".lora_A.weight", ".lora_B.weight", "text_encoder", Q_PROJ),
        (
            "lora_te2_text_model_encoder_layers_0_self_attn_v_proj",
            ".lora_down.weight",
            ".lora_up.weight",
            "text_encoder_2",
            "encoder.layers.0.self_attn.v_proj",
        ),
        (
            "text_encoder_2.text_projection",
            ".lora_A.weight",
            ".lora_B.weight",
            "text_encoder_2",
            "text_projection",
        ),
    ],
)
def test_one_module_in_every_layout(name, down_end, up_end, part, path):
    down, up = pair(SHAPES[part][path])
    [(found_part, modules)] = read({name + down_end: down, name + up_end: up}).items()
    [(found_path, module)] = modules.items()
    assert (found_part, found_path) == (part, path)
    assert torch.equal(module.down, down)
    assert torch.equal(module.up, up)
    assert module.alpha == module.rank == 2


KEY = "lora_unet_" + TO_Q.replace(".", "_")


def kohya(**changes):
    down, up = pair((8, 6))
    tensors = {f"{KEY}.lora_down.weight": down, f"{KEY}.lora_up.weight": up}
    return tensors | {f"{KEY}.{part}": value for part, value in changes.items()}


def test_every_module_has_its_own_alpha():
    other = "lora_unet_up_blocks_0_attentions_0_proj_in"
    down, up = pair((8, 8), rank=4)
    found = read(
        kohya(alpha=torch.tensor(0.5))
        | {
            f"{other}.lora_down.weight": down,
            f"{other}.lora_up.weight": up,
            f"{other}.alpha": torch.tensor([3.0]),
        }
    )["unet"]
    assert {path: (module.alpha, module.rank) for path, module in found.items()} == {
        TO_Q: (0.5, 2),
        "up_blocks.0.attentions.0.proj_in": (3.0, 4),
    }


def test_an_alpha_among_the_tensors_goes_before_one_beside_them():
    scales = {"unet": Scales(alpha=9.0)}
    assert read(kohya(), scales)["unet"][TO_Q].alpha == 9
    assert read(kohya(alpha=torch.tensor(0.5)), scales)["unet"][TO_Q].alpha == 0.5
    assert read(kohya(), {"text_encoder": Scales(alpha=9.0)})["unet"][TO_Q].alpha == 2


def test_a_factorised_convolution_is_the_one_that_it_stands_for():
    """LoCon with a core: 1 x 1, then 3 x 3 between rank channels, then 1 x 1."""
    name = "lora_unet_down_blocks_0_resnets_0_conv1"
    generator = torch.Generator().manual_seed(1)
    down = torch.randn(2, 4, 1, 1, generator=generator)
    mid = torch.randn(3, 2, 3, 3, generator=generator)
    up = torch.randn(8, 3, 1, 1, generator=generator)
    tensors = {
        f"{name}.lora_{part}.weight": value
        for part, value in (("down", down), ("mid", mid), ("up", up))
    }
    module = read({**tensors, f"{name}.alpha": torch.tensor(3.0)})["unet"][
        "down_blocks.0.resnets.0.conv1"
    ]
    picture = torch.randn(1, 4, 5, 5, generator=generator)
    chained = torch.nn.functional.conv2d(picture, down)
    chained = torch.nn.functional.conv2d(chained, mid, padding=1)
    chained = torch.nn.functional.conv2d(chained, up)
    at_once = torch.nn.functional.conv2d(picture, module.delta(), padding=1)
    torch.testing.assert_close(at_once, chained, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("mid_block.attentions.0.proj_in", (8, 8)),
        ("up_blocks.0.attentions.0.proj_in", (8, 8, 1, 1)),
    ],
)
def test_a_linear_layer_and_a_1_x_1_convolution_are_the_same_change(path, shape):
    down, up = pair(shape)
    name = "lora_unet_" + path.replace(".", "_")
    tensors = {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
    module = read(tensors)["unet"][path]
    assert module.delta().shape == SHAPES["unet"][path]
    assert torch.equal(module.delta().flatten(), (up.flatten(1) @ down.flatten(1)).flatten())


def test_keys_that_mean_nothing_and_modules_that_are_not_there_are_listed():
    gathered = gather(
        {
            **kohya(),
            "emb_params": torch.ones(1),
            "lora_unet_x.diff_b": torch.ones(1),
            "lora_unet_no_such_module.lora_up.weight": torch.ones(4, 1),
            "lora_unet_no_such_module.lora_down.weight": torch.ones(1, 4),
        },
        "it",
    )
    assert gathered.left_out == ("emb_params", "lora_unet_x.diff_b")
    fitted = fit(gathered, SHAPES, "it")
    assert fitted.strangers == ("unet: no_such_module",)
    assert set(fitted.modules["unet"]) == {TO_Q}


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("dora_scale", "DoRA"),
        ("hada_w1_a", "LoHa"),
        ("lokr_w1", "LoKr"),
        ("oft_blocks", "OFT"),
        ("a1.weight", "GLoRA"),
    ],
)
def test_other_kinds_are_named(ending, kind):
    with pytest.raises(UsageError, match=f"it: {KEY}.{ending} belongs to a {kind}"):
        gather(kohya(**{ending: torch.ones(8, 2)}), "it")


def without(piece):
    return {key: value for key, value in kohya().items() if piece not in key}


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        (without("lora_down"), "it has only its up-matrix"),
        (without("lora_up"), "it has only its down-matrix"),
        ({f"{KEY}.alpha": torch.tensor(1.0)}, "neither its down nor its up-matrix"),
        (kohya(alpha=torch.ones(2)), "alpha is not one finite number"),
        (kohya(alpha=torch.ones(0)), "alpha is not one finite number"),
        (kohya(**{"lora_up.weight": torch.ones(8, 3)}), "ranks do not agree"),
        (kohya(**{"lora_down.weight": torch.ones(6)}), "is of no LoRA"),
        (kohya(**{"lora_down.weight": torch.tensor(1.0)}), "is of no LoRA"),
        (kohya(**{"lora_down.weight": torch.ones(0, 6)}), "is of no LoRA"),
        (kohya(**{"lora_mid.weight": torch.ones(2, 2)}), "does not go with its up and down"),
        (
            {
                f"{KEY}.lora_down.weight": torch.ones(1, 200_000, 1, 1),
                f"{KEY}.lora_mid.weight": torch.ones(200_000, 1, 1, 1),
                f"{KEY}.lora_up.weight": torch.ones(1, 200_000, 1, 1),
            },
            "too large for a LoRA",
        ),
        (kohya() | {f"unet.{TO_Q}.lora_A.weight": torch.ones(2, 6)}, "are the same"),
    ],
)
def test_damaged_modules_are_named(tensors, words):
    with pytest.raises(UsageError) as caught:
        gather(tensors, "it")
    assert caught.value.message.startswith("it: ")
    assert words in caught.value.message


@pytest.mark.parametrize(
    "changes",
    [
        {"lora_down.weight": torch.ones(2, 7)},
        {"lora_up.weight": torch.ones(9, 2)},
        {"lora_down.weight": torch.ones(2, 6, 3, 3)},
    ],
)
def test_a_wrong_shape_is_named_with_both_sides(changes):
    with pytest.raises(UsageError) as caught:
        fit(gather(kohya(**changes), "it"), SHAPES, "it")
    assert f"it does not fit this base: {TO_Q} is (8, 6) there" in caught.value.message


def test_one_module_under_two_names_is_refused():
    down, up = pair((8, 6))
    other = "lora_unet_middle_block_1_transformer_blocks_0_attn1_to_q"
    tensors = {f"{other}.lora_down.weight": down, f"{other}.lora_up.weight": up}
    with pytest.raises(UsageError, match="under two names"):
        fit(gather(kohya() | tensors, "it"), SHAPES, "it")


shapes = st.lists(st.integers(0, 4), max_size=5)
names = st.sampled_from(
    [KEY, f"unet.{TO_Q}", "lora_unet_down_blocks_0_resnets_0_conv1", "lora_te_x", "x", ""]
)
endings = st.sampled_from(
    [
        ".lora_down.weight",
        ".lora_up.weight",
        ".lora_mid.weight",
        ".alpha",
        ".lora_A.weight",
        ".lora_B.weight",
        ".dora_scale",
        ".diff",
    ]
)


@settings(deadline=None, max_examples=1500)
@given(st.dictionaries(st.tuples(names, endings).map("".join), shapes, max_size=6))
def test_any_shapes_do_no_more_than_be_refused(entries):
    tensors = {key: torch.ones(shape) for key, shape in entries.items()}
    try:
        fitted = fit(gather(tensors, "it"), SHAPES, "it")
    except StylecliError as problem:
        assert "it" in problem.message  # noqa: PT017 - either outcome is right
        return
    for part, modules in fitted.modules.items():
        for path, module in modules.items():
            assert isinstance(module, LoraModule)
            assert module.delta().shape == SHAPES[part][path]
