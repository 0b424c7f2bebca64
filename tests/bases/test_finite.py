"""What overflows in half precision is computed anew in fp32; what is not finite even then is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stylecli.bases import base as base_module
from stylecli.bases.base import Base, load_base
from stylecli.bases.finite import NotFinite, check_denoised, first_finite
from stylecli.bases.latents import decoded, encoded
from stylecli.bases.spec import BaseSpec
from stylecli.progress import Event

CPU = torch.device("cpu")


@pytest.fixture
def as_on_an_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autoencoders compute in fp16, as there where their configuration allows it."""
    monkeypatch.setattr(base_module, "vae_dtype_of", lambda *_: torch.float16)


@pytest.fixture
def opened(overflowing_vae: Path) -> Callable[..., Base]:
    """Opens the base whose autoencoder overflows."""

    def make(hear: Callable[[Event], None]) -> Base:
        spec = BaseSpec("mine", "sd15", overflowing_vae, resolution=64)
        return load_base(spec, overflowing_vae, "fp32", CPU, hear)

    return make


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture
def latents() -> torch.Tensor:
    return torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(2))


def test_in_half_precision_the_autoencoder_really_overflows(opened, latents, pixels):
    vae = opened(print).vae
    with torch.autocast("cpu", torch.float16):
        assert not torch.isfinite(decoded(vae, latents)).all()
        assert not torch.isfinite(encoded(vae, pixels)[0]).all()
    assert torch.isfinite(decoded(vae, latents)).all()


def test_what_is_finite_stays_in_its_precision(base: Base, latents: torch.Tensor):
    made, dtype = first_finite(lambda: decoded(base.vae, latents), "mine", CPU, torch.float16)
    assert dtype == torch.float16
    expected = base.decode(latents)
    assert not torch.equal(made, expected)
    assert torch.allclose(made, expected, atol=1e-2)


@pytest.mark.usefixtures("as_on_an_accelerator")
def test_an_autoencoder_that_overflows_goes_on_in_fp32_and_it_is_said_once(
    opened, base: Base, latents: torch.Tensor, pixels: torch.Tensor
):
    said: list[Event] = []
    over = opened(said.append)
    assert over.vae_dtype == torch.float16
    expected = decoded(base.vae, latents)
    assert torch.allclose(over.decode(latents), expected, atol=1e-4)
    assert over.vae_dtype == torch.float32
    assert torch.allclose(over.decode(latents), expected, atol=1e-4)
    assert torch.allclose(over.encode(pixels)[0], encoded(base.vae, pixels)[0], atol=1e-4)
    over.free("vae")
    assert over.vae_dtype == torch.float32
    [event] = said
    assert event.level == "warning"
    assert "The autoencoder of base 'mine' overflowed in fp16" in str(event.message)


@pytest.mark.usefixtures("as_on_an_accelerator")
def test_pictures_are_encoded_anew_too(opened, base: Base, pixels: torch.Tensor):
    said: list[Event] = []
    over = opened(said.append)
    for one, other in zip(over.encode(pixels), encoded(base.vae, pixels), strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    assert over.vae_dtype == torch.float32
    assert len(said) == 1


@pytest.mark.usefixtures("as_on_an_accelerator")
def test_a_loss_through_the_decoder_goes_on_in_fp32_too(opened, base: Base, latents: torch.Tensor):
    over = opened(lambda event: None)
    latents.requires_grad_(True)
    pixels = over.decode(latents, trainable=True)
    assert torch.allclose(pixels, decoded(base.vae, latents), atol=1e-4)
    pixels.pow(2).sum().backward()
    assert latents.grad is not None
    assert torch.isfinite(latents.grad).all()
    assert over.vae_dtype == torch.float32


@pytest.mark.parametrize("half", ["encoder", "decoder"])
def test_an_autoencoder_that_is_not_finite_in_fp32_is_named(
    base: Base, latents: torch.Tensor, pixels: torch.Tensor, half: str
):
    getattr(base.vae, half).conv_in.bias.data[0] = math.nan
    use, given = {"encoder": (base.encode, pixels), "decoder": (base.decode, latents)}[half]
    with pytest.raises(NotFinite, match=r"autoencoder of base .*mini.* even in fp32") as told:
        use(given)
    assert "damaged" in str(told.value.hint)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("dtype", "name", "hint"),
    [
        (torch.float16, "fp16", "Use --precision bf16, or --precision fp32."),
        (torch.bfloat16, "bf16", "Use --precision fp32."),
        (torch.float32, "fp32", "without the style"),
    ],
)
def test_a_denoiser_that_made_no_latents_is_named(
    latents: torch.Tensor, wrong: float, dtype: torch.dtype, name: str, hint: str
):
    check_denoised(latents, "mine", dtype)
    latents[1, 2, 3, 4] = wrong
    with pytest.raises(NotFinite, match=f"denoiser of base 'mine' made latents in {name}") as told:
        check_denoised(latents, "mine", dtype)
    assert hint in str(told.value.hint)


def test_such_latents_are_not_decoded(base: Base, latents: torch.Tensor):
    latents[0, 0, 0, 0] = math.nan
    with pytest.raises(NotFinite, match="The denoiser of base"):
        base.decode(latents)
    assert "vae" not in base.loaded
