from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from stylecli.bases.base import load_base
from stylecli.bases.folder import COMPONENTS, check_whole, family_of, variant_of, weight_files
from stylecli.bases.spec import BaseSpec
from stylecli.errors import StylecliError, UsageError


@pytest.fixture
def folder(mini_folder: Path, tmp_path: Path) -> Path:
    """A copy of the miniature base, to be damaged."""
    return Path(shutil.copytree(mini_folder, tmp_path / "base"))


def set_class(folder: Path, kind: object) -> None:
    (folder / "model_index.json").write_text(json.dumps({"_class_name": kind}), encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("StableDiffusionPipeline", "sd15"),
        ("StableDiffusionImg2ImgPipeline", "sd15"),
        ("StableDiffusionXLPipeline", "sdxl"),
    ],
)
def test_the_pipeline_class_tells_the_family(tmp_path: Path, kind: str, family: str):
    set_class(tmp_path, kind)
    assert family_of(tmp_path) == family


@pytest.mark.parametrize("kind", ["FluxPipeline", ["StableDiffusionPipeline"], None])
def test_another_kind_of_pipeline_is_named(tmp_path: Path, kind: object):
    set_class(tmp_path, kind)
    with pytest.raises(UsageError, match=r"works with .*StableDiffusionPipeline") as caught:
        family_of(tmp_path)
    assert str(kind) in caught.value.message


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"{}", b"\xff\xfe\x00"])
def test_a_damaged_index_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "model_index.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"model_index\.json: damaged"):
        family_of(tmp_path)


def test_a_folder_without_index_is_no_pipeline(tmp_path: Path):
    with pytest.raises(UsageError, match="not a diffusers pipeline folder") as caught:
        family_of(tmp_path)
    assert caught.value.hint


def test_a_whole_folder_passes(folder: Path):
    check_whole(folder, "sd15")


@pytest.mark.parametrize("component", COMPONENTS["sd15"])
def test_a_missing_component_is_named(folder: Path, component: str):
    shutil.rmtree(folder / component)
    with pytest.raises(StylecliError, match=f"incomplete: {component} is missing") as caught:
        check_whole(folder, "sd15")
    assert caught.value.hint


def test_a_base_of_the_larger_family_needs_its_second_encoder(folder: Path):
    with pytest.raises(StylecliError, match="text_encoder_2"):
        check_whole(folder, "sdxl")


@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder"])
@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_truncated_weights_are_named(folder: Path, component: str, keep: int):
    [weights] = weight_files(folder / component)
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(StylecliError, match="cut short or damaged") as caught:
        check_whole(folder, "sd15")
    assert str(weights) in caught.value.message
    assert "fetch" in (caught.value.hint or "")


def test_weights_that_are_too_long_are_named(folder: Path):
    [weights] = weight_files(folder / "vae")
    weights.write_bytes(weights.read_bytes() + b"x")
    with pytest.raises(StylecliError, match="cut short or damaged"):
        check_whole(folder, "sd15")


def test_pickled_weights_do_not_count(folder: Path):
    [weights] = weight_files(folder / "unet")
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(StylecliError, match="unet"):
        check_whole(folder, "sd15")


def split(place: Path) -> tuple[Path, Path]:
    """Split a component's weights into two shards with an index, as diffusers does for large ones."""
    [whole] = weight_files(place)
    tensors = load_file(whole)
    names = sorted(tensors)
    parts = names[::2], names[1::2]
    shards = tuple(place / f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2))
    for shard, part in zip(shards, parts, strict=True):
        save_file({name: tensors[name] for name in part}, shard, metadata={"format": "pt"})
    weight_map = {
        name: shard.name for shard, part in zip(shards, parts, strict=True) for name in part
    }
    index = place / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), encoding="utf-8")
    whole.unlink()
    return shards


def test_a_sharded_base_loads_the_same_weights(folder: Path, mini_spec: BaseSpec):
    before = load_base(mini_spec, folder, "fp32", torch.device("cpu")).denoiser.state_dict()
    shards = split(folder / "unet")
    check_whole(folder, "sd15")
    assert weight_files(folder / "unet") == list(shards)
    after = load_base(mini_spec, folder, "fp32", torch.device("cpu")).denoiser.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_missing_shard_makes_the_base_incomplete(folder: Path):
    split(folder / "unet")[1].unlink()
    with pytest.raises(StylecliError, match="unet"):
        check_whole(folder, "sd15")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"weight_map": 3}'])
def test_a_damaged_shard_index_is_named(folder: Path, content: str):
    split(folder / "unet")
    index = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(content, encoding="utf-8")
    with pytest.raises(StylecliError, match=r"index\.json: damaged"):
        check_whole(folder, "sd15")


def test_the_fp16_variant_is_loaded_where_only_that_is_there(folder: Path, mini_spec: BaseSpec):
    [plain] = weight_files(folder / "unet")
    half = plain.with_name("diffusion_pytorch_model.fp16.safetensors")
    shutil.copy(plain, half)
    assert weight_files(folder / "unet") == [plain]
    assert variant_of(folder / "unet") is None
    plain.unlink()
    assert weight_files(folder / "unet") == [half]
    assert variant_of(folder / "unet") == "fp16"
    check_whole(folder, "sd15")
    assert load_base(mini_spec, folder, "fp32", torch.device("cpu")).denoiser is not None


@pytest.mark.parametrize(
    "name", ["unet/config.json", "scheduler/scheduler_config.json", "text_encoder/config.json"]
)
def test_a_damaged_configuration_is_named_when_it_is_loaded(
    folder: Path, mini_spec: BaseSpec, name: str
):
    (folder / name).write_text("{", encoding="utf-8")
    opened = load_base(mini_spec, folder, "fp32", torch.device("cpu"))
    with pytest.raises(UsageError, match="cannot be loaded") as caught:
        _ = (opened.denoiser, opened.scheduler_config, opened.text_encoder)
    assert str(folder / name.partition("/")[0]) in caught.value.message
