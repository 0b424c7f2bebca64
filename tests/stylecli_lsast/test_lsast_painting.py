"""Repainting with prompts of stage and layer, along edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.bases.base import Base
from stylecli.bases.lora import apply_styles
from stylecli.errors import UsageError
from stylecli.sampling.options import SamplingOptions, SdeditOptions
from stylecli.sampling.schedulers import SchedulerName
from stylecli.sampling.sdedit import Sdedit
from stylecli.styles.style import Prompt, Provenance, ScaledStyle
from stylecli_lsast.edges import edges
from stylecli_lsast.method import Lsast
from stylecli_lsast.options import LsastTransfer
from stylecli_lsast.prompts import KEY

Made = Callable[..., ScaledStyle]


def options(**changes: object) -> LsastTransfer:
    quick: dict[str, object] = {
        "steps": 6,
        "precision": "fp32",
        "guidance": 3.0,
        "size": 64,
        "strength": 0.7,
        "scheduler": "ddim",
    }
    return LsastTransfer(**{**quick, **changes})


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(float)


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(abs(pixels(one) - pixels(other)).mean())


def painted(base: Base, styles, image, prompt: str = "", seed: int = 0, **changes) -> Image.Image:
    [result] = Lsast().stylizer(base, styles, options(**changes))([image], [prompt], [seed])
    return result


def test_zeroed_prompts_change_the_picture(base: Base, made_style: Made, picture):
    scaled = made_style()
    zeroed = replace(
        scaled.style, tensors={key: value * 0 for key, value in scaled.style.tensors.items()}
    )
    before = painted(base, [scaled], picture(1))
    assert difference(painted(base, [ScaledStyle(zeroed)], picture(1)), before) > 0.5
    assert difference(painted(base, [made_style()], picture(1)), before) == 0


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (4, 2), (6, 1)])
def test_a_prompt_acts_at_its_stage_alone(base: Base, made_style: Made, picture, place):
    """At strength 0.7 the stages 0 to 6 are run through; what is said at later ones is never heard."""
    scaled = made_style()
    vectors = scaled.style.tensors[KEY].clone()
    vectors[place] = vectors[place] * -1
    changed = ScaledStyle(replace(scaled.style, tensors={KEY: vectors}))
    many = {"steps": 50, "strength": 0.7}
    before = painted(base, [scaled], picture(1), **many)
    assert difference(painted(base, [changed], picture(1), **many), before) > 0
    vectors = scaled.style.tensors[KEY].clone()
    vectors[7:] = 0
    later = ScaledStyle(replace(scaled.style, tensors={KEY: vectors}))
    assert difference(painted(base, [later], picture(1), **many), before) == 0


@pytest.mark.parametrize("prompt", ["", "a boat"])
@pytest.mark.parametrize("style_guidance", [False, True])
def test_at_scale_0_the_base_alone_paints(
    base: Base, made_style: Made, picture, style_guidance: bool, prompt: str
):
    chosen = options(controlnet="none", style_guidance=style_guidance)
    [off] = Lsast().stylizer(base, [made_style(0.0)], chosen)([picture(1)], [prompt], [0])
    plain = {
        name: value
        for name, value in vars(chosen).items()
        if name in SdeditOptions.__dataclass_fields__
    }
    [bare] = Sdedit(base, (), SdeditOptions(**plain))([picture(1)], [prompt or "a photo"], [0])
    assert difference(off, bare) < 0.5


def test_scales_go_from_the_base_to_the_style_and_on(base: Base, made_style: Made, picture):
    base_alone = painted(base, [made_style(0.0)], picture(1))
    found = [
        difference(painted(base, [made_style(scale)], picture(1)), base_alone)
        for scale in (0.3, 1.0, 2.0)
    ]
    assert found[0] < found[1] < found[2]


def test_two_styles_are_mixed_in_their_contexts(base: Base, made_style: Made, picture):
    one, other = made_style(0.5, seed=0), made_style(0.5, seed=1)
    mixed = painted(base, [one, other], picture(1))
    assert difference(mixed, painted(base, [other, one], picture(1))) < 0.05
    assert difference(mixed, painted(base, [one], picture(1))) > 0.1
    twice = painted(base, [one, one], picture(1))
    assert difference(twice, painted(base, [made_style(1.0)], picture(1))) < 0.05


def test_the_edges_are_followed_and_can_be_left_alone(base: Base, made_style: Made, picture):
    photo = picture(1)
    without = painted(base, [made_style()], photo, controlnet="none")
    assert difference(painted(base, [made_style()], photo), without) > 0.5
    assert difference(painted(base, [made_style()], photo, controlnet_scale=0.0), without) == 0


def test_both_branches_follow_the_edges_at_every_step(base: Base, made_style: Made, picture):
    controlnet, heard = base.controlnet("canny"), []
    hook = controlnet.register_forward_hook(
        lambda _, given, named, result: heard.append(named["controlnet_cond"]), with_kwargs=True
    )
    painted(base, [made_style()], picture(1), strength=0.5)
    hook.remove()
    assert len(heard) == 3
    assert all(each.shape[0] == 2 and torch.equal(each[0], each[1]) for each in heard)


def test_contexts_are_computed_once_for_all_steps_and_photos(
    base: Base, made_style: Made, picture, monkeypatch
):
    counted: list[int] = []
    whole = base.contexts

    def counting(texts, words=None):
        if words is not None:
            counted.append(len(texts))
        return whole(texts, words)

    monkeypatch.setattr(base, "contexts", counting)
    stylizer = Lsast().stylizer(base, [made_style()], options(steps=10))
    for number in range(2):
        stylizer([picture(number)], [""], [0])
    assert counted == [30]


@pytest.mark.parametrize("scheduler", get_args(SchedulerName))
def test_any_sampler_works_and_the_batch_does_not_matter(
    base: Base, made_style: Made, picture, scheduler
):
    images = [picture(1, (80, 64)), picture(2, (80, 64)), picture(3, (64, 64))]
    prompts, seeds = ["a house", "", "a tree"], [4, 5, 6]
    stylizer = Lsast().stylizer(base, [made_style()], options(scheduler=scheduler, steps=4))
    together = stylizer(images, prompts, seeds)
    assert [result.size for result in together] == [image.size for image in images]
    [alone] = stylizer(images[1:2], prompts[1:2], seeds[1:2])
    assert float(abs(pixels(together[1]) - pixels(alone)).max()) <= 2


def test_what_the_photo_shows_is_said_beside_the_style(base: Base, made_style: Made, picture):
    plain = painted(base, [made_style()], picture(1))
    assert difference(painted(base, [made_style()], picture(1), prompt="a boat"), plain) > 0.1


def test_predicted_noise_is_another_noise(base: Base, made_style: Made, picture):
    plain = painted(base, [made_style()], picture(1))
    assert difference(painted(base, [made_style()], picture(1), noise="predicted"), plain) > 0.5


def test_styles_of_other_methods_are_switched_off(base: Base, made_style: Made, picture):
    from stylecli.bases.lora import to_kohya
    from stylecli.loras.module import LoraModule
    from stylecli.styles.style import Style

    before = painted(base, [made_style()], picture(1))
    random = torch.Generator().manual_seed(3)
    modules = {
        path: LoraModule(
            torch.randn(2, shape[1], generator=random),
            torch.randn(shape[0], 2, generator=random),
            1.0,
        )
        for path, shape in base.modules["unet"].items()
        if path.endswith("to_v")
    }
    lora = Style("lora", "lora-sdedit", "sd15", to_kohya({"unet": modules}, base))
    apply_styles(base, [ScaledStyle(lora)])
    assert difference(painted(base, [made_style()], picture(1)), before) == 0


def test_pictures_from_text(base: Base, made_style: Made):
    chosen = SamplingOptions(steps=4, size=64, precision="fp32", guidance=3.0)
    make = Lsast().generator(base, [made_style()], chosen)
    one, other = make(["a boat", ""], [1, 1])
    [again] = make(["a boat"], [1])
    assert one.size == (64, 64)
    assert difference(one, again) < 0.05 < difference(one, other)
    [off] = Lsast().generator(base, [made_style(0.0)], chosen)(["a boat"], [1])
    assert difference(one, off) > 0.1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tensors": {}}, "holds no prompts of lsast"),
        ({"tensors": {KEY: torch.zeros(30, 32)}}, "holds no prompts of lsast"),
        ({"tensors": {KEY: torch.zeros(10, 3, 768)}}, "768 wide, the base's context 32"),
        ({"tensors": {KEY: torch.zeros(10, 2, 32)}}, "blocks with cross-attention"),
        ({"family": "sdxl"}, "a style of the sdxl family"),
    ],
)
def test_a_style_that_does_not_fit_is_refused(base: Base, made_style: Made, changed, message):
    style = replace(made_style().style, provenance=Provenance(base="sd15"), **changed)
    with pytest.raises(UsageError, match=message):
        Lsast().stylizer(base, [ScaledStyle(style)], options())


def test_prompts_for_different_layers_are_not_mixed(base: Base, made_style: Made):
    with pytest.raises(UsageError, match="cannot be mixed"):
        Lsast().stylizer(base, [made_style(), made_style(seed=1, shape=(10, 1, 32))], options())


def test_words_without_their_place_are_named(base: Base, made_style: Made, picture):
    style = replace(made_style().style, prompt=Prompt("A Monet painting,", "*"))
    with pytest.raises(UsageError, match=r"without the word '\*'"):
        painted(base, [ScaledStyle(style)], picture(1))


def test_a_controlnet_that_is_not_there_is_named(base: Base, made_style: Made, picture):
    with pytest.raises(UsageError, match="has no ControlNet 'depth'"):
        painted(base, [made_style()], picture(1), controlnet="depth")


def test_edges_are_opencvs():
    import cv2

    photo = Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    ).resize((96, 72), Image.Resampling.BICUBIC)
    found = edges([photo, photo.rotate(180)], 100, 200)
    assert found.shape == (2, 3, 72, 96)
    assert set(found.unique().tolist()) == {0.0, 1.0}
    expected = cv2.Canny(np.asarray(photo), 100, 200) / 255
    assert np.array_equal(found[0, 1].numpy(), expected)
    assert edges([photo], 400, 800).sum() < found[0].sum()


def test_a_square_has_four_edges():
    photo = Image.new("RGB", (64, 64), "white")
    photo.paste("black", (20, 20, 44, 44))
    lines = edges([photo], 100, 200)[0, 0].numpy()
    assert lines[32, 18:22].any()
    assert lines[18:22, 32].any()
    assert not lines[24:40, 24:40].any()
    assert not lines[:17].any()
