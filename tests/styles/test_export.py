"""Beside these: tests/interop, where stock diffusers and peft load what is exported."""

import json
import os
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from stylecli.errors import StylecliError, UsageError
from stylecli.loras.kohya import to_kohya
from stylecli.loras.module import LoraModule
from stylecli.styles.export import export_style
from stylecli.styles.format import read_style
from stylecli.styles.style import Prompt, Provenance, Style

SHAPES = {
    "unet": {"mid_block.attentions.0.proj_in": (8, 8), "mid_block.resnets.0.conv1": (8, 4, 3, 3)},
    "text_encoder": {
        f"encoder.layers.0.self_attn.{name}": (4, 4)
        for name in ("q_proj", "k_proj", "v_proj", "out_proj")
    },
    "vae": {"decoder.conv_in": (4, 4, 3, 3)},
}


def module(shape, rank):
    out, *rest = shape
    ones = (1,) * len(rest[1:])
    return LoraModule(torch.ones(rank, *rest), torch.ones(out, rank, *ones), 3.0)


def style(*parts, **changes):
    lora = {
        part: {
            path: module(shape, rank) for rank, (path, shape) in enumerate(SHAPES[part].items(), 1)
        }
        for part in parts
    }
    made = Style(
        name="monet",
        method="any",
        family="sd15",
        tensors=to_kohya(lora, "sd15", SHAPES, torch.float16),
        prompt=Prompt("A Monet painting,"),
        provenance=Provenance(base="sd15", author="A", licence="B"),
    )
    return replace(made, **changes)


def keys(path):
    with safe_open(path, "pt") as file:
        return set(file.keys()), file.metadata()


def test_kohyas_file_is_the_style_without_what_is_ours_alone(tmp_path):
    done = export_style(style("unet", "vae"), tmp_path / "a.safetensors", "kohya", SHAPES)
    assert done.left_out == ("the VAE's part (1 module)",)
    assert read_style(done.path).tensors.keys() == style("unet").tensors.keys()
    assert read_style(done.path).prompt == Prompt("A Monet painting,")


def test_diffusers_file_says_everything_in_its_tensors(tmp_path):
    done = export_style(
        style("unet", "text_encoder"), tmp_path / "a.safetensors", "diffusers", SHAPES
    )
    assert done.left_out == ("how it was trained, and the options that suit it",)
    found, metadata = keys(done.path)
    assert {key.split(".lora_")[0] for key in found} == {
        *(f"unet.{path}" for path in SHAPES["unet"]),
        *(f"text_encoder.text_model.{path}" for path in SHAPES["text_encoder"]),
    }
    assert "lora_adapter_metadata" not in metadata
    assert not any(key.startswith(("stylecli.", "ss_")) for key in metadata)
    assert metadata["modelspec.trigger_phrase"] == "A Monet painting"
    assert (metadata["modelspec.author"], metadata["modelspec.license"]) == ("A", "B")


def test_pefts_folder_has_one_adapter_for_each_part(tmp_path):
    done = export_style(style("unet", "text_encoder"), tmp_path / "out", "peft", SHAPES)
    assert sorted(os.listdir(done.path)) == ["text_encoder", "unet"]
    assert "the words before the prompt: A Monet painting," in done.left_out
    config = json.loads((done.path / "unet" / "adapter_config.json").read_text())
    assert config["peft_type"] == "LORA"
    assert (config["r"], config["lora_alpha"]) == (2, 2)
    assert (
        config["rank_pattern"] == config["alpha_pattern"] == {"mid_block.attentions.0.proj_in": 1}
    )
    assert config["base_model_name_or_path"] is None
    found, _ = keys(done.path / "unet" / "adapter_model.safetensors")
    assert all(key.startswith("base_model.model.mid_block.") for key in found)


@pytest.mark.parametrize("layout", ["kohya", "diffusers", "peft"])
@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("fp16", torch.float16), ("bf16", torch.bfloat16), ("fp32", torch.float32)],
)
def test_the_number_type_is_the_one_asked_for(tmp_path, layout, precision, dtype):
    done = export_style(style("unet"), tmp_path / "a.safetensors", layout, SHAPES, precision)
    path = done.path / "unet" / "adapter_model.safetensors" if layout == "peft" else done.path
    with safe_open(path, "pt") as file:
        assert {file.get_tensor(key).dtype for key in file.keys()} == {dtype}  # noqa: SIM118


@pytest.mark.parametrize("layout", ["kohya", "diffusers", "peft"])
def test_the_same_style_gives_the_same_bytes(tmp_path, layout):
    contents = []
    for name in ("a.safetensors", "b.safetensors"):
        path = export_style(style("unet"), tmp_path / name, layout, SHAPES).path
        files = [path] if path.is_file() else sorted(path.rglob("*.*"))
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("layout", ["kohya", "diffusers", "peft"])
def test_what_is_no_lora_for_others_is_refused_and_nothing_written(tmp_path, layout):
    prompts = style("unet", tensors={"stylecli.lsast.prompts": torch.ones(30, 8)})
    with pytest.raises(UsageError, match=r"'monet' is no LoRA \(method any\)"):
        export_style(prompts, tmp_path / "a.safetensors", layout, SHAPES)
    with pytest.raises(UsageError, match="changes only the VAE"):
        export_style(style("vae"), tmp_path / "a.safetensors", layout, SHAPES)
    assert os.listdir(tmp_path) == []


def test_a_base_that_it_does_not_fit_is_refused(tmp_path):
    shapes = {**SHAPES, "unet": dict.fromkeys(SHAPES["unet"], (9, 9))}
    with pytest.raises(UsageError, match="does not fit this base"):
        export_style(style("unet"), tmp_path / "a.safetensors", "kohya", shapes)


def test_a_place_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    for layout in ("kohya", "diffusers", "peft"):
        with pytest.raises(StylecliError, match="cannot be written"):
            export_style(style("unet"), tmp_path / "file" / "a", layout, SHAPES)


def test_an_existing_folder_keeps_what_else_is_in_it(tmp_path):
    (tmp_path / "out" / "unet").mkdir(parents=True)
    (tmp_path / "out" / "unet" / "notes.txt").write_text("mine")
    export_style(style("unet"), tmp_path / "out", "peft", SHAPES)
    assert sorted(os.listdir(tmp_path / "out" / "unet")) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "notes.txt",
    ]


def test_an_export_over_an_older_one_leaves_nothing_of_it(tmp_path):
    export_style(style("unet", "text_encoder"), tmp_path / "out", "peft", SHAPES)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    export_style(style("unet"), tmp_path / "out", "peft", SHAPES)
    left = sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert left == ["adapter_config.json", "adapter_model.safetensors", "notes.txt"]


@pytest.mark.parametrize("layout", ["kohya", "diffusers", "peft"])
def test_values_that_the_number_type_does_not_hold_are_named(tmp_path, layout):
    tensors = {
        key: value.bfloat16() * (1 if key.endswith("alpha") else 1e30)
        for key, value in style("unet").tensors.items()
    }
    with pytest.raises(StylecliError, match=r"monet: .* has values that are not finite") as caught:
        export_style(style("unet", tensors=tensors), tmp_path / "a", layout, SHAPES)
    assert "bf16" in caught.value.hint
    assert os.listdir(tmp_path) == []


def test_small_matrices_survive_half_precision(tmp_path):
    """alpha 1 at rank 128 and ups of 1e-4: folded into one matrix, fp16 would lose a fiftieth."""
    generator = torch.Generator().manual_seed(0)
    module = LoraModule(
        torch.randn(128, 8, generator=generator),
        torch.randn(8, 128, generator=generator) * 1e-4,
        1.0,
    )
    path = "mid_block.attentions.0.proj_in"
    tensors = to_kohya({"unet": {path: module}}, "sd15", SHAPES, torch.float32)
    done = export_style(style("unet", tensors=tensors), tmp_path / "a", "diffusers", SHAPES)
    with safe_open(done.path, "pt") as file:
        down, up = (file.get_tensor(f"unet.{path}.lora_{end}.weight").float() for end in "AB")
    assert (up @ down - module.delta()).norm() / module.delta().norm() < 2e-3
