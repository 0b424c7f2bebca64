"""IP-Adapters: what a denoiser makes of picture prompts, and that it is bare without them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from stylecli.bases.adapters import switched_off
from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import Conditions, Control, ImagePrompt
from stylecli.bases.lora import apply_styles
from stylecli.styles.style import ScaledStyle

LATENTS = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(7))
TIMES = torch.tensor([100, 700])
WORDS = ["a house", "a tree"]


@pytest.fixture
def pictures(picture) -> list[Image.Image]:
    return [picture(1, (40, 24)), picture(2, (24, 40))]


def predicted(
    base: Base, pictures: list[Image.Image] | None, scale: float = 1.0, **also: object
) -> torch.Tensor:
    image = None
    if pictures is not None:
        adapter = base.image_adapter()
        image = ImagePrompt(adapter, adapter.encode(pictures), scale)
    told = Conditions(base.contexts(WORDS).context, image=image, **also)
    with torch.no_grad():
        return base.predict(LATENTS, TIMES, told)


def by_diffusers(
    base: Base, folder: Path, adapter: Path, pictures: list[Image.Image], scale: float
) -> torch.Tensor:
    """What the UNet of a stock pipeline predicts with the adapter on, and this base's LoRAs."""
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    pipeline.unet = base.denoiser
    pipeline.load_ip_adapter(str(adapter), subfolder="", weight_name="ip-adapter.safetensors")
    pipeline.set_ip_adapter_scale(scale)
    embedded = torch.cat([pipeline.encode_image(each, "cpu", 1)[0] for each in pictures])
    with torch.no_grad():
        prediction: torch.Tensor = pipeline.unet(
            LATENTS,
            TIMES,
            base.contexts(WORDS).context,
            added_cond_kwargs={"image_embeds": [embedded[:, None]]},
        ).sample
    pipeline.unload_ip_adapter()
    return prediction


@pytest.mark.parametrize("styled", [False, True])
def test_a_prediction_sees_pictures_as_in_diffusers(
    seeing: Base, make_style, mini_folder, mini_ip_adapter, pictures, styled: bool
):
    bare = predicted(seeing, None)
    if styled:
        apply_styles(seeing, [ScaledStyle(make_style())])
    ours = predicted(seeing, pictures, 0.7)
    expected = by_diffusers(seeing, mini_folder, mini_ip_adapter, pictures, 0.7)
    assert torch.allclose(ours, expected, atol=1e-5)
    assert not torch.allclose(ours, bare, atol=1e-2)


def test_a_lora_that_is_switched_off_leaves_the_picture_on(seeing: Base, make_style, pictures):
    alone = predicted(seeing, pictures)
    apply_styles(seeing, [ScaledStyle(make_style())])
    assert not torch.allclose(predicted(seeing, pictures), alone, atol=1e-2)
    with switched_off(seeing.denoiser):
        assert torch.allclose(predicted(seeing, pictures), alone, atol=1e-6)


def test_at_scale_0_no_picture_is_seen(seeing: Base, pictures):
    assert torch.equal(predicted(seeing, pictures, 0.0), predicted(seeing, None))


def test_the_scale_is_each_calls_own(seeing: Base, pictures):
    faint, strong = predicted(seeing, pictures, 0.3), predicted(seeing, pictures, 1.0)
    bare = predicted(seeing, None)
    assert 0.01 < (faint - bare).norm() < 0.7 * (strong - bare).norm()
    assert torch.equal(predicted(seeing, pictures, 0.3), faint)


def test_a_controlnet_beside_it_hears_the_words_alone(
    seeing: Base, mini_controlnet: Path, pictures
):
    controlnet, heard = seeing.controlnet(str(mini_controlnet)), []
    controlnet.register_forward_hook(
        lambda _, given, named, result: heard.append(named["encoder_hidden_states"]),
        with_kwargs=True,
    )
    edges = torch.ones(2, 3, 16, 16)
    both = predicted(seeing, pictures, control=Control(controlnet, edges))
    assert torch.equal(heard[0], seeing.contexts(WORDS).context)
    assert not torch.allclose(both, predicted(seeing, pictures), atol=1e-3)


def test_each_picture_of_a_batch_is_its_own_prompt(seeing: Base, pictures):
    adapter = seeing.image_adapter()
    tokens = adapter.encode(pictures)
    assert tokens.shape == (2, 4, 32)
    assert torch.allclose(tokens[1:], adapter.encode(pictures[1:]), atol=1e-5)
    both = Conditions(seeing.contexts(WORDS).context, image=ImagePrompt(adapter, tokens, 0.5))
    again = both.pick([1, 0]).pick([1]).followed_by(both.pick([1]))
    assert again.image == replace(both.image, tokens=again.image.tokens)
    assert torch.equal(again.image.tokens, tokens)
    turned = predicted(seeing, pictures[::-1])
    assert not torch.allclose(turned, predicted(seeing, pictures), atol=1e-2)


def test_no_picture_is_a_zero_embedding(seeing: Base, mini_ip_adapter: Path):
    tensors = load_file(mini_ip_adapter / "ip-adapter.safetensors")
    bias = tensors["image_proj.proj.bias"].view(4, 32)
    expected = torch.nn.functional.layer_norm(bias, (32,))
    found = seeing.image_adapter().nothing(3)
    assert torch.allclose(found, expected.expand(3, -1, -1), atol=1e-5)


@pytest.mark.parametrize("fails", [False, True])
def test_the_denoiser_is_bare_afterwards_also_after_an_error(seeing: Base, pictures, fails: bool):
    unet = seeing.denoiser
    before, names = dict(unet.attn_processors), set(unet.state_dict())
    bare = predicted(seeing, None)
    adapter = seeing.image_adapter()
    width = 31 if fails else 32
    image = ImagePrompt(adapter, torch.zeros(2, 4, width))
    told = Conditions(seeing.contexts(WORDS).context, image=image)
    if fails:
        with pytest.raises(RuntimeError):
            seeing.predict(LATENTS, TIMES, told)
    else:
        seeing.predict(LATENTS, TIMES, told)
    after = unet.attn_processors
    assert after.keys() == before.keys()
    assert all(after[path] is processor for path, processor in before.items())
    assert set(unet.state_dict()) == names
    assert unet.encoder_hid_proj is None
    assert unet.config.encoder_hid_dim_type is None
    assert torch.equal(predicted(seeing, None), bare)


def test_it_computes_in_half_precision_too(
    mini_spec, mini_folder, mini_ip_adapter, pictures, seeing
):
    spec = replace(mini_spec, ip_adapter=mini_ip_adapter)
    half = load_base(spec, mini_folder, "bf16", torch.device("cpu"))
    assert half.image_adapter().encode(pictures).dtype == torch.float32
    ours, exact = predicted(half, pictures), predicted(seeing, pictures)
    bare = predicted(seeing, None)
    assert (ours - exact).norm() < 0.1 * (exact - bare).norm()


def test_an_adapter_is_loaded_once_and_outlives_the_denoiser(seeing: Base, pictures):
    first, before = seeing.image_adapter(), predicted(seeing, pictures)
    seeing.free("unet")
    assert seeing.image_adapter() is first
    assert torch.equal(predicted(seeing, pictures), before)
    seeing.free("image adapter")
    assert seeing.image_adapter() is not first
