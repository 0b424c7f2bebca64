"""LoRAs on the other parts of a base: the text encoder, and the autoencoder."""

from __future__ import annotations

import pytest
import torch

from stylecli.bases.base import Base
from stylecli.bases.lora import (
    LoraShape,
    add_lora,
    apply_styles,
    remove_lora,
    to_kohya,
    without_style,
)
from stylecli.errors import UsageError
from stylecli.loras.module import LoraModule
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.prompting import full_prompt, guide_by_prompts
from stylecli.styles.style import Prompt, ScaledStyle, Style

TEXT = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1")


def style_of(base: Base, part: str, ends: tuple[str, ...], prefix: str = "") -> Style:
    random = torch.Generator().manual_seed(1)
    modules = {
        path: LoraModule(
            torch.randn(2, into, *kernel, generator=random) * 0.3,
            torch.randn(out, 2, *(1 for _ in kernel), generator=random) * 0.3,
            3.0,
        )
        for path, (out, into, *kernel) in sorted(base.modules[part].items())
        if path.endswith(ends)
    }
    tensors = to_kohya({part: modules}, base, "fp32")
    return Style("s", "lora-sdedit", "sd15", tensors, Prompt(prefix))


def merged(base: Base, style: Style, scale: float) -> None:
    """Add a style's changes to the base's own weights."""
    from stylecli.bases.lora import fitting_modules

    for part, modules in fitting_modules(base, ScaledStyle(style)).items():
        model = getattr(base, part)
        named = {path.removeprefix("text_model."): layer for path, layer in model.named_modules()}
        for path, module in modules.items():
            weight = named[path].weight
            weight.data += scale * module.delta().view_as(weight)


def test_a_text_encoders_part_changes_the_contexts_by_its_scale(base: Base) -> None:
    bare = base.contexts(["a house"]).context
    style = style_of(base, "text_encoder", TEXT)
    apply_styles(base, [ScaledStyle(style, 0.5)])
    styled = base.contexts(["a house"]).context
    assert (styled - bare).abs().max() > 0.05
    with without_style(base):
        assert torch.equal(base.contexts(["a house"]).context, bare)
    assert torch.equal(base.contexts(["a house"]).context, styled)
    apply_styles(base, [])
    assert torch.equal(base.contexts(["a house"]).context, bare)
    remove_lora(base)
    assert torch.equal(base.contexts(["a house"]).context, bare)
    merged(base, style, 0.5)
    torch.testing.assert_close(base.contexts(["a house"]).context, styled, rtol=1e-4, atol=1e-5)


def test_it_is_put_on_again_when_the_encoder_was_dropped(base: Base) -> None:
    style = ScaledStyle(style_of(base, "text_encoder", TEXT))
    apply_styles(base, [style])
    styled = base.contexts(["a house"]).context
    base.free("text_encoder")
    apply_styles(base, [style])
    assert torch.equal(base.contexts(["a house"]).context, styled)


def test_a_vaes_part_acts_in_encoding_and_decoding(base: Base) -> None:
    pixels = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)
    latents, _ = base.encode(pixels)
    picture = base.decode(latents)
    style = style_of(base, "vae", ("conv_in", "to_q", "conv1"))
    apply_styles(base, [ScaledStyle(style)])
    assert not torch.allclose(base.encode(pixels)[0], latents, atol=1e-3)
    assert not torch.allclose(base.decode(latents), picture, atol=1e-3)
    remove_lora(base)
    assert torch.equal(base.encode(pixels)[0], latents)
    assert torch.equal(base.decode(latents), picture)


def test_a_part_that_no_style_changes_is_not_loaded(base: Base) -> None:
    apply_styles(base, [ScaledStyle(style_of(base, "unet", ("to_q",)))])
    assert base.loaded == ["unet"]


def test_in_style_guidance_the_other_branch_has_nothing_of_the_style(base: Base) -> None:
    style = ScaledStyle(style_of(base, "text_encoder", TEXT))
    neutral = base.contexts(["a photo"]).context
    apply_styles(base, [style])
    changed = base.contexts(["a photo"]).context
    timesteps = torch.tensor([5])
    for style_guidance, wanted in ((True, neutral), (False, changed)):
        options = SamplingOptions(style_guidance=style_guidance, negative_prompt="a photo")
        guidance = guide_by_prompts(base, [style], options)(["x"], ())
        assert torch.equal(guidance.away(timesteps).context, wanted)


def test_words_that_several_styles_have_stand_once(base: Base) -> None:
    one, two = (
        ScaledStyle(style_of(base, "unet", ("to_q",), prefix)) for prefix in ("A Monet,", "Oil,")
    )
    assert full_prompt([one, two, one], "a boat") == "A Monet, Oil, a boat"
    assert full_prompt([one, two], "") == "A Monet, Oil"


@pytest.mark.parametrize("target", ["conv_in", "time_embedding.linear_1", "linear_2"])
def test_what_other_programs_pass_over_is_not_trained(base: Base, target: str) -> None:
    with pytest.raises(UsageError, match="several programs would pass over"):
        add_lora(base, LoraShape(2, 2.0, 0.0, ("to_q", target)), seed=0)


def test_what_is_no_lora_is_refused_on_a_bare_base(base: Base) -> None:
    style = Style("prompts", "other", "sd15", {"stylecli.other.prompts": torch.ones(3, 8)})
    with pytest.raises(UsageError, match="style 'prompts' does not fit this base"):
        apply_styles(base, [ScaledStyle(style)])


def test_of_styles_of_which_one_does_not_fit_none_is_put_on(base: Base) -> None:
    good = style_of(base, "unet", ("to_q",))
    bad = Style("bad", "lora-sdedit", "sd15", {**good.tensors, "lora_unet_x.alpha": torch.ones(())})
    latents = torch.linspace(-1, 1, 4 * 8 * 8).reshape(1, 4, 8, 8)
    conditions = base.contexts(["x"])

    def predict() -> torch.Tensor:
        with torch.no_grad():
            return base.predict(latents, torch.tensor([400]), conditions)

    bare = predict()
    with pytest.raises(UsageError, match="'bad'"):
        apply_styles(base, [ScaledStyle(good), ScaledStyle(bad)])
    assert torch.equal(predict(), bare)


def test_styles_of_different_parts_act_one_after_the_other(base: Base) -> None:
    text, unet = style_of(base, "text_encoder", TEXT), style_of(base, "unet", ("to_q",))
    bare = base.contexts(["a house"]).context
    apply_styles(base, [ScaledStyle(text)])
    styled = base.contexts(["a house"]).context
    apply_styles(base, [ScaledStyle(unet)])
    assert torch.equal(base.contexts(["a house"]).context, bare)
    apply_styles(base, [ScaledStyle(unet), ScaledStyle(text)])
    assert torch.equal(base.contexts(["a house"]).context, styled)


def test_a_lora_in_training_goes_on_when_no_style_is_to_act(base: Base) -> None:
    """A method may put its LoRA on before it encodes its pictures, which switches styles off."""
    lora = add_lora(base, LoraShape(2, 2.0, 0.0, ("to_q",)), seed=0)
    for value in lora.named_parameters().values():
        torch.nn.init.normal_(value.data)
    latents = torch.linspace(-1, 1, 4 * 8 * 8).reshape(1, 4, 8, 8)
    conditions = base.contexts(["x"])
    before = base.predict(latents, torch.tensor([400]), conditions)
    count = len(lora.named_parameters())
    apply_styles(base, ())
    apply_styles(base, [ScaledStyle(style_of(base, "unet", ("to_k",)), 0.0)])
    after = base.predict(latents, torch.tensor([400]), conditions)
    assert torch.equal(after, before)
    assert len(lora.named_parameters()) == count > 0
    after.sum().backward()
    assert all(value.grad is not None for value in lora.named_parameters().values())
