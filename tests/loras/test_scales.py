import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylecli.errors import UsageError
from stylecli.loras.scales import Scales, diffusers_scales, peft_scales


def test_without_an_alpha_it_is_the_rank():
    assert Scales().alpha_of("mid_block.x", 8) == 8


@pytest.mark.parametrize(
    ("path", "alpha"),
    [
        ("mid_block.x.to_q", 3.0),
        ("to_q", 3.0),
        ("mid_block.x.not_to_q", 5.0),
        ("down_blocks.1.conv", 7.0),
        ("x.down_blocks.1.conv", 5.0),
        ("mid_block.other", 5.0),
    ],
)
def test_a_pattern_is_the_end_of_a_path_as_peft_has_it(path, alpha):
    config = {"lora_alpha": 5, "alpha_pattern": {"to_q": 3, r"^down_blocks\.1\.conv$": 7}}
    scales = peft_scales(config, "it")
    assert scales.alpha_of(path, 4) == alpha


def test_a_rank_stabilised_scale_is_alpha_by_the_root_of_the_rank():
    scales = peft_scales({"lora_alpha": 6, "use_rslora": True}, "it")
    assert scales.alpha_of("x", 9) / 9 == pytest.approx(6 / math.sqrt(9))


def test_our_reading_of_a_configuration_is_pefts_own():
    torch = pytest.importorskip("torch")
    from peft import LoraConfig, inject_adapter_in_model

    model = torch.nn.ModuleDict({"a": torch.nn.Linear(4, 4), "b": torch.nn.Linear(4, 4)})
    config = LoraConfig(
        r=4,
        lora_alpha=6,
        target_modules=["a", "b"],
        rank_pattern={"b": 2},
        alpha_pattern={"b": 5},
        use_rslora=True,
    )
    inject_adapter_in_model(config, model, "x")
    scales = peft_scales(config.to_dict(), "it")
    for path, rank in (("a", 4), ("b", 2)):
        assert scales.alpha_of(path, rank) / rank == pytest.approx(model[path].scaling["x"])


def test_diffusers_keeps_a_configuration_for_each_part():
    metadata = {
        "lora_adapter_metadata": json.dumps(
            {
                "unet.r": 4,
                "unet.lora_alpha": 8,
                "unet.alpha_pattern": {"mid_block.x": 2},
                "text_encoder.lora_alpha": 3,
                "transformer.lora_alpha": 1,
            }
        )
    }
    scales = diffusers_scales(metadata, "it")
    assert set(scales) == {"unet", "text_encoder"}
    assert scales["unet"].alpha_of("mid_block.x", 4) == 2
    assert scales["unet"].alpha_of("mid_block.y", 4) == 8
    assert scales["text_encoder"].alpha_of("y", 4) == 3
    assert diffusers_scales({}, "it") == {}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"peft_type": "LOHA"}, "LOHA"),
        ({"peft_type": "PeftType.LOKR"}, "LOKR"),
        ({"use_dora": True}, "DoRA"),
        ({"use_qalora": True}, "use_qalora"),
        ({"layer_replication": [[0, 4]]}, "layer_replication"),
        ({"init_lora_weights": "lora_ga"}, "lora_ga"),
        ({"use_rslora": "false"}, "damaged"),
        ({"alpha_pattern": {"(a+)+b": 2}}, "is no path"),
        ({"alpha_pattern": {"(?i)to_q": 2}}, "is no path"),
        ({"init_lora_weights": "pissa"}, "pissa"),
        ({"init_lora_weights": "OLoRA"}, "OLoRA"),
        ({"lora_alpha": "much"}, "damaged"),
        ({"lora_alpha": 1e400}, "damaged"),
        ({"lora_alpha": 10**400}, "damaged"),
        ({"alpha_pattern": {"(": 1}}, "damaged"),
        ({"alpha_pattern": 5}, "damaged"),
        ({"alpha_pattern": {"x": None}}, "damaged"),
    ],
)
def test_what_is_more_than_a_lora_or_damaged_is_refused(config, words):
    with pytest.raises(UsageError) as caught:
        peft_scales(config, "it")
    assert caught.value.message.startswith("it: ")
    assert words in caught.value.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from(["peft_type", "lora_alpha", "alpha_pattern", "use_rslora", "use_dora"]),
        json_values,
    )
)
def test_any_configuration_does_no_more_than_be_refused(config):
    try:
        peft_scales(config, "it").alpha_of("mid_block.x", 4)
    except UsageError as problem:
        assert problem.message.startswith("it: ")  # noqa: PT017 - either outcome is right


@given(json_values | st.just("[" * 50_000))
def test_any_metadata_does_no_more_than_be_refused(value):
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        diffusers_scales({"lora_adapter_metadata": text}, "it")
    except UsageError as problem:
        assert problem.message.startswith("it: ")  # noqa: PT017 - either outcome is right
