import base64
import hashlib
import json
import os
import struct
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from stylecli.errors import StylecliError
from stylecli.loras.kohya import to_kohya
from stylecli.loras.module import LoraModule
from stylecli.styles.format import read_metadata, read_style, write_style
from stylecli.styles.header import MAX_FILE, StyleFileError
from stylecli.styles.metadata import style_metadata as metadata_with
from stylecli.styles.style import Prompt, Provenance, Style

MODULES = ("down_blocks.0.attentions.0.to_q", "mid_block.attentions.0.proj_in")
KEYS = ("lora_unet_down_blocks_0_attentions_0_to_q", "lora_unet_mid_block_attentions_0_proj_in")


def make_style(**changes):
    generator = torch.Generator().manual_seed(7)
    modules = {
        path: LoraModule(
            torch.randn(2, 6, generator=generator), torch.randn(4, 2, generator=generator), 3.0
        )
        for path in MODULES
    }
    style = Style(
        name="monet",
        method="lora-sdedit",
        family="sd15",
        tensors=to_kohya(
            {"unet": modules}, "sd15", {"unet": dict.fromkeys(MODULES, (4, 6))}, torch.float16
        ),
        prompt=Prompt("A Monet painting,", "**"),
        transfer={"strength": 0.6, "guidance": 7.5, "scheduler": "ddim"},
        provenance=Provenance(
            base="sd15",
            base_hash="ab" * 32,
            options={"rank": 2, "epochs": None, "crop": "zufällig"},
            dataset={"count": 6, "fingerprint": "cd" * 32},
            training={"steps": 3, "final_loss": 0.25},
            resolution=512,
            created="2026-01-02T03:04:05+00:00",
            version="0.1.0",
            author="Ada",
            licence="CC0-1.0",
            tags={"sea": 3, "water lilies": 2},
            source={"name": "x", "left_out": []},
        ),
        thumbnail=b"\xff\xd8 a small JPEG",
    )
    return replace(style, **changes)


def style_metadata(style):
    return metadata_with(style, "ab" * 32)


def provenance(**changes):
    return replace(make_style().provenance, **changes)


def file_of(header, data=b"", metadata=None, length=None):
    """A safetensors file by hand."""
    if not isinstance(header, bytes):
        whole = {"__metadata__": style_metadata(make_style()) if metadata is None else metadata}
        header = json.dumps({**whole, **header}).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(begin, end, shape=(1,), dtype="F16"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("styles")


@pytest.fixture(scope="module")
def sound(folder):
    write_style(make_style(), folder / "sound.safetensors")
    return (folder / "sound.safetensors").read_bytes()


# --- what is written ---


@pytest.mark.parametrize(
    "style",
    [
        make_style(),
        make_style(prompt=Prompt(), transfer={}, thumbnail=b"", provenance=Provenance()),
        make_style(family="sdxl", provenance=provenance(prediction_type="v_prediction")),
        make_style(provenance=provenance(base="tiny", embedded=True)),
    ],
    ids=["full", "bare", "sdxl", "embedded"],
)
def test_a_style_comes_back_whole(tmp_path, style):
    path = tmp_path / "monet.safetensors"
    write_style(style, path)
    again = read_style(path)
    assert replace(again, tensors={}) == replace(style, tensors={})
    assert set(again.tensors) == set(style.tensors)
    for key, tensor in style.tensors.items():
        assert again.tensors[key].dtype == tensor.dtype
        assert torch.equal(again.tensors[key], tensor)


def test_the_name_is_the_files(tmp_path):
    write_style(make_style(), tmp_path / "renoir.v2.safetensors")
    assert read_style(tmp_path / "renoir.v2.safetensors").name == "renoir.v2"


def test_the_same_style_gives_the_same_bytes(tmp_path):
    style = make_style()
    backwards = dict(reversed(style.tensors.items()))
    for name, tensors in (("a", style.tensors), ("b", backwards), ("c", style.tensors)):
        write_style(replace(style, tensors=tensors), tmp_path / name)
    contents = {(tmp_path / name).read_bytes() for name in "abc"}
    assert len(contents) == 1
    write_style(make_style(prompt=Prompt("Other")), tmp_path / "d")
    assert (tmp_path / "d").read_bytes() not in contents


def test_stock_safetensors_reads_the_file_and_finds_kohyas_keys(tmp_path):
    write_style(make_style(), tmp_path / "a.safetensors")
    with safe_open(tmp_path / "a.safetensors", "pt") as file:
        assert set(file.keys()) == {
            key + part
            for key in KEYS
            for part in (".lora_down.weight", ".lora_up.weight", ".alpha")
        }
        for key in KEYS:
            assert file.get_tensor(f"{key}.alpha").shape == ()
            assert file.get_tensor(f"{key}.alpha") == 3
            assert file.get_tensor(f"{key}.lora_down.weight").dtype == torch.float16
        metadata = file.metadata()
    written = (tmp_path / "a.safetensors").read_bytes()
    data = written[8 + struct.unpack("<Q", written[:8])[0] :]
    assert metadata == metadata_with(make_style(), hashlib.sha256(data).hexdigest())


def test_metadata_is_what_other_programs_look_for():
    metadata = style_metadata(make_style())
    assert all(isinstance(value, str) for value in metadata.values())
    assert list(metadata) == sorted(metadata)
    assert metadata["modelspec.sai_model_spec"].startswith("1.0")
    assert metadata["modelspec.architecture"] == "stable-diffusion-v1/lora"
    assert metadata["modelspec.implementation"] == "diffusers"
    assert metadata["modelspec.title"] == "monet"
    assert metadata["modelspec.date"] == "2026-01-02T03:04:05+00:00"
    assert metadata["modelspec.resolution"] == "512x512"
    assert metadata["modelspec.prediction_type"] == "epsilon"
    assert metadata["modelspec.trigger_phrase"] == "A Monet painting"
    kind, _, data = metadata["modelspec.thumbnail"].partition(",")
    assert (kind, base64.b64decode(data)) == ("data:image/jpeg;base64", b"\xff\xd8 a small JPEG")
    assert metadata["ss_network_module"] == "networks.lora"
    assert metadata["ss_network_dim"] == "2"
    assert metadata["ss_network_alpha"] == "3"
    assert metadata["ss_base_model_version"] == "sd_v1"
    assert metadata["ss_sd_model_name"] == "sd15"
    assert metadata["ss_resolution"] == "(512, 512)"
    assert metadata["ss_num_train_images"] == "6"
    assert metadata["ss_steps"] == "3"
    assert metadata["ss_output_name"] == "monet"
    assert json.loads(metadata["ss_tag_frequency"]) == {"monet": {"sea": 3, "water lilies": 2}}
    assert metadata["modelspec.author"] == "Ada"
    assert metadata["modelspec.license"] == "CC0-1.0"


def test_metadata_keeps_how_the_style_was_made():
    metadata, made = style_metadata(make_style()), make_style().provenance
    assert metadata["stylecli.format"] == "1"
    assert metadata["stylecli.method"] == "lora-sdedit"
    assert metadata["stylecli.version"] == "0.1.0"
    assert metadata["stylecli.family"] == "sd15"
    assert metadata["stylecli.base"] == "sd15"
    assert metadata["stylecli.base_hash"] == "ab" * 32
    assert json.loads(metadata["stylecli.options"]) == made.options
    assert json.loads(metadata["stylecli.prompt"]) == {"prefix": "A Monet painting,", "token": "**"}
    assert json.loads(metadata["stylecli.transfer"]) == make_style().transfer
    assert json.loads(metadata["stylecli.dataset"]) == made.dataset
    assert json.loads(metadata["stylecli.training"]) == made.training


def test_the_entry_that_diffusers_refuses_beside_alphas_is_not_written():
    assert "lora_adapter_metadata" not in style_metadata(make_style())


@pytest.mark.parametrize(
    ("family", "embedded", "architecture", "version"),
    [
        ("sd15", False, "stable-diffusion-v1/lora", "sd_v1"),
        ("sdxl", False, "stable-diffusion-xl-v1-base/lora", "sdxl_base_v1-0"),
        ("sd15", True, "stylecli-tiny/lora", "stylecli_tiny"),
        ("sdxl", True, "stylecli-tiny-xl/lora", "stylecli_tiny"),
    ],
)
def test_a_style_of_an_embedded_base_is_not_taken_for_one_of_the_real_model(
    family, embedded, architecture, version
):
    metadata = style_metadata(make_style(family=family, provenance=provenance(embedded=embedded)))
    assert metadata["modelspec.architecture"] == architecture
    assert metadata["ss_base_model_version"] == version


def test_what_is_no_lora_does_not_say_it_is():
    metadata = style_metadata(
        make_style(tensors={"stylecli.lsast.prompts": torch.zeros(10, 3, 8)}, method="lsast")
    )
    assert metadata["modelspec.architecture"] == "stable-diffusion-v1/lsast"
    assert "No LoRA" in metadata["modelspec.description"]
    assert not {"ss_network_module", "ss_network_dim", "ss_network_alpha"} & set(metadata)


def test_the_hash_is_of_all_that_stands_behind_the_header(tmp_path):
    """ModelSpec's and kohya's hash both: what a program computes that knows the file alone."""

    def hash_of(**changes):
        path = tmp_path / "a.safetensors"
        write_style(make_style(**changes), path)
        content = path.read_bytes()
        data = content[8 + int.from_bytes(content[:8], "little") :]
        metadata = read_metadata(path)
        assert metadata["sshs_model_hash"] == hashlib.sha256(data).hexdigest()
        assert metadata["modelspec.hash_sha256"] == "0x" + metadata["sshs_model_hash"]
        return metadata["sshs_model_hash"]

    tensors = dict(make_style().tensors)
    assert hash_of() == hash_of(name="other", prompt=Prompt("x"))
    tensors[f"{KEYS[0]}.alpha"] = torch.tensor(4.0, dtype=torch.float16)
    assert hash_of(tensors=tensors) != hash_of()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_all_three_number_types_come_back(tmp_path, dtype):
    tensors = {key: tensor.to(dtype) for key, tensor in make_style().tensors.items()}
    write_style(make_style(tensors=tensors), tmp_path / "a.safetensors")
    again = read_style(tmp_path / "a.safetensors").tensors
    assert all(torch.equal(again[key], tensor) for key, tensor in tensors.items())


def test_a_view_of_a_larger_tensor_is_written_as_it_looks(tmp_path):
    tensors = {"stylecli.lsast.prompts": torch.arange(12.0).reshape(3, 4).T}
    write_style(make_style(tensors=tensors), tmp_path / "a.safetensors")
    assert torch.equal(
        read_style(tmp_path / "a.safetensors").tensors["stylecli.lsast.prompts"],
        tensors["stylecli.lsast.prompts"],
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_diverged_style_is_not_written(tmp_path, value):
    tensors = {**make_style().tensors, f"{KEYS[0]}.lora_up.weight": torch.full((4, 2), value)}
    with pytest.raises(StylecliError, match=f"{KEYS[0]}.lora_up.weight has values"):
        write_style(make_style(tensors=tensors), tmp_path / "a.safetensors")
    assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "a.safetensors"
    with pytest.raises(StylecliError) as caught:
        write_style(make_style(), path)
    assert str(path) in caught.value.message


def test_a_trained_style_holds_no_path_of_this_machine(trained, home, mini_folder, paintings):
    content = (home / "styles" / f"{trained}.safetensors").read_bytes()
    for path in (mini_folder, paintings, home):
        assert str(path).encode() not in content
        assert str(path.parent).encode() not in content


# --- what is refused ---


def refusal(path, content=None):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StyleFileError) as caught:
        read_style(path)
    return caught.value.message.replace(str(path), "PATH")


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".pth", ".bin", ".pkl", ".PT"])
def test_pickled_files_are_refused_by_their_name_unread(tmp_path, suffix):
    message = refusal(tmp_path / f"style{suffix}")
    assert message.startswith("PATH: pickled files can run any code")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert refusal(tmp_path / "none.safetensors").startswith("PATH: cannot be read (No such file")
    assert refusal(tmp_path).startswith("PATH: cannot be read")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not a safetensors file (0 bytes)"),
        (b"short", "not a safetensors file (5 bytes)"),
        (struct.pack("<Q", 9 * 10**12) + bytes(3000), "header claims 9 TB, file has 3 kB"),
        (file_of({}, length=10**6), "not a safetensors file (header claims 1 MB"),
        (b"\xff" * 100, "not a safetensors file (header claims"),
        (file_of(b"{broken"), "header is no JSON"),
        (file_of(b"\xff\xfe\xfd"), "header is no JSON"),
        (file_of(b"[" * 100_000), "header is no JSON"),
        (file_of(b"[1, 2]"), "header is no JSON object"),
        (file_of(b"{}"), "not made by stylecli"),
        (file_of({}, metadata={}), "not made by stylecli"),
        (file_of({}, metadata={"stylecli.format": 1}), "damaged metadata"),
        (file_of({}, metadata=[]), "damaged metadata"),
    ],
)
def test_what_is_no_style_file_is_refused_with_the_reason(tmp_path, content, complaint):
    message = refusal(tmp_path / "a.safetensors", content)
    assert message.startswith("PATH: ")
    assert complaint in message


@pytest.mark.parametrize("version", ["2", "10", "²", "-1", "", "1.0", "9" * 5000, "new"])
def test_another_format_is_refused_naming_both(tmp_path, version):
    metadata = {**style_metadata(make_style()), "stylecli.format": version}
    message = refusal(tmp_path / "a.safetensors", file_of({}, metadata=metadata))
    assert f"style format {version}; this stylecli reads up to 1" in message


def test_a_file_of_enormous_size_is_refused_unread(tmp_path, sound):
    path = tmp_path / "a.safetensors"
    path.write_bytes(sound)
    os.truncate(path, MAX_FILE + 1)
    assert "4 GB; style files of more than 4 GB are not read" in refusal(path)


def test_a_header_above_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", 26_000_000))
    os.truncate(path, 30_000_000)
    assert "header claims 26 MB" in refusal(path)


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ({"a": entry(0, 2), "b": entry(2, 6, (2,))}, "b lies outside the file"),
        ({"a": entry(-2, 0)}, "a lies outside the file"),
        ({"a": entry(4, 2)}, "a lies outside the file"),
        ({"a": entry(0.0, 2.0)}, "a lies outside the file"),
        ({"a": entry("0", "2")}, "a lies outside the file"),
        ({"a": entry(False, 2)}, "a lies outside the file"),
        ({"a": entry(0, 4, (2,)), "b": entry(2, 4)}, "overlap"),
        ({"a": entry(0, 4, (2,)), "b": entry(0, 4, (2,))}, "overlap"),
        ({"a": entry(0, 4, (3,))}, "a has not the size of its shape [3]"),
        ({"a": entry(0, 4, (10**30, 10**30))}, "a has not the size of its shape"),
        ({"a": entry(2, 4)}, "damaged"),
        ({"a": entry(0, 4, (1,), "I32")}, "a is of type I32; a style holds F16, BF16 or F32"),
        ({"a": entry(0, 4, (4,), "F8_E4M3")}, "a is of type F8_E4M3"),
        ({"a": entry(0, 4, (2,), ["F16"])}, "damaged entry 'a'"),
        ({"a": entry(0, 4, (-2, -1))}, "damaged entry 'a'"),
        ({"a": entry(0, 0, (0, *[9] * 50_000))}, "damaged entry 'a'"),
        ({"a": entry(0, 4, ("2",))}, "damaged entry 'a'"),
        ({"a": entry(0, 4, (1e400,))}, "damaged entry 'a'"),
        ({"a": {**entry(0, 4), "shape": "2"}}, "damaged entry 'a'"),
        ({"a": {**entry(0, 4), "data_offsets": [0]}}, "damaged entry 'a'"),
        ({"a": {"dtype": "F16", "shape": [2]}}, "damaged entry 'a'"),
        ({"a": None}, "damaged entry 'a'"),
        ({"a": []}, "damaged entry 'a'"),
        ({"\ud800": entry(0, 4, (2,))}, "damaged"),
    ],
)
def test_damaged_entries_are_refused_by_name(tmp_path, entries, complaint):
    message = refusal(tmp_path / "a.safetensors", file_of(entries, bytes(4)))
    assert message.startswith("PATH: ")
    assert complaint in message


@pytest.mark.parametrize("value", [0x7E00, 0x7C00, 0xFC00])
def test_values_that_are_not_finite_are_refused(tmp_path, value):
    content = file_of({"a": entry(0, 4, (2,))}, struct.pack("<2H", 0, value))
    assert refusal(tmp_path / "a.safetensors", content).startswith(
        "PATH: a has values that are not finite"
    )


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, sound, share):
    message = refusal(tmp_path / "a.safetensors", sound[: int(len(sound) * share)])
    assert "not a safetensors file" in message or "truncated" in message


def test_a_file_with_more_than_its_tensors_is_refused(tmp_path, sound):
    assert "damaged" in refusal(tmp_path / "a.safetensors", sound + b"more")


@pytest.mark.parametrize(
    "key",
    [
        "stylecli.prompt",
        "stylecli.base",
        "stylecli.base_hash",
        "stylecli.options",
        "stylecli.dataset",
        "stylecli.training",
        "stylecli.transfer",
        "stylecli.method",
        "stylecli.family",
        "stylecli.version",
        "modelspec.date",
    ],
)
def test_missing_metadata_is_named(tmp_path, key):
    metadata = style_metadata(make_style())
    del metadata[key]
    message = refusal(tmp_path / "monet.safetensors", file_of({}, metadata=metadata))
    assert "monet: damaged style metadata" in message
    assert key in message


@pytest.mark.parametrize("value", ["", "{", "5", "null", "[]", '"text"', "[" * 50_000])
@pytest.mark.parametrize(
    "key",
    [
        "stylecli.prompt",
        "stylecli.options",
        "stylecli.dataset",
        "stylecli.training",
        "stylecli.transfer",
    ],
)
def test_metadata_that_is_no_json_object_is_refused(tmp_path, key, value):
    metadata = {**style_metadata(make_style()), key: value}
    message = refusal(tmp_path / "monet.safetensors", file_of({}, metadata=metadata))
    assert "monet: damaged style metadata" in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("modelspec.resolution", "large"),
        ("modelspec.thumbnail", "data:image/jpeg;base64,A"),
        ("stylecli.embedded", "perhaps"),
        ("stylecli.family", "sd9"),
        ("stylecli.source", "[]"),
        ("stylecli.source", '{"merged": 5}'),
        ("stylecli.source", '{"merged": ["x"]}'),
        ("stylecli.source", '{"left_out": [1]}'),
        ("ss_tag_frequency", '{"a": {"b": Infinity}}'),
        ("ss_tag_frequency", "[" * 50_000),
        ("ss_tag_frequency", "5"),
        ("ss_tag_frequency", '{"a": {"b": "many"}}'),
    ],
)
def test_other_damaged_metadata_is_refused(tmp_path, key, value):
    metadata = {**style_metadata(make_style()), key: value}
    assert "damaged style metadata" in refusal(
        tmp_path / "a.safetensors", file_of({}, metadata=metadata)
    )


def test_metadata_is_read_without_the_tensors(tmp_path):
    content = file_of({"a": entry(0, 2)}, struct.pack("<H", 0x7E00))
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    assert read_metadata(path) == style_metadata(make_style())


def read_or_refuse(path):
    for read in (read_style, read_metadata):
        try:
            read(path)
        except StylecliError as problem:
            assert path.stem in problem.message  # noqa: PT017 - either outcome is right


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(file_of))
def test_random_bytes_do_no_more_than_be_refused(folder, content):
    path = folder / "random.safetensors"
    path.write_bytes(content)
    read_or_refuse(path)


@settings(deadline=None, max_examples=2000)
@given(st.data())
def test_flipped_bits_do_no_more_than_be_refused(folder, sound, data):
    content = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path = folder / "flipped.safetensors"
    path.write_bytes(content[: data.draw(st.integers(8, len(content)))])
    read_or_refuse(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(deadline=None, max_examples=1000)
@given(
    st.dictionaries(
        st.text(max_size=3),
        json_values
        | st.fixed_dictionaries(
            {
                "dtype": st.sampled_from(["F16", "BF16", "F32", "I8"]) | json_values,
                "shape": st.lists(st.integers(-1, 4), max_size=2) | json_values,
                "data_offsets": st.lists(st.integers(-1, 16), min_size=2, max_size=2) | json_values,
            }
        ),
        max_size=3,
    ),
    st.dictionaries(st.sampled_from(sorted(style_metadata(make_style()))), json_values, max_size=2),
)
def test_random_headers_do_no_more_than_be_refused(folder, entries, changes):
    metadata = {**style_metadata(make_style()), **changes}
    path = folder / "header.safetensors"
    path.write_bytes(file_of(entries, bytes(16), metadata=metadata))
    read_or_refuse(path)


def test_reading_changes_nothing(folder, sound):
    path = folder / "sound.safetensors"
    before = hashlib.sha256(sound).hexdigest()
    read_style(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
