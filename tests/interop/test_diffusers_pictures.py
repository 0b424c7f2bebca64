"""Pictures of stock diffusers with our file, and of ours with files that diffusers and peft wrote."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_diffusers_weights import TEXT, UNET, changes_in, written

from stylecli.bases.base import load_base
from stylecli.bases.lora import apply_styles, fitting_modules
from stylecli.bases.modules import target_of
from stylecli.images.tensors import to_tensor
from stylecli.sampling.options import SamplingOptions, SdeditOptions
from stylecli.sampling.sdedit import Sdedit
from stylecli.sampling.text2image import TextToImage
from stylecli.styles.export import export_style
from stylecli.styles.foreign import adopt, read_foreign
from stylecli.styles.format import read_style
from stylecli.styles.style import Prompt, ScaledStyle, Style

ENDS = {"unet": UNET, "text_encoder": TEXT}
PROMPT = "a house by the sea"
STEPS, GUIDANCE, SEED = 6, 5.0, 3


@pytest.fixture
def base(mini_spec, mini_folder):
    return load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))


@pytest.fixture
def lora(mini_modules, random_lora):
    return random_lora(mini_modules, ENDS, alphas=(2.0,), ranks=(2, 3))


@pytest.fixture
def pipeline(mini_folder):
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    made = StableDiffusionPipeline.from_pretrained(mini_folder)
    made.scheduler = DDIMScheduler.from_config(made.scheduler.config)
    made.set_progress_bar_config(disable=True)
    return made


def painted_by_diffusers(pipeline):
    image = pipeline(
        PROMPT,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        height=64,
        width=64,
        generator=torch.Generator().manual_seed(SEED),
        output_type="np",
    ).images[0]
    return np.round(image * 255)


def painted_here(base, *styles):
    options = SamplingOptions(steps=STEPS, scheduler="ddim", guidance=GUIDANCE)
    [image] = TextToImage(base, styles, options)([PROMPT], [SEED])
    return np.asarray(image, dtype=float)


def same(one, other):
    # A value that lies on the edge between two levels may fall on either side.
    return np.abs(one - other).max() <= 1


def test_without_a_style_both_paint_the_same(base, pipeline):
    assert same(painted_here(base), painted_by_diffusers(pipeline))


def test_diffusers_paints_with_our_file_what_we_paint(base, pipeline, lora, mini_modules, tmp_path):
    path = written(lora, "sd15", mini_modules, tmp_path)
    bare = painted_by_diffusers(pipeline)
    ours = painted_here(base, ScaledStyle(replace(read_style(path), prompt=Prompt())))
    pipeline.load_lora_weights(path)
    assert same(ours, painted_by_diffusers(pipeline))
    assert np.abs(ours - bare).mean() > 2


def test_a_photo_is_repainted_alike(base, pipeline, lora, mini_modules, tmp_path, picture):
    """diffusers draws a sample of the photo's latents where we take their mean, so it is given ours."""
    from diffusers import StableDiffusionImg2ImgPipeline

    path = written(lora, "sd15", mini_modules, tmp_path)
    photo = picture(1, (64, 64))
    options = SdeditOptions(steps=STEPS, scheduler="ddim", guidance=GUIDANCE, strength=0.5)
    style = replace(read_style(path), prompt=Prompt())
    [ours] = Sdedit(base, [ScaledStyle(style)], options)([photo], [PROMPT], [SEED])
    apply_styles(base, [])
    latents, _ = base.encode(to_tensor([photo]))
    repaint = StableDiffusionImg2ImgPipeline(**pipeline.components, requires_safety_checker=False)
    repaint.set_progress_bar_config(disable=True)
    repaint.load_lora_weights(path)
    theirs = repaint(
        PROMPT,
        image=latents,
        strength=0.5,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        generator=torch.Generator().manual_seed(SEED),
        output_type="np",
    ).images[0]
    assert same(np.asarray(ours, dtype=float), np.round(theirs * 255))


def test_a_photo_that_is_its_own_prompt_is_repainted_alike(
    mini_spec, mini_folder, mini_ip_adapter, pipeline, lora, mini_modules, tmp_path, picture
):
    from diffusers import StableDiffusionImg2ImgPipeline

    base = load_base(
        replace(mini_spec, ip_adapter=mini_ip_adapter), mini_folder, "fp32", torch.device("cpu")
    )
    path = written(lora, "sd15", mini_modules, tmp_path)
    photo = picture(1, (64, 64))
    style = replace(read_style(path), prompt=Prompt())

    def ours(scale):
        options = SdeditOptions(
            steps=STEPS, scheduler="ddim", guidance=GUIDANCE, strength=0.5, image_cond_scale=scale
        )
        [image] = Sdedit(base, [ScaledStyle(style)], options)([photo], [PROMPT], [SEED])
        return np.asarray(image, dtype=float)

    latents, _ = base.encode(to_tensor([photo]))
    repaint = StableDiffusionImg2ImgPipeline(**pipeline.components, requires_safety_checker=False)
    repaint.set_progress_bar_config(disable=True)
    repaint.load_ip_adapter(
        str(mini_ip_adapter), subfolder="", weight_name="ip-adapter.safetensors"
    )
    repaint.load_lora_weights(path)
    repaint.set_ip_adapter_scale(0.6)
    theirs = repaint(
        PROMPT,
        image=latents,
        ip_adapter_image=photo,
        strength=0.5,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        generator=torch.Generator().manual_seed(SEED),
        output_type="np",
    ).images[0]
    assert same(ours(0.6), np.round(theirs * 255))
    assert np.abs(ours(0.6) - ours(0.0)).mean() > 2


ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]


def adapt(pipeline, targets):
    """Put LoRAs on by peft, as a training script of diffusers leaves them."""
    from peft import LoraConfig, inject_adapter_in_model

    torch.manual_seed(5)
    for model, names, rank, alpha in (
        (pipeline.unet, targets, 3, 5),
        (pipeline.text_encoder, ["q_proj", "k_proj", "v_proj", "out_proj"], 2, 7),
    ):
        config = LoraConfig(
            r=rank,
            lora_alpha=alpha,
            target_modules=names,
            rank_pattern={"to_k": 2},
            alpha_pattern={"to_k": 9},
        )
        inject_adapter_in_model(config, model)
        for name, parameter in model.named_parameters():
            if ".lora_" in name:
                torch.nn.init.normal_(parameter, std=0.15)


def saved(pipeline, folder, metadata, convert):
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import get_peft_model_state_dict

    def layers(model):
        found = get_peft_model_state_dict(model)
        return convert_state_dict_to_diffusers(found) if convert else found

    described = {
        f"{name}_lora_adapter_metadata": model.peft_config["default"].to_dict()
        for name, model in (("unet", pipeline.unet), ("text_encoder", pipeline.text_encoder))
    }
    pipeline.save_lora_weights(
        folder,
        unet_lora_layers=layers(pipeline.unet),
        text_encoder_lora_layers=layers(pipeline.text_encoder),
        **(described if metadata else {}),
    )
    return folder


def adopted(mini_spec, path):
    return adopt(read_foreign(path), target_of(mini_spec))


@pytest.mark.parametrize(
    ("targets", "convert"),
    [(ATTENTION, True), ([*ATTENTION, "conv1", "proj_in"], False)],
    ids=["as its scripts do", "as peft names it"],
)
@pytest.mark.parametrize("metadata", [True, False], ids=["with alphas", "without alphas"])
def test_what_diffusers_saves_paints_here_as_there(
    base, pipeline, mini_spec, mini_folder, tmp_path, targets, convert, metadata
):
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    bare = painted_by_diffusers(pipeline)
    adapt(pipeline, targets)
    folder = saved(pipeline, tmp_path / "saved", metadata, convert)
    fresh = StableDiffusionPipeline.from_pretrained(mini_folder)
    fresh.scheduler = DDIMScheduler.from_config(fresh.scheduler.config)
    fresh.set_progress_bar_config(disable=True)
    fresh.load_lora_weights(folder)
    style = adopted(mini_spec, folder)
    assert style.provenance.source["left_out"] == []
    assert style.provenance.source["layout"] == "diffusers"
    ours = painted_here(base, ScaledStyle(style))
    assert same(ours, painted_by_diffusers(fresh))
    assert np.abs(ours - bare).mean() > 0.5
    if metadata:
        assert same(ours, painted_by_diffusers(pipeline))


def test_a_folder_that_peft_saves_is_read(base, mini_spec, mini_folder, tmp_path):
    from diffusers import UNet2DConditionModel
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(5)
    unet = UNet2DConditionModel.from_pretrained(mini_folder / "unet")
    config = LoraConfig(
        r=3,
        lora_alpha=5,
        target_modules=["to_q", "conv1"],
        init_lora_weights=False,
        use_rslora=True,
        rank_pattern={"conv1": 2},
    )
    wrapped = get_peft_model(unet, config)
    wrapped.save_pretrained(tmp_path / "adapter")
    style = adopted(mini_spec, tmp_path / "adapter")
    found = fitting_modules(base, ScaledStyle(style))["unet"]
    layers = {
        path.removeprefix("base_model.model."): layer
        for path, layer in wrapped.named_modules()
        if hasattr(layer, "lora_A")
    }
    assert set(found) == set(layers)
    for path, layer in layers.items():
        delta = layer.get_delta_weight("default").detach()
        torch.testing.assert_close(found[path].delta(), delta, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layout", ["kohya", "diffusers"])
def test_what_we_export_loads_in_diffusers(mini_folder, mini_modules, lora, tmp_path, layout):
    from diffusers import StableDiffusionPipeline

    style = read_style(written(lora, "sd15", mini_modules, tmp_path))
    done = export_style(style, tmp_path / "out.safetensors", layout, mini_modules, "fp32")
    pipeline = StableDiffusionPipeline.from_pretrained(mini_folder)
    pipeline.load_lora_weights(done.path)
    found = changes_in(pipeline)
    for part, modules in lora.items():
        for path, module in modules.items():
            delta = module.delta()
            torch.testing.assert_close(
                found[part, path].view_as(delta), delta, rtol=1e-5, atol=1e-6
            )


def test_what_we_export_loads_in_peft(mini_folder, mini_modules, lora, tmp_path):
    from diffusers import StableDiffusionPipeline
    from peft import PeftModel

    style = read_style(written(lora, "sd15", mini_modules, tmp_path))
    done = export_style(style, tmp_path / "out", "peft", mini_modules, "fp32")
    pipeline = StableDiffusionPipeline.from_pretrained(mini_folder)
    for part, modules in lora.items():
        wrapped = PeftModel.from_pretrained(getattr(pipeline, part), done.path / part)
        layers = {
            path.removeprefix("base_model.model."): layer
            for path, layer in wrapped.named_modules()
            if hasattr(layer, "lora_A")
        }
        assert set(layers) == set(modules)
        for path, module in modules.items():
            delta = layers[path].get_delta_weight("default").detach()
            torch.testing.assert_close(delta, module.delta(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layout", ["kohya", "diffusers", "peft"])
def test_what_we_export_comes_back_with_its_effect(
    base, mini_spec, mini_modules, lora, tmp_path, layout
):
    style = replace(
        read_style(written(lora, "sd15", mini_modules, tmp_path)),
        prompt=Prompt("A Monet painting,"),
    )
    target = tmp_path / ("out" if layout == "peft" else "out.safetensors")
    export_style(style, target, layout, mini_modules, "fp32")
    again: Style = read_style(target) if layout == "kohya" else adopted(mini_spec, target)
    found = fitting_modules(base, ScaledStyle(again))
    for part, modules in lora.items():
        assert set(found[part]) == set(modules)
        for path, module in modules.items():
            torch.testing.assert_close(
                found[part][path].delta(), module.delta(), rtol=1e-5, atol=1e-6
            )
    if layout != "peft":
        assert again.prompt == style.prompt


def test_differing_alphas_are_applied_exactly(base, mini_spec, mini_modules, random_lora, tmp_path):
    """diffusers' own loader gets such a file wrong; ours takes each module's own alpha."""
    from safetensors.torch import save_file

    from stylecli.loras.names import kohya_names

    lora = random_lora(mini_modules, ENDS, alphas=(2.0, 0.3, 5.0), ranks=(2, 3, 1))
    tensors = {}
    for part, modules in lora.items():
        names = kohya_names("sd15", part, list(mini_modules[part]))
        for path, module in modules.items():
            tensors[f"{names[path]}.lora_down.weight"] = module.down.half()
            tensors[f"{names[path]}.lora_up.weight"] = module.up.half()
            tensors[f"{names[path]}.alpha"] = torch.tensor(module.alpha)
    save_file(tensors, tmp_path / "x.safetensors")
    style = adopted(mini_spec, tmp_path / "x.safetensors")
    found = fitting_modules(base, ScaledStyle(style))
    for part, modules in lora.items():
        for path, module in modules.items():
            torch.testing.assert_close(
                found[part][path].delta(), module.delta(), rtol=1e-6, atol=1e-7
            )
