"""The tokenizer, the untrained VAE, folding, the figures."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli_tiny.recipe.figures import ssim
from stylecli_tiny.recipe.latents import cut, encode, fold
from stylecli_tiny.recipe.settings import Budget, Sizes
from stylecli_tiny.recipe.tokenizer import LENGTH, train_tokenizer
from stylecli_tiny.recipe.vae import build_vae

TOKENIZER = train_tokenizer(["trees by the river, a painting by camille pissarro"] * 5, 700)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_text_survives_the_tokenizer(text):
    ids = TOKENIZER(text).input_ids
    assert ids[0] == TOKENIZER.bos_token_id
    assert ids[-1] == TOKENIZER.eos_token_id
    assert max(ids) < len(TOKENIZER)


@given(st.text(st.characters(categories=["L", "N", "S", "P"]), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_letters_come_back_from_their_tokens(text):
    normal = TOKENIZER.backend_tokenizer.normalizer.normalize_str(text)
    ids = TOKENIZER(text).input_ids[1:-1]
    assert TOKENIZER.decode(ids).replace(" ", "") == normal.replace(" ", "")


def test_captions_take_fewer_tokens_than_letters():
    assert len(TOKENIZER("a painting by camille pissarro").input_ids) == 7
    assert TOKENIZER.model_max_length == LENGTH


def test_the_vocabulary_keeps_to_its_size():
    assert len(train_tokenizer(["some words of a caption, and more of them"] * 5, 530)) <= 530


def smooth_picture(side=64):
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 4, 4, generator=generator) * 1.6 - 0.8
    return torch.nn.functional.interpolate(coarse, side, mode="bicubic", align_corners=True)


def test_the_untrained_vae_is_nearly_a_pooling_codec():
    torch.manual_seed(0)
    vae = build_vae(Sizes()).eval()
    picture = smooth_picture()
    pooled = torch.nn.functional.avg_pool2d(picture, 4)
    with torch.no_grad():
        latents = vae.encode(picture).latent_dist.mean
        copy = vae.decode(latents).sample
    for channel in range(3):
        pair = torch.stack([latents[0, channel].flatten(), pooled[0, channel].flatten()])
        assert torch.corrcoef(pair)[0, 1] > 0.9
    assert torch.corrcoef(torch.stack([copy.flatten(), picture.flatten()]))[0, 1] > 0.9


def test_folding_keeps_the_copy_and_makes_unit_latents():
    torch.manual_seed(1)
    vae = build_vae(Sizes(vae_channels=(8, 16))).eval()
    picture = smooth_picture(32)
    with torch.no_grad():
        latents = vae.encode(picture).latent_dist.mean
        before = vae.decode(latents).sample
        variance = vae.encode(picture).latent_dist.var
        deviation = latents.std((0, 2, 3))
        fold(vae, latents.mean((0, 2, 3)), deviation)
        folded = vae.encode(picture).latent_dist
        after = vae.decode(folded.mean).sample
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(folded.mean.std((0, 2, 3)), torch.ones(4), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(folded.mean.mean((0, 2, 3)), torch.zeros(4), atol=1e-4, rtol=0)
    scaled = variance / deviation.view(1, -1, 1, 1) ** 2
    torch.testing.assert_close(folded.var, scaled, atol=1e-6, rtol=1e-3)
    assert vae.config.scaling_factor == 1.0
    assert encode(vae, picture).shape == (1, 4, 16, 16)


def test_cutting_keeps_the_middle():
    pixels = np.arange(10 * 7 * 3, dtype=np.uint8).reshape(10, 7, 3)
    assert cut(pixels, 4).shape == (8, 4, 3)
    assert (cut(pixels, 2, 4) == pixels[3:7, 1:5]).all()


def test_ssim_of_known_pictures():
    picture = (smooth_picture() + 1) / 2
    assert ssim(picture, picture) == pytest.approx(1)
    black, white = torch.zeros(1, 3, 16, 16), torch.ones(1, 3, 16, 16)
    # Flat pictures leave only the luminance term, c1 / (1 + c1).
    assert ssim(black, white) == pytest.approx(1e-4 / (1 + 1e-4), rel=1e-3)


def test_a_budget_ends_with_whichever_is_used_first():
    assert Budget(steps=10).progress(5, 999) == 0.5
    assert Budget(minutes=1).progress(5, 15) == 0.25
    assert Budget(minutes=1, steps=10).progress(9, 15) == 0.9
    assert Budget(minutes=1, steps=10).progress(1, 120) == 1
    with pytest.raises(ValueError, match="minutes or steps"):
        Budget().progress(0, 0)
