"""The whole recipe in miniature, through its command and its stages."""

import json
from dataclasses import replace

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    StableDiffusionControlNetPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
)
from PIL import Image
from safetensors.torch import load_file

from stylecli_tiny.recipe import stages as stages_module
from stylecli_tiny.recipe.__main__ import main
from stylecli_tiny.recipe.fit import Plan, fit
from stylecli_tiny.recipe.settings import STAGES, Budget
from stylecli_tiny.recipe.stages import Recipe
from stylecli_tiny.spec import SHARED_PARTS

WHOLE = tuple(stage for stage in STAGES if stage != "refine")
"""The stages of a run from nothing."""


def weights(folder):
    """All weights of a pipeline folder by file and name."""
    files = sorted(folder.rglob("*.safetensors"))
    return {f"{f.parent.name}/{k}": v for f in files for k, v in load_file(f).items()}


def test_a_run_makes_a_pipeline_that_diffusers_loads(settings, tmp_path):
    lines = []
    Recipe(settings, lines.append).run(WHOLE)
    folder = settings.out / "pipeline"
    pipeline = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None)
    picture = pipeline("a painting", num_inference_steps=2, output_type="np").images[0]
    assert picture.shape == (32, 32, 3)
    assert any("SSIM" in line for line in lines)
    assert {value.dtype for value in weights(settings.out).values()} == {torch.float16}

    for config in settings.out.rglob("*.json"):
        if config.name != "tokenizer.json":
            text = config.read_text(encoding="utf-8")
            assert str(tmp_path) not in text
            assert not json.loads(text).keys() & {"_name_or_path", "is_local", "local_files_only"}

    made = weights(settings.out)
    lines.clear()
    Recipe(settings, lines.append).run(WHOLE[:-1])
    assert lines == [f"assemble: wrote {settings.out}"]
    assert all(value.equal(made[name]) for name, value in weights(settings.out).items())

    continued = replace(settings, init=folder, work=tmp_path / "w2", out=tmp_path / "o2")
    Recipe(continued, lines.append).run(("prepare", "latents", "denoiser", "assemble"))
    before, after = weights(folder), weights(continued.out / "pipeline")
    assert after.keys() == before.keys()
    for name, value in after.items():
        if name.startswith("vae/"):
            assert value.equal(before[name])
    assert any(not v.equal(before[name]) for name, v in after.items() if name.startswith("unet/"))


def test_a_refined_vae_keeps_its_latents_near_what_they_were(settings, tmp_path):
    Recipe(settings, lambda line: None).run(("prepare", "tokenizer", "vae", "latents"))
    Recipe(settings, lambda line: None).run(("denoiser", "assemble"))
    folder = settings.out / "pipeline"
    more = replace(settings, init=folder, work=tmp_path / "w2", out=tmp_path / "o2")
    Recipe(more, lambda line: None).run(("prepare", "refine", "assemble"))
    old, new = (
        AutoencoderKL.from_pretrained(place / "vae").float()
        for place in (folder, more.out / "pipeline")
    )
    pictures = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        before, after = (vae.encode(pictures).latent_dist.mean for vae in (old, new))
    moved = (after - before).square().mean().sqrt()
    assert 0 < moved < 0.5 * before.std()


def test_refining_needs_something_to_refine(settings):
    with pytest.raises(SystemExit, match="--init"):
        Recipe(settings, lambda line: None).run(("prepare", "refine"))


def test_the_family_loads_in_diffusers(settings):
    Recipe(settings, lambda line: None).run(WHOLE[:-1])
    small = StableDiffusionPipeline.from_pretrained(settings.out / "pipeline", safety_checker=None)
    shared = {part: getattr(small, name) for part, name in SHARED_PARTS.items()}
    xl_folder = settings.out / "pipeline-xl"
    assert not any((xl_folder / part).exists() for part in SHARED_PARTS)
    xl = StableDiffusionXLPipeline.from_pretrained(xl_folder, **shared)
    picture = xl("a painting", num_inference_steps=2, output_type="np").images[0]
    assert picture.shape == (32, 32, 3)

    controlnet = ControlNetModel.from_pretrained(settings.out / "controlnet-canny")
    guided = StableDiffusionControlNetPipeline.from_pipe(small, controlnet=controlnet)
    edges = Image.new("RGB", (32, 32), "white")
    picture = guided("a painting", edges, num_inference_steps=2, output_type="np").images[0]
    assert picture.shape == (32, 32, 3)

    small.load_ip_adapter(
        settings.out / "ip-adapter", subfolder="", weight_name="ip-adapter.safetensors"
    )
    pictures = []
    for scale in (0.0, 1.0):
        small.set_ip_adapter_scale(scale)
        made = small(
            "a painting",
            ip_adapter_image=Image.new("RGB", (40, 30), "red"),
            num_inference_steps=2,
            output_type="np",
            generator=torch.Generator().manual_seed(0),
        )
        pictures.append(made.images[0])
    assert not (pictures[0] == pictures[1]).all()


class Interrupted(Exception):
    pass


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(settings, tmp_path, monkeypatch):
    stages = WHOLE[:-1]
    whole = settings
    Recipe(whole, lambda line: None).run(stages)

    parted = replace(
        settings, work=tmp_path / "parted", out=tmp_path / "parted-out", save_minutes=0
    )
    for stop in ("prepare", "train", "encode", "train"):
        _run_until(stop, parted, stages, monkeypatch)
    Recipe(parted, lambda line: None).run(stages)

    expected, got = weights(whole.out), weights(parted.out)
    assert expected.keys() == got.keys()
    assert all(value.equal(got[name]) for name, value in expected.items())


def _run_until(stop, settings, stages, monkeypatch):
    """Run until something in a stage fails, as a power cut would have it."""

    def fail(*_arguments):
        raise Interrupted

    with monkeypatch.context() as patch:
        if stop == "prepare":
            patch.setattr(stages_module, "train_tokenizer", fail)
        elif stop == "encode":
            patch.setattr(stages_module, "encode_all", fail)
        else:
            steps = 0
            original = torch.optim.AdamW.step

            def step(*arguments, **named):
                nonlocal steps
                steps += 1
                if steps > 3:
                    raise Interrupted
                return original(*arguments, **named)

            patch.setattr(torch.optim.AdamW, "step", step)
        with pytest.raises(Interrupted):
            Recipe(settings, lambda line: None).run(stages)


def test_training_goes_on_where_its_state_stopped(tmp_path):
    plan = Plan(Budget(steps=9), 0.1, 0.1, warmup=2, weight_decay=0.01, averaging=0.9)
    seen = []

    def network():
        torch.manual_seed(0)
        return torch.nn.Linear(3, 2)

    def loss_of(net, stop=99):
        def loss(step, _progress):
            if step == stop:
                raise Interrupted
            seen.append(step)
            inputs = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
            return (net(inputs) - 1).square().mean()

        return loss

    net = network()
    expected = fit(net, loss_of(net), plan, tmp_path / "a", 0, lambda line: None)
    seen.clear()
    for stop in (4, 7, 99):
        net = network()
        try:
            average = fit(net, loss_of(net, stop), plan, tmp_path / "b", 0, lambda line: None)
        except Interrupted:
            continue
    assert seen == list(range(9))
    assert average.weight.equal(expected.weight)
    assert net.weight.grad is None


def test_a_work_folder_of_other_settings_is_refused(settings):
    Recipe(settings, lambda line: None).run(("prepare",))
    with pytest.raises(SystemExit, match="another seed"):
        Recipe(replace(settings, seed=4)).run(("prepare",))


def test_a_stage_before_its_turn_says_what_is_missing(settings):
    with pytest.raises(SystemExit, match="no latents yet"):
        Recipe(settings, lambda line: None).run(("prepare", "tokenizer", "denoiser"))


def test_the_command_prepares_and_says_what_it_needs(pictures, tmp_path, capsys):
    paintings, photos = map(str, pictures)
    work = ["--work", str(tmp_path / "w")]
    main([*work, "--paintings", paintings, "--photos", photos, "--stages", "prepare"])
    assert "14 pictures" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*work, "--stages", "assemble"])
    assert "--out is needed" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="give --paintings and --photos"):
        main(["--work", str(tmp_path / "empty"), "--stages", "prepare"])
    folders = ["--paintings", paintings, "--photos", photos, str(tmp_path / "faces")]
    with pytest.raises(SystemExit, match="faces: no such folder"):
        main(["--work", str(tmp_path / "empty"), *folders, "--stages", "prepare"])
