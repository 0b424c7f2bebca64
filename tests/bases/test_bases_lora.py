from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stylecli.bases.base import Base
from stylecli.bases.lora import (
    LoraShape,
    add_lora,
    apply_styles,
    fitting_modules,
    remove_lora,
    to_kohya,
    without_style,
)
from stylecli.errors import UsageError
from stylecli.styles.format import write_style
from stylecli.styles.style import ScaledStyle, Style

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
EVERYTHING = ("to_q", "to_k", "to_v", "to_out.0", "proj_in", "conv1", "conv2", "ff.net.2")
SHAPE = LoraShape(rank=2, alpha=2.0, dropout=0.0, targets=ATTENTION)

MakeStyle = Callable[..., Style]
Prediction = Callable[[], torch.Tensor]


def copied(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def one_module(style: Style, path: str) -> Style:
    """The style, with the change of one module alone."""
    key = "lora_unet_" + path.replace(".", "_") + "."
    kept = {name: value for name, value in style.tensors.items() if name.startswith(key)}
    return replace(style, tensors=kept)


def test_a_fresh_lora_changes_nothing(base: Base, prediction: Prediction):
    bare = prediction()
    add_lora(base, SHAPE, seed=0)
    assert torch.equal(prediction(), bare)


def test_a_lora_is_trainable_in_its_own_weights_alone(base: Base):
    parameters = add_lora(base, SHAPE, seed=0).named_parameters()
    assert {name.split(".lora_")[1][0] for name in parameters} == {"A", "B"}
    trainable = [value for value in base.denoiser.parameters() if value.requires_grad]
    assert len(trainable) == len(parameters) > 0


def test_the_start_depends_on_the_seed_alone(base: Base):
    def start(seed: int) -> dict[str, torch.Tensor]:
        lora = add_lora(base, SHAPE, seed)
        return {
            path: module.down.detach().clone() for path, module in lora.modules()["unet"].items()
        }

    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first = start(0)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(5)
    assert same(first, start(0))
    assert not same(first, start(1))


def test_lora_weights_are_fp32_on_a_half_precision_denoiser(base: Base):
    base.denoiser.to(torch.bfloat16)
    lora = add_lora(base, SHAPE, seed=0)
    assert {value.dtype for value in lora.named_parameters().values()} == {torch.float32}
    assert base.denoiser.dtype == torch.bfloat16


def test_an_unknown_target_is_named_with_the_nearest(base: Base):
    with pytest.raises(UsageError, match="'to_w'") as caught:
        add_lora(base, replace(SHAPE, targets=("to_q", "to_w")), seed=0)
    assert "'to_q'" in (caught.value.hint or "")
    assert not getattr(base.denoiser, "peft_config", None)


def test_every_target_gets_a_change(base: Base):
    lora = add_lora(base, replace(SHAPE, targets=("to_q", "conv1")), seed=0)
    expected = {path for path in base.modules["unet"] if path.endswith((".to_q", ".conv1"))}
    assert set(lora.modules()["unet"]) == expected


def test_the_modules_of_a_base_are_those_that_it_really_has(base: Base):
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    for part, model in (
        ("unet", base.denoiser),
        ("text_encoder", base.text_encoder),
        ("vae", base.vae),
    ):
        real = {
            path: tuple(module.weight.shape)
            for path, module in model.named_modules()
            if isinstance(module, kinds)
        }
        assert base.modules[part] == real


def test_taking_styles_off_restores_the_base_bit_for_bit(
    base: Base, make_style: MakeStyle, prediction: Prediction
):
    weights, bare = copied(base.denoiser), prediction()
    apply_styles(base, [ScaledStyle(make_style(1, EVERYTHING)), ScaledStyle(make_style(2), 0.4)])
    assert not torch.equal(prediction(), bare)
    remove_lora(base)
    assert same(copied(base.denoiser), weights)
    assert torch.equal(prediction(), bare)


def test_a_trained_lora_leaves_the_base_when_it_is_taken_off(base: Base, prediction: Prediction):
    weights, bare = copied(base.denoiser), prediction()
    for value in add_lora(base, SHAPE, seed=0).named_parameters().values():
        torch.nn.init.normal_(value.data)
    assert not torch.equal(prediction(), bare)
    remove_lora(base)
    assert same(copied(base.denoiser), weights)
    assert not any(value.requires_grad for value in base.denoiser.parameters())


@pytest.mark.parametrize("path_end", ["attn2.to_k", "attn1.to_out.0", "conv1", "proj_in"])
@pytest.mark.parametrize("scale", [1.0, 0.5, -2.0])
def test_a_style_changes_a_weight_by_scale_alpha_over_rank_up_down(
    base: Base, make_style: MakeStyle, prediction: Prediction, path_end: str, scale: float
):
    path = next(path for path in base.modules["unet"] if path.endswith(path_end))
    style = one_module(make_style(4, (path_end,), rank=3, alpha=1.5), path)
    apply_styles(base, [ScaledStyle(style, scale)])
    applied = prediction()
    remove_lora(base)
    bare = prediction()

    [module] = fitting_modules(base, ScaledStyle(style))["unet"].values()
    change = scale * 1.5 / 3 * module.up.flatten(1) @ module.down.flatten(1)
    weight = dict(base.denoiser.named_modules())[path].weight
    weight.data += change.view_as(weight)
    assert torch.allclose(prediction(), applied, atol=1e-5)
    assert not torch.allclose(bare, applied, atol=1e-3)


def test_a_scale_of_0_is_the_base(base: Base, make_style: MakeStyle, prediction: Prediction):
    bare = prediction()
    apply_styles(base, [ScaledStyle(make_style(), 0.0)])
    assert torch.equal(prediction(), bare)
    apply_styles(base, [ScaledStyle(make_style())])
    apply_styles(base, [ScaledStyle(make_style(), 0.0)])
    assert torch.equal(prediction(), bare)


def test_exactly_the_last_styles_act(base: Base, make_style: MakeStyle, prediction: Prediction):
    one, two = make_style(1), make_style(2)
    apply_styles(base, [ScaledStyle(one)])
    only_one = prediction()
    apply_styles(base, [ScaledStyle(two)])
    assert not torch.allclose(prediction(), only_one)
    apply_styles(base, [])
    apply_styles(base, [ScaledStyle(one)])
    assert torch.equal(prediction(), only_one)


def merged(base: Base, styles: list[ScaledStyle]) -> None:
    """Add the styles' changes to the base's own weights."""
    named = dict(base.denoiser.named_modules())
    for scaled in styles:
        for path, module in fitting_modules(base, scaled)["unet"].items():
            change = module.up.flatten(1) @ module.down.flatten(1)
            weight = named[path].weight
            weight.data += scaled.scale * module.alpha / module.rank * change.view_as(weight)


def test_two_styles_add_whatever_their_ranks_and_modules(
    base: Base, make_style: MakeStyle, prediction: Prediction
):
    styles = [
        ScaledStyle(make_style(1, rank=2), 0.7),
        ScaledStyle(make_style(2, ("to_q", "conv1"), rank=3, alpha=2.0), 0.3),
    ]
    apply_styles(base, styles)
    both = prediction()
    remove_lora(base)
    merged(base, styles)
    assert torch.allclose(prediction(), both, atol=1e-5)


def test_a_style_that_is_given_twice_counts_twice(
    base: Base, make_style: MakeStyle, prediction: Prediction
):
    style = make_style()
    apply_styles(base, [ScaledStyle(style, 0.75)])
    once = prediction()
    apply_styles(base, [ScaledStyle(style, 0.25), ScaledStyle(style, 0.5)])
    assert torch.allclose(prediction(), once, atol=1e-6)
    apply_styles(base, [ScaledStyle(style, 0.25), ScaledStyle(style, -0.25)])
    twice_nothing = prediction()
    remove_lora(base)
    assert torch.equal(prediction(), twice_nothing)


def test_without_style_is_the_bare_base_and_only_inside(
    base: Base, make_style: MakeStyle, prediction: Prediction
):
    bare = prediction()
    with without_style(base):
        assert torch.equal(prediction(), bare)
    apply_styles(base, [ScaledStyle(make_style(1)), ScaledStyle(make_style(2))])
    styled = prediction()
    with without_style(base):
        assert torch.equal(prediction(), bare)
    assert torch.equal(prediction(), styled)
    with pytest.raises(ZeroDivisionError), without_style(base):
        _ = 1 / 0
    assert torch.equal(prediction(), styled)


def test_a_lora_goes_on_learning_after_without_style(base: Base):
    lora = add_lora(base, SHAPE, seed=0)
    with without_style(base):
        pass
    base.denoiser.train()
    latents = torch.randn(1, 4, 8, 8)
    base.predict(latents, torch.tensor([10]), base.contexts(["x"])).sum().backward()
    assert all(value.grad is not None for value in lora.named_parameters().values())


def test_training_anew_takes_applied_styles_off(
    base: Base, make_style: MakeStyle, prediction: Prediction
):
    bare = prediction()
    apply_styles(base, [ScaledStyle(make_style())])
    add_lora(base, SHAPE, seed=0)
    assert torch.equal(prediction(), bare)


def test_applying_styles_takes_a_trained_lora_off(
    base: Base, make_style: MakeStyle, prediction: Prediction
):
    apply_styles(base, [ScaledStyle(make_style())])
    styled = prediction()
    for value in add_lora(base, SHAPE, seed=0).named_parameters().values():
        torch.nn.init.normal_(value.data)
    apply_styles(base, [ScaledStyle(make_style())])
    assert torch.equal(prediction(), styled)


def test_every_trained_tensor_matters(base: Base, make_style: MakeStyle, prediction: Prediction):
    style = make_style(3, EVERYTHING)
    apply_styles(base, [ScaledStyle(style)])
    styled = prediction()
    keys = [key for key in style.tensors if key.endswith(".lora_up.weight")]
    for key in keys[::4]:
        zeroed = {**style.tensors, key: torch.zeros_like(style.tensors[key])}
        apply_styles(base, [ScaledStyle(replace(style, tensors=zeroed))])
        assert not torch.allclose(prediction(), styled, atol=1e-5), key
        remove_lora(base)


def test_a_style_whose_tensors_are_zero_is_the_base(
    base: Base, make_style: MakeStyle, prediction: Prediction
):
    bare = prediction()
    style = make_style(3, EVERYTHING)
    zeroed = {key: torch.zeros_like(value) for key, value in style.tensors.items()}
    apply_styles(base, [ScaledStyle(replace(style, tensors=zeroed))])
    assert torch.allclose(prediction(), bare, atol=1e-7)


def test_a_lora_that_is_read_out_and_applied_again_is_the_same(base: Base, prediction: Prediction):
    lora = add_lora(base, replace(SHAPE, alpha=3.0, targets=EVERYTHING), seed=0)
    for value in lora.named_parameters().values():
        torch.nn.init.normal_(value.data, std=0.1)
    trained = prediction()
    style = Style("s", "lora-sdedit", "sd15", to_kohya(lora.modules(), base))
    apply_styles(base, [ScaledStyle(style)])
    assert torch.allclose(prediction(), trained, atol=2e-3)


def test_a_style_of_another_family_is_named(base: Base, make_style: MakeStyle):
    style = replace(make_style(), family="sdxl")
    with pytest.raises(UsageError, match="a style of the sdxl family") as caught:
        apply_styles(base, [ScaledStyle(style)])
    assert "'mini'" in (caught.value.hint or "")


def test_a_style_of_other_shapes_is_named_with_its_base(base: Base, make_style: MakeStyle):
    style = make_style(targets=("attn2.to_k",))
    wider = {
        key: torch.cat([value, value], dim=1) if key.endswith("down.weight") else value
        for key, value in style.tensors.items()
    }
    with pytest.raises(UsageError, match=r"\(32, 32\) there, but the style has") as caught:
        apply_styles(base, [ScaledStyle(replace(style, tensors=wider))])
    assert "Use --base mini" in (caught.value.hint or "")


@pytest.mark.parametrize("targets", [ATTENTION, EVERYTHING])
def test_stock_diffusers_loads_a_style_file_and_predicts_the_same(
    base: Base,
    make_style: MakeStyle,
    prediction: Prediction,
    mini_folder: Path,
    tmp_path: Path,
    targets: tuple[str, ...],
):
    from diffusers import StableDiffusionPipeline

    style = make_style(5, targets, rank=3, alpha=1.5)
    write_style(style, tmp_path / "s5.safetensors")
    pipeline = StableDiffusionPipeline.from_pretrained(mini_folder)
    pipeline.load_lora_weights(tmp_path / "s5.safetensors")
    loaded = [name for name, _ in pipeline.unet.named_parameters() if ".lora_A." in name]
    assert len(loaded) == len(style.tensors) // 3

    bare = prediction()
    apply_styles(base, [ScaledStyle(style)])
    ours = prediction()
    base._parts["unet"] = pipeline.unet.eval()
    assert torch.allclose(prediction(), ours, atol=1e-4)
    assert (ours - bare).abs().max() > 0.01
