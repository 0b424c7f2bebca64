"""What ControlNet, IP-Adapter and the SDXL form are shown in training."""

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from PIL import Image
from transformers import CLIPImageProcessorPil

from stylecli_tiny.recipe.captions import PHOTO
from stylecli_tiny.recipe.controlnet import build_controlnet, edges_of
from stylecli_tiny.recipe.denoiser import build_unet
from stylecli_tiny.recipe.ip_adapter import prompt_pictures
from stylecli_tiny.recipe.pack import Pack, write_pack
from stylecli_tiny.recipe.pixels import Pixels
from stylecli_tiny.recipe.views import Place, View, Views
from stylecli_tiny.recipe.xl import build_xl_unet, time_ids

CELLS = 4


@pytest.fixture
def sizes(settings):
    return settings.sizes


@pytest.fixture
def packs(tmp_path):
    """Pictures, one held out, and latents that are their pixels' means: one channel a colour."""
    random = np.random.default_rng(0)
    pictures = [
        random.integers(0, 256, (4 * h + 2, 4 * w + 1, 3), np.uint8)
        for h, w in ((12, 16), (14, 9), (11, 11))
    ]
    facts = {"kind": PHOTO, "caption": "", "artist": ""}
    held_out = (False, True, False)
    write_pack(
        tmp_path / "pictures",
        "uint8",
        [(p, {**facts, "held_out": out}) for p, out in zip(pictures, held_out, strict=True)],
    )

    def latents():
        for picture, out in zip(pictures, held_out, strict=True):
            if out:
                continue
            height, width = (side // CELLS * CELLS for side in picture.shape[:2])
            top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
            cut = picture[top : top + height, left : left + width].astype(np.float32)
            for one in (cut, cut[:, ::-1]):
                yield means(one), facts

    write_pack(tmp_path / "latents", "float16", latents())
    return Pack(tmp_path / "pictures"), Pack(tmp_path / "latents")


def means(pixels):
    height, width = pixels.shape[0] // CELLS, pixels.shape[1] // CELLS
    cells = pixels.reshape(height, CELLS, width, CELLS, 3).mean((1, 3))
    return (cells / 255).transpose(2, 0, 1)


def test_the_pixels_shown_are_those_under_the_latents(packs):
    pictures, latents = packs
    views = Views(latents, ((4, 4, 0.5), (4, 6, 0.5)), batch=4)
    pixels = Pixels(pictures, CELLS)
    seen = set()
    for step in range(12):
        view = views.draw(np.random.default_rng(step))
        for crop, latent, place in zip(pixels.of(view), view.latents, view.places, strict=True):
            np.testing.assert_allclose(means(crop.astype(np.float32)), latent, atol=1e-3)
            seen.add(place.index)
    assert seen == {0, 1, 2, 3}


def test_sdxl_is_told_size_crop_and_target_in_pixels():
    view = View(torch.zeros(1, 4, 32, 48), [""], [Place(0, 5, 7, 60, 90)])
    assert time_ids(view, CELLS).tolist() == [[240, 360, 20, 28, 128, 192]]


def test_the_sdxl_form_begins_with_what_the_smaller_one_knows(sizes):
    torch.manual_seed(0)
    small = build_unet(sizes)
    for parameter in small.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    unet = build_xl_unet(sizes, small)
    assert unet.config.addition_embed_type == "text_time"
    assert len(unet.config.block_out_channels) == len(small.config.block_out_channels) - 1
    theirs, ours = small.state_dict(), unet.state_dict()
    for mine, known in {
        "conv_in.weight": "conv_in.weight",
        "down_blocks.1.resnets.0.conv1.weight": "down_blocks.1.resnets.0.conv1.weight",
        "up_blocks.1.resnets.1.conv1.weight": "up_blocks.2.resnets.1.conv1.weight",
        "conv_out.bias": "conv_out.bias",
    }.items():
        assert ours[mine].equal(theirs[known]), mine
    context = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight"
    width = sizes.text_width
    assert ours[context][:, :width].equal(theirs[context])
    assert not ours[context][:, width:].any()


def test_a_new_controlnet_changes_nothing_and_takes_edges_of_the_pictures_size(sizes):
    unet = UNet2DConditionModel.from_config(build_unet(sizes).config)
    controlnet = build_controlnet(unet, vae_levels=3)
    black, white = np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)
    halves = np.concatenate([black[:, :32], white[:, :32]], axis=1)
    edges = edges_of(np.stack([black, halves]))
    assert edges.shape == (2, 3, 64, 64)
    assert not edges[0].any()
    assert set(edges[1].unique().tolist()) == {0.0, 1.0}
    columns = edges[1, 0].any(0).nonzero().flatten().tolist()
    assert columns
    assert set(columns) <= {30, 31, 32, 33}
    down, mid = controlnet(
        torch.randn(2, 4, 16, 16),
        torch.tensor([500, 10]),
        torch.randn(2, 77, sizes.text_width),
        edges,
        return_dict=False,
    )
    assert all(not one.any() for one in (*down, mid))


def test_image_prompts_are_what_clips_processor_makes_of_them():
    smooth = Image.effect_mandelbrot((96, 96), (-2, -1.5, 1, 1.5), 100).convert("RGB")
    processor = CLIPImageProcessorPil(size=64, crop_size=64)
    expected = processor(smooth, return_tensors="pt").pixel_values
    got = prompt_pictures(np.asarray(smooth)[None], 64)
    assert (got - expected).abs().mean() < 0.02
