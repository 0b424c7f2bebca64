"""LoRAs on several parts that learn together, and what their gradients go through."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylecli.bases.base import Base, load_base
from stylecli.bases.device import matrix_products
from stylecli.bases.learning import Loras
from stylecli.bases.lora import LoraShape, add_lora, remove_lora
from stylecli.bases.spec import BaseSpec

SHAPES = {
    "unet": LoraShape(2, 2, 0.0, ("to_q",)),
    "text_encoder": LoraShape(3, 3, 0.0, ("q_proj",)),
}


@pytest.fixture
def base(mini_spec: BaseSpec, mini_folder: Path) -> Base:
    return load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))


def test_each_is_what_it_is_alone(base: Base, mini_spec: BaseSpec, mini_folder: Path):
    together = Loras(base, SHAPES, 5)
    assert set(together.modules()) == set(SHAPES)
    other = load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))
    for part, shape in SHAPES.items():
        alone = add_lora(other, shape, 5, part)
        ours, theirs = together.named_parameters(part), alone.named_parameters()
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
    assert len(together.named_parameters()) == sum(
        len(together.named_parameters(part)) for part in SHAPES
    )


def test_parts_work_as_in_training_only_inside(base: Base):
    loras = Loras(base, SHAPES, 5)

    def modes() -> tuple[bool, bool, bool]:
        denoiser, encoder = base.denoiser, base.text_encoder
        return denoiser.training, encoder.training, denoiser.is_gradient_checkpointing

    with loras.training(checkpointing=True):
        assert modes() == (True, True, True)
        with loras.in_use():
            assert modes()[:2] == (False, False)
        assert modes() == (True, True, True)
    assert modes() == (False, False, False)


def test_the_autoencoder_learns_without_the_denoiser(base: Base):
    loras = Loras(base, {"vae": LoraShape(2, 2, 0.0, ("to_q",))}, 5)
    with loras.training(checkpointing=True):
        assert base.vae.training
    assert base.loaded == ["vae"]


def test_what_is_frozen_outlives_the_models(base: Base):
    loras = Loras(base, SHAPES, 5)
    kept, live = loras.frozen(), loras.modules()
    with torch.no_grad():
        for value in loras.named_parameters().values():
            value.add_(1)
    for part, changes in kept.items():
        for path, module in changes.items():
            assert torch.allclose(module.up, torch.zeros_like(module.up))
            assert torch.allclose(live[part][path].up, torch.ones_like(module.up))
    remove_lora(base)


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_checkpointed_gradients_are_the_same(base: Base, part: str):
    """Also where they begin behind frozen embeddings."""

    def gradients(on: bool) -> dict[str, torch.Tensor]:
        lora = add_lora(base, SHAPES[part], 5, part)
        values = lora.named_parameters()
        with torch.no_grad():
            for number, value in enumerate(values.values()):
                value.copy_(
                    torch.randn(value.shape, generator=torch.Generator().manual_seed(number))
                )
        base.train(part)
        base.checkpoint_gradients(part, on=on)
        told = base.contexts(["a house by the sea"], trainable=True)
        noisy = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(9))
        base.predict(noisy, torch.tensor([300]), told).pow(2).sum().backward()
        base.checkpoint_gradients(part, on=False)
        base.train(part, False)
        return {name: value.grad.clone() for name, value in values.items()}

    plain, spared = gradients(False), gradients(True)
    assert plain.keys() == spared.keys()
    for name, value in plain.items():
        assert value.any()
        assert torch.allclose(value, spared[name], rtol=1e-4, atol=1e-5), name


@pytest.mark.parametrize(
    ("device", "tf32", "inside"),
    [("cuda", True, "high"), ("cuda", False, "highest"), ("cpu", True, "highest")],
)
def test_matrices_are_multiplied_in_tf32_only_where_that_is_wanted(
    device: str, tf32: bool, inside: str
):
    with matrix_products(torch.device(device), tf32):
        assert torch.get_float32_matmul_precision() == inside
    assert torch.get_float32_matmul_precision() == "highest"
