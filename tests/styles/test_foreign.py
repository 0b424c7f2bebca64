import json
import os
import struct
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from stylecli.errors import StylecliError, UsageError
from stylecli.loras.reading import fit, gather
from stylecli.styles.foreign import ForBase, adopt, read_foreign
from stylecli.styles.header import StyleFileError
from stylecli.styles.style import ANY_LORA
from stylecli.styles.weights import is_place, weights_in
from stylecli.version import version

TO_K = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k"
PROJ = "mid_block.attentions.0.proj_in"
CONV = "down_blocks.0.resnets.0.conv1"
SHAPES = {
    "unet": {TO_K: (8, 768), PROJ: (8, 8), CONV: (8, 4, 3, 3)},
    "text_encoder": {
        f"encoder.layers.0.self_attn.{name}": (4, 4)
        for name in ("q_proj", "k_proj", "v_proj", "out_proj")
    },
}
BASE = ForBase("sd15", "sd15", SHAPES, 512, "epsilon", embedded=False)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).half()


def lora(**changes):
    tensors = {}
    for path, (out, into, *kernel) in SHAPES["unet"].items():
        name = "lora_unet_" + path.replace(".", "_")
        tensors[f"{name}.lora_down.weight"] = random(2, into, *kernel)
        tensors[f"{name}.lora_up.weight"] = random(out, 2, *(1 for _ in kernel))
        tensors[f"{name}.alpha"] = torch.tensor(1.0, dtype=torch.float16)
    return tensors | changes


def written(path, tensors, metadata=None):
    save_file(tensors, path, metadata=metadata)
    return path


@pytest.fixture
def file(tmp_path):
    return written(tmp_path / "paint-lora.safetensors", lora())


def deltas(tensors):
    fitted = fit(gather(tensors, "it"), SHAPES, "it")
    return {
        (part, path): module.delta()
        for part, found in fitted.modules.items()
        for path, module in found.items()
    }


def test_a_lora_from_elsewhere_becomes_a_style_with_its_effect(file):
    read = read_foreign(file)
    assert (read.name, read.layout, read.family) == ("paint-lora", "kohya", "sd15")
    style = adopt(read, BASE)
    assert (style.name, style.method, style.family) == ("paint-lora", ANY_LORA, "sd15")
    assert style.is_lora
    assert style.provenance.base == "sd15"
    assert style.provenance.version == version()
    assert style.provenance.source["left_out"] == []
    assert style.provenance.source["sha256"] == read.sha256
    assert style.prompt.prefix == ""
    wanted = deltas(lora())
    found = deltas(style.tensors)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[place], wanted[place]) for place in wanted)


def test_a_file_that_is_like_ours_keeps_every_bit(file):
    style = adopt(read_foreign(file), BASE)
    assert style.tensors.keys() == lora().keys()
    assert all(torch.equal(style.tensors[key], value) for key, value in lora().items())
    assert {value.dtype for value in style.tensors.values()} == {torch.float16}


def test_where_halves_would_round_the_style_is_in_float32(tmp_path):
    key = "lora_unet_" + PROJ.replace(".", "_") + ".alpha"
    tensors = lora(**{key: torch.tensor(0.3)})
    style = adopt(read_foreign(written(tmp_path / "x.safetensors", tensors)), BASE)
    assert {value.dtype for value in style.tensors.values()} == {torch.float32}
    wanted, found = deltas(tensors), deltas(style.tensors)
    for place, delta in wanted.items():
        torch.testing.assert_close(found[place], delta, rtol=1e-6, atol=1e-7)


def test_alphas_of_another_number_type_change_none_of_the_matrices(tmp_path):
    tensors = {
        key: value.float() if key.endswith("alpha") else value for key, value in lora().items()
    }
    style = adopt(read_foreign(written(tmp_path / "x.safetensors", tensors)), BASE)
    assert {value.dtype for value in style.tensors.values()} == {torch.float16}


def test_alphas_that_differ_by_a_power_of_two_lose_nothing_in_halves(tmp_path):
    key = "lora_unet_" + PROJ.replace(".", "_") + ".alpha"
    tensors = lora(**{key: torch.tensor(0.5, dtype=torch.float16)})
    style = adopt(read_foreign(written(tmp_path / "x.safetensors", tensors)), BASE)
    assert {value.dtype for value in style.tensors.values()} == {torch.float16}
    wanted, found = deltas(tensors), deltas(style.tensors)
    assert all(torch.equal(found[place], wanted[place]) for place in wanted)


def test_what_belongs_nowhere_is_listed_key_by_key(tmp_path):
    extra = {
        "bundle_emb.x.clip_l": torch.ones(2),
        "lora_unet_no_such_place.lora_down.weight": torch.ones(2, 4),
        "lora_unet_no_such_place.lora_up.weight": torch.ones(4, 2),
    }
    style = adopt(read_foreign(written(tmp_path / "x.safetensors", lora(**extra))), BASE)
    assert style.provenance.source["left_out"] == ["bundle_emb.x.clip_l", "unet: no_such_place"]
    assert deltas(style.tensors).keys() == deltas(lora()).keys()


def test_a_file_of_which_most_belongs_nowhere_is_refused(tmp_path):
    extra = {}
    for number in range(3):
        extra[f"lora_unet_nowhere_{number}.lora_down.weight"] = torch.ones(2, 4)
        extra[f"lora_unet_nowhere_{number}.lora_up.weight"] = torch.ones(4, 2)
    read = read_foreign(written(tmp_path / "x.safetensors", lora(**extra)))
    with pytest.raises(UsageError, match="3 of its 6 modules are not there: unet: nowhere_0"):
        adopt(read, BASE)


def test_another_family_is_named(file):
    base = replace(BASE, name="sdxl", family="sdxl")
    with pytest.raises(UsageError, match=r"is an SD 1\.5 style; base 'sdxl' is SDXL"):
        adopt(read_foreign(file), base)


def test_other_shapes_are_named(file):
    shapes = {**SHAPES, "unet": {**SHAPES["unet"], PROJ: (16, 16)}}
    with pytest.raises(UsageError, match=r"proj_in is \(16, 16\) there"):
        adopt(read_foreign(file), replace(BASE, modules=shapes))


def test_what_the_file_says_of_itself_is_kept(tmp_path):
    metadata = {
        "modelspec.trigger_phrase": "oil paint",
        "modelspec.author": "A",
        "modelspec.license": "B",
        "modelspec.date": "2026-01-01",
        "modelspec.title": "Paint",
        "modelspec.thumbnail": "data:image/jpeg;base64,AAAA",
        "ss_num_train_images": "12",
    }
    style = adopt(read_foreign(written(tmp_path / "x.safetensors", lora(), metadata)), BASE)
    made = style.provenance
    assert style.prompt.with_subject("a boat") == "oil paint, a boat"
    assert (made.author, made.licence, made.created) == ("A", "B", "2026-01-01")
    assert made.dataset["count"] == 12
    assert made.source["title"] == "Paint"
    assert style.thumbnail == bytes(3)


@pytest.mark.parametrize(
    "metadata",
    [
        {"ss_num_train_images": "²"},
        {"ss_num_train_images": "-1"},
        {"ss_num_train_images": "9" * 5000},
        {"modelspec.thumbnail": "data:image/jpeg;base64,A"},
        {"modelspec.thumbnail": "https://example.org/x.jpg"},
        {"modelspec.thumbnail": "data:image/jpeg;base64," + "A" * 1_000_004},
        {"modelspec.trigger_phrase": "  "},
    ],
)
def test_odd_metadata_is_passed_over(tmp_path, metadata):
    style = adopt(read_foreign(written(tmp_path / "x.safetensors", lora(), metadata)), BASE)
    assert style.provenance.dataset["count"] == 0
    assert style.thumbnail == b""
    assert style.prompt.prefix == ""


# --- folders ---


def adapter(folder, config=None, **tensors):
    folder.mkdir(parents=True)
    save_file(
        tensors
        or {
            f"base_model.model.{PROJ}.lora_A.weight": random(2, 8),
            f"base_model.model.{PROJ}.lora_B.weight": random(8, 2),
        },
        folder / "adapter_model.safetensors",
    )
    described = {"peft_type": "LORA", "r": 2, "lora_alpha": 6, **(config or {})}
    (folder / "adapter_config.json").write_text(json.dumps(described))
    return folder


def test_a_peft_folder_is_read_with_its_alpha(tmp_path):
    style = adopt(read_foreign(adapter(tmp_path / "paint")), BASE)
    assert style.name == "paint"
    assert style.provenance.source["layout"] == "peft"
    [delta] = deltas(style.tensors).values()
    product = random(8, 2).float() @ random(2, 8).float()
    torch.testing.assert_close(delta, 3 * product)


def test_its_weights_can_be_named_too(tmp_path):
    folder = adapter(tmp_path / "paint")
    one, other = read_foreign(folder), read_foreign(folder / "adapter_model.safetensors")
    assert deltas(adopt(one, BASE).tensors).keys() == deltas(adopt(other, BASE).tensors).keys()
    assert other.gathered.modules[("unet", PROJ.replace(".", "_"))].alpha == 6


def test_a_peft_folder_for_each_part_is_one_style(tmp_path):
    adapter(tmp_path / "both" / "unet")
    name = "base_model.model.encoder.layers.0.self_attn.q_proj"
    text = {f"{name}.lora_A.weight": random(2, 4), f"{name}.lora_B.weight": random(4, 2)}
    adapter(tmp_path / "both" / "text_encoder", {"lora_alpha": 2}, **text)
    style = adopt(read_foreign(tmp_path / "both"), BASE)
    assert style.parts == {"unet", "text_encoder"}


def test_a_folder_that_is_named_after_a_part_is_that_part(tmp_path):
    name = "base_model.model.text_model.encoder.layers.0.self_attn.q_proj"
    text = {f"{name}.lora_A.weight": random(2, 4), f"{name}.lora_B.weight": random(4, 2)}
    folder = adapter(tmp_path / "text_encoder_2", **text)
    for path in (folder, folder / "adapter_model.safetensors"):
        assert {part for part, _ in read_foreign(path).gathered.modules} == {"text_encoder_2"}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("{", "damaged or unreadable"),
        ("[]", "damaged or unreadable"),
        ('{"use_dora": true}', "is a DoRA"),
        ('{"peft_type": "LOHA"}', "LOHA"),
    ],
)
def test_a_damaged_or_other_configuration_is_refused(tmp_path, config, words):
    folder = adapter(tmp_path / "paint")
    (folder / "adapter_config.json").write_text(config)
    with pytest.raises(StylecliError, match=words):
        read_foreign(folder)


def test_the_file_that_a_folder_holds_is_found(tmp_path):
    written(tmp_path / "any.safetensors", lora())
    assert [found.path.name for found in weights_in(tmp_path)] == ["any.safetensors"]
    written(tmp_path / "other.safetensors", lora())
    with pytest.raises(UsageError, match=r"several files: any\.safetensors, other\.safetensors"):
        weights_in(tmp_path)
    written(tmp_path / "pytorch_lora_weights.safetensors", lora())
    assert [found.path.name for found in weights_in(tmp_path)] == [
        "pytorch_lora_weights.safetensors"
    ]


@pytest.mark.parametrize("name", ["pytorch_lora_weights.bin", "adapter_model.bin", "x.ckpt"])
def test_a_folder_with_nothing_but_pickled_weights_is_refused_for_it(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    if name.startswith("adapter"):
        (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(StyleFileError, match="pickled files can run any code"):
        read_foreign(tmp_path)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        read_foreign(tmp_path / "none.safetensors")
    with pytest.raises(UsageError, match="holds no LoRA"):
        read_foreign(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(StyleFileError, match=r"no adapter_model\.safetensors"):
        read_foreign(tmp_path)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("monet", False),
        ("monet.v1.5", False),
        ("./monet", True),
        ("monet.safetensors", True),
        ("monet.SAFETENSORS", True),
        ("monet.ckpt", True),
        ("~/monet", True),
        ("a/b", True),
        ("C:\\monet", True),
    ],
)
def test_a_place_is_told_from_a_name(text, is_one):
    assert is_place(text) is is_one


# --- whatever a file holds, nothing but our own error comes out ---


def read_or_refuse(path):
    try:
        adopt(read_foreign(path), BASE)
    except StylecliError as problem:
        assert problem.message  # noqa: PT017 - either outcome is right


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


SMALL = {key: value for key, value in lora().items() if "conv1" in key or "proj_in" in key}
SOUND = save(SMALL, metadata={"modelspec.title": "x", "lora_adapter_metadata": "{}"})


@settings(deadline=None, max_examples=2000)
@given(st.data())
def test_flipped_bits_do_no_more_than_be_refused(folder, data):
    content = bytearray(SOUND)
    header = 8 + struct.unpack("<Q", SOUND[:8])[0]
    for _ in range(data.draw(st.integers(1, 4))):
        # Half of the flips hit the header, which is the smaller part.
        limit = data.draw(st.sampled_from([header, len(content)]))
        place = data.draw(st.integers(0, limit - 1))
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    path = folder / "flipped.safetensors"
    path.write_bytes(content[: data.draw(st.integers(8, len(content)))])
    read_or_refuse(path)


@settings(deadline=None, max_examples=1000)
@given(
    st.dictionaries(
        st.sampled_from([*SMALL, "x", "lora_unet_x.dora_scale", "unet.x.lora_A.weight", ""]),
        st.tuples(
            st.lists(st.integers(0, 5), max_size=5),
            st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.int64]),
        ),
        max_size=6,
    ),
    st.dictionaries(
        st.sampled_from(
            [
                "lora_adapter_metadata",
                "modelspec.thumbnail",
                "ss_num_train_images",
                "stylecli.format",
            ]
        ),
        st.text(max_size=12),
        max_size=2,
    ),
)
def test_any_tensors_do_no_more_than_be_refused(folder, entries, metadata):
    tensors = {key: torch.ones(shape, dtype=dtype) for key, (shape, dtype) in entries.items()}
    path = folder / "shapes.safetensors"
    path.write_bytes(save(tensors, metadata=metadata))
    read_or_refuse(path)


def test_reading_writes_nothing(file):
    before = sorted(os.listdir(file.parent))
    adopt(read_foreign(file), BASE)
    assert sorted(os.listdir(file.parent)) == before


def test_a_stray_tensor_of_another_number_type_does_not_blow_the_file_up(tmp_path):
    path = written(tmp_path / "x.safetensors", lora(stray=torch.ones(2)))
    style = adopt(read_foreign(path), BASE)
    assert {value.dtype for value in style.tensors.values()} == {torch.float16}


@pytest.mark.parametrize("prefix", ["unet.", ""])
def test_diffusers_alphas_are_read_with_and_without_the_parts_name(tmp_path, prefix):
    """A pipeline's `save_lora_weights` names the part, a model's own `save_lora_adapter` does not."""
    tensors = {
        f"{prefix}{PROJ}.lora_A.weight": random(2, 8),
        f"{prefix}{PROJ}.lora_B.weight": random(8, 2),
    }
    metadata = {"lora_adapter_metadata": json.dumps({f"{prefix}lora_alpha": 6, f"{prefix}r": 2})}
    style = adopt(read_foreign(written(tmp_path / "x.safetensors", tensors, metadata)), BASE)
    [delta] = deltas(style.tensors).values()
    torch.testing.assert_close(delta, 3 * (random(8, 2).float() @ random(2, 8).float()))
