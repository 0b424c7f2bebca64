"""Photos that are prompts of their own repainting, beside the words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import constant
from stylecli.bases.spec import BaseSpec
from stylecli.errors import UsageError
from stylecli.sampling.denoise import Guidance
from stylecli.sampling.options import RepaintOptions, SdeditOptions
from stylecli.sampling.picture_prompts import with_pictures
from stylecli.sampling.sdedit import Sdedit
from stylecli.styles.style import ScaledStyle

Styled = Callable[..., ScaledStyle]
MakePicture = Callable[..., Image.Image]
QUICK = {"steps": 4, "precision": "fp32", "guidance": 3.0, "size": 64, "scheduler": "ddim"}


@pytest.fixture
def seeing(mini_spec: BaseSpec, mini_folder: Path, mini_ip_adapter: Path) -> Base:
    """The miniature base with an IP-Adapter of its own."""
    spec = replace(mini_spec, ip_adapter=mini_ip_adapter)
    return load_base(spec, mini_folder, "fp32", torch.device("cpu"))


def painted(base: Base, styles: list[ScaledStyle], image: Image.Image, **changes) -> np.ndarray:
    guide, noise = changes.pop("guide", None), changes.pop("noise", "gaussian")
    options = SdeditOptions(**{**QUICK, "strength": 0.9, **changes})
    stylizer = Sdedit(base, styles, options, guide=guide, noise=noise)
    [result] = stylizer([image], ["a house"], [0])
    return np.asarray(result).astype(float)


def test_at_0_nothing_is_loaded_and_nothing_changes(seeing: Base, styled: Styled, picture):
    plain = RepaintOptions(**QUICK, strength=0.9)
    [without] = Sdedit(seeing, [styled(0.3)], plain)([picture()], ["a house"], [0])
    found = painted(seeing, [styled(0.3)], picture(), image_cond_scale=0.0)
    assert np.array_equal(found, np.asarray(without))
    seeing.spec = replace(seeing.spec, ip_adapter=Path("/no/such/folder"))
    assert np.array_equal(painted(seeing, [styled(0.3)], picture()), np.asarray(without))
    with pytest.raises(UsageError):
        painted(seeing, [styled(0.3)], picture(), image_cond_scale=0.1)


@pytest.mark.parametrize(
    "chosen",
    [
        {"style_guidance": True},
        {"style_guidance": False},
        {"guidance": 1.0},
        {"noise": "predicted"},
        {"strength": 1.0},
    ],
    ids=str,
)
def test_the_scale_says_how_far_the_picture_goes(seeing: Base, styled: Styled, picture, chosen):
    style = styled(0.3)
    without = painted(seeing, [style], picture(), **chosen)
    faint, strong = (
        abs(painted(seeing, [style], picture(), image_cond_scale=scale, **chosen) - without).mean()
        for scale in (0.1, 1.0)
    )
    assert 0 < faint < strong


@pytest.mark.parametrize("style_guidance", [False, True])
def test_two_photos_together_come_out_as_each_alone(
    seeing: Base, styled: Styled, picture, style_guidance: bool
):
    options = SdeditOptions(
        **QUICK, strength=0.9, image_cond_scale=0.8, style_guidance=style_guidance
    )
    images = [picture(1, (80, 64)), picture(2, (80, 64)), picture(3, (64, 70))]
    stylizer = Sdedit(seeing, [styled(0.3)], options)
    together = stylizer(images, [""] * 3, [4, 5, 6])
    for number, (image, result) in enumerate(zip(images, together, strict=True)):
        [alone] = stylizer([image], [""], [4 + number])
        assert abs(np.asarray(result).astype(float) - np.asarray(alone)).max() <= 2


def test_the_picture_is_wanted_and_none_is_what_is_led_away_from(seeing: Base, picture):
    words = seeing.contexts(["a house", "a tree"])
    adapter, photos = seeing.image_adapter(), [picture(1), picture(2)]
    guidance = Guidance(constant(words), constant(words), 3.0, style_guidance=True)
    told = with_pictures(guidance, adapter, photos, 0.4)
    assert (told.scale, told.style_guidance) == (3.0, True)
    times = torch.tensor([5, 5])
    for conditioner, tokens in (
        (told.towards, adapter.encode(photos)),
        (told.away, adapter.nothing(2)),
    ):
        conditions = conditioner(times)
        assert torch.equal(conditions.context, words.context)
        assert torch.equal(conditions.image.tokens, tokens)
        assert conditions.image.scale == 0.4


def test_a_guide_of_ones_own_sees_the_photo_too(seeing: Base, picture):
    def guide(subjects, photos):
        words = constant(seeing.contexts(["a boat"] * len(subjects)))
        return Guidance(words, words, 1.0, style_guidance=False)

    without = painted(seeing, [], picture(), guide=guide)
    assert (
        abs(painted(seeing, [], picture(), guide=guide, image_cond_scale=1.0) - without).max() > 1
    )


def test_a_photo_is_looked_at_once_for_all_steps_and_by_one_adapter(
    seeing: Base, picture, monkeypatch
):
    adapter, looked = seeing.image_adapter(), []
    whole = adapter.encode
    monkeypatch.setattr(adapter, "encode", lambda photos: looked.append(photos) or whole(photos))
    options = SdeditOptions(**QUICK, strength=0.9, image_cond_scale=0.8)
    stylizer = Sdedit(seeing, [], options)
    stylizer([picture(1, (70, 64))], [""], [0])
    stylizer([picture(2, (64, 70))], [""], [0])
    # As they are, without what they are padded with for the denoiser.
    assert [photo.size for photos in looked for photo in photos] == [(70, 64), (64, 70)]


def test_a_base_without_an_adapter_says_so(base: Base, picture):
    with pytest.raises(UsageError, match="has no IP-Adapter"):
        painted(base, [], picture(), image_cond_scale=0.5)
