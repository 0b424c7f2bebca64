from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

import stylecli
from stylecli.bases.base import Base
from stylecli_sdxl_lora.perceptual import perceptual_term
from stylecli_sdxl_lora.perceptual_network import load_network

CPU = torch.device("cpu")


def resnet():
    from transformers import ResNetConfig, ResNetModel

    return ResNetModel(
        ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")
    )


def convnext():
    from transformers import ConvNextConfig, ConvNextModel

    return ConvNextModel(ConvNextConfig(hidden_sizes=[8, 8, 12, 12], depths=[1, 1, 1, 1]))


def dinov2():
    from transformers import Dinov2Config, Dinov2Model

    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    return Dinov2Model(Dinov2Config(image_size=56, patch_size=8, **sizes))


def clip():
    from transformers import CLIPConfig, CLIPModel

    sizes = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    seeing = {**sizes, "image_size": 32, "patch_size": 8, "initializer_factor": 10.0}
    reading = {**sizes, "vocab_size": 99, "bos_token_id": 1, "eos_token_id": 2}
    return CLIPModel(CLIPConfig(text_config=reading, vision_config=seeing))


def written(make, folder: Path, **preparation: object) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        make().save_pretrained(folder)
    told = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.2, 0.3], "size": {"height": 32}}
    (folder / "preprocessor_config.json").write_text(json.dumps({**told, **preparation}))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(resnet, tmp_path / "resnet")


def pictures(seed: int = 0) -> torch.Tensor:
    return torch.rand(2, 3, 40, 56, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("make", [resnet, convnext, dinov2, clip])
def test_networks_of_several_kinds_tell_pictures_apart(make, tmp_path: Path):
    distance = load_network(str(written(make, tmp_path / "model")), CPU, stylecli.silent)
    one = pictures(0).requires_grad_()
    assert distance(one, one.detach()).tolist() == pytest.approx([0, 0], abs=1e-6)
    near, far = distance(one * 0.9, one.detach()), distance(pictures(1), one.detach())
    assert (near > 0).all()
    assert (far > near).all()
    assert (far < 2).all()
    (gradient,) = torch.autograd.grad(distance(one, pictures(1)).sum(), one)
    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


def test_the_network_is_given_pixels_as_it_was_trained_with(folder: Path, monkeypatch):
    from transformers import ResNetModel

    given, forward = [], ResNetModel.forward
    monkeypatch.setattr(
        ResNetModel,
        "forward",
        lambda self, pixel_values, **rest: (
            given.append(pixel_values) or forward(self, pixel_values, **rest)
        ),
    )
    distance = load_network(str(folder), CPU, stylecli.silent)
    grey = torch.zeros(1, 3, 64, 64)
    distance(grey, grey)
    assert given[-1].shape == (1, 3, 32, 32)
    assert given[-1][0, :, 3, 3].tolist() == pytest.approx([0, 0.5, 2 / 3], abs=1e-5)


def test_what_the_network_sees_is_added_to_the_term(mini_base: Base, folder: Path):
    random = torch.Generator().manual_seed(1)
    latents = torch.randn(2, 4, 16, 16, generator=random)
    clean = latents + torch.randn(latents.shape, generator=random)
    given = stylecli.Estimate(clean, latents, torch.tensor([1.0, 0.5]), torch.Generator())
    added = perceptual_term(mini_base, 2.0, str(folder))(given) - perceptual_term(mini_base, 2.0)(
        given
    )
    distance = load_network(str(folder), CPU, stylecli.silent)
    seen = distance(mini_base.decode(clean), mini_base.decode(latents))
    assert torch.allclose(added, seen * torch.tensor([2.0, 1.0]), rtol=1e-3)


def refusal(base: Base, name: object) -> str:
    with pytest.raises(stylecli.UsageError) as caught:
        perceptual_term(base, 1.0, str(name))
    assert caught.value.message.startswith("--perceptual-network: ")
    assert caught.value.hint
    return caught.value.message


def test_a_folder_that_is_none_is_named(mini_base: Base, tmp_path: Path):
    assert "'no such place' is no folder here" in refusal(mini_base, "no such place")
    assert f"{tmp_path}: not such a model" in refusal(mini_base, tmp_path)


def test_weights_that_can_run_code_are_refused(mini_base: Base, folder: Path):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "pickled (pytorch_model.bin)" in refusal(mini_base, folder)


def test_a_model_with_code_of_its_own_is_refused(mini_base: Base, folder: Path):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "x.Y"}}))
    assert "code of its own" in refusal(mini_base, folder)


def test_weights_that_are_not_whole_are_refused(mini_base: Base, folder: Path):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    lost = next(key for key in tensors if "convolution.weight" in key)
    del tensors[lost]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert f"not whole; 1 tensors are missing or of another shape, such as {lost!r}" in refusal(
        mini_base, folder
    )


@pytest.mark.parametrize("broken", ["{", "[]", "{}", '{"image_mean": [1], "image_std": "x"}'])
def test_a_broken_preparation_is_named(mini_base: Base, folder: Path, broken: str):
    (folder / "preprocessor_config.json").write_text(broken)
    assert f"{folder / 'preprocessor_config.json'}: " in refusal(mini_base, folder)


def test_a_model_that_sees_nothing_is_refused(mini_base: Base, mini_folder: Path, tmp_path: Path):
    folder = tmp_path / "reader"
    shutil.copytree(mini_folder / "text_encoder", folder)
    (folder / "preprocessor_config.json").write_text(
        '{"image_mean": [0, 0, 0], "image_std": [1, 1, 1], "size": 32}'
    )
    assert f"{folder}: gives no hidden states of pictures" in refusal(mini_base, folder)
