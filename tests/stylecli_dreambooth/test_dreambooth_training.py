"""Training whole parts and LoRAs: what is learnt, what is kept of it, and what it loses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.bases.base import Base, load_base
from stylecli.bases.lora import apply_styles
from stylecli.bases.spec import BaseSpec
from stylecli.errors import Cancelled, StylecliError, UsageError
from stylecli.progress import Event, Progress
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.text2image import paint_prompts
from stylecli.styles.format import read_style
from stylecli.styles.style import ScaledStyle, Style
from stylecli.training import memory_check
from stylecli.training.previews import read_previews
from stylecli.training.run import TrainRun
from stylecli_dreambooth.learning import WholeParts
from stylecli_dreambooth.method import Dreambooth
from stylecli_dreambooth.options import DreamboothTransfer

MakeRun = Callable[..., TrainRun]
BOTH = frozenset({"unet", "text_encoder"})


def repainted(base: Base, style: Style, photo: Image.Image, scale: float = 1.0) -> np.ndarray:
    options = DreamboothTransfer(steps=4, strength=0.75, guidance=3.0, size=64)
    paint = Dreambooth().stylizer(base, [ScaledStyle(style, scale)], options)
    return np.asarray(paint([photo], [""], [0])[0], np.float32)


def weights_of(base: Base) -> dict[str, torch.Tensor]:
    models = (base.denoiser, base.text_encoder)
    return {f"{i}{k}": v.clone() for i, m in enumerate(models) for k, v in m.state_dict().items()}


@pytest.mark.parametrize("variant", ["full", "lora"])
@pytest.mark.parametrize("reads", [True, False])
def test_a_style_changes_photos_and_a_zeroed_one_does_not(
    make_run: MakeRun,
    base: Base,
    picture: Callable[..., Image.Image],
    variant: str,
    reads: bool,
):
    before = weights_of(base)
    style = Dreambooth().train(
        make_run(
            variant=variant, train_text_encoder=reads, learning_rate=0.01, lora_learning_rate=0.05
        )
    )
    assert style.parts == (BOTH if reads else {"unet"})
    after = weights_of(base)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    photo = picture(9, (64, 64))
    zeroed = replace(
        style, tensors={name: torch.zeros_like(value) for name, value in style.tensors.items()}
    )
    plain = repainted(base, style, photo, scale=0.0)
    assert np.abs(repainted(base, zeroed, photo) - plain).max() <= 1
    assert np.abs(repainted(base, style, photo) - plain).mean() > 1
    one = {
        name: torch.zeros_like(value) if not name.startswith("lora_te_") else value
        for name, value in style.tensors.items()
    }
    if reads:
        alone = repainted(base, replace(style, tensors=one), photo)
        assert np.abs(alone - plain).max() > 0, "the text encoder's part does nothing"


def test_what_a_file_cannot_hold_learns_only_where_that_is_wanted(
    make_run: MakeRun, told: list[Event]
):
    Dreambooth().train(make_run("all"))
    said = next(event.message for event in told if "layers learnt" in (event.message or ""))
    assert "norms, biases and embeddings, which it cannot hold" in said
    told.clear()
    run = make_run("held", train_norms=False)
    learning = WholeParts(run)
    names = learning.named_parameters()
    assert names
    assert not any("bias" in name or "norm" in name or "embedding" in name for name in names)
    run.base.free("unet", "text_encoder")
    Dreambooth().train(run)
    said = next(event.message for event in told if "layers learnt" in (event.message or ""))
    assert "cannot hold" not in said


def test_convolutions_are_among_what_is_kept(make_run: MakeRun):
    style = Dreambooth().train(make_run())
    kinds = {tuple(value.shape[2:]) for key, value in style.tensors.items() if "lora_down" in key}
    assert (3, 3) in kinds
    assert any("resnets" in key for key in style.tensors)
    assert not any("conv_in" in key or "time_embedding" in key for key in style.tensors)


def test_one_seed_gives_one_style_and_another_another(make_run: MakeRun):
    options = {"class_pictures": 4}
    one, two = (Dreambooth().train(make_run(name, **options)) for name in ("one", "two"))
    assert one.fingerprint == two.fingerprint
    other = Dreambooth().train(replace(make_run("three", **options), seed=4))
    assert other.fingerprint != one.fingerprint


def test_copies_know_how_many_pictures_they_are_of(make_run: MakeRun):
    run = make_run(steps=2, save_every=1, class_pictures=9)
    style = Dreambooth().train(run)
    copies = [read_style(path) for path in sorted((run.folder / "checkpoints").iterdir())]
    assert [copy.provenance.dataset["count"] for copy in (*copies, style)] == [6, 6, 6]


def test_a_loras_own_learning_rate_holds(make_run: MakeRun):
    options = {"variant": "lora", "class_pictures": 2, "train_text_encoder": False}
    still = Dreambooth().train(make_run("still", lora_learning_rate=0.0, **options))
    ups = [value for key, value in still.tensors.items() if "lora_up" in key]
    assert ups
    assert not any(value.any() for value in ups)


def stopping_at(stage: str) -> Progress:
    def stop(event: Event) -> None:
        if event.stage == stage:
            raise Cancelled("stopped")

    return stop


@pytest.mark.parametrize("stage", ["extracting a LoRA", "comparing"])
def test_a_run_that_is_stopped_behind_its_last_step_goes_on(make_run: MakeRun, stage: str):
    options = {"keep_full": True, "compare": 1, "save_every": 2, "class_pictures": 2}
    run = replace(make_run("halves", **options), trial=Judge(), progress=stopping_at(stage))
    with pytest.raises(Cancelled):
        Dreambooth().train(run)
    assert not run.base.whole
    again = replace(make_run("halves", resume=True, **options), trial=Judge())
    style = Dreambooth().train(again)
    whole = Dreambooth().train(make_run("whole", compare=0, class_pictures=2))
    assert style.fingerprint == whole.fingerprint
    assert (again.folder / "pipeline" / "model_index.json").is_file()


@pytest.mark.parametrize("variant", ["full", "lora"])
def test_a_stopped_run_goes_on_exactly(make_run: MakeRun, variant: str):
    options = {"variant": variant, "steps": 4, "ema_decay": 0.5}
    whole = Dreambooth().train(make_run("whole", **options))

    def stop(event: Event) -> None:
        if event.stage == "training" and event.done == 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        Dreambooth().train(replace(make_run("halves", **options), progress=stop))
    resumed = Dreambooth().train(make_run("halves", resume=True, **options))
    assert resumed.fingerprint == whole.fingerprint
    assert resumed.provenance.training["steps"] == 4


def test_without_prior_preservation_nothing_is_painted(make_run: MakeRun, told: list[Event]):
    run = make_run(prior_preservation=False)
    Dreambooth().train(run)
    assert not any(event.stage == "painting class pictures" for event in told)
    assert not (run.cache.folder / "class-pictures").exists()
    # Six pictures in batches of two: three steps are an epoch; with twelve class pictures half of one.
    metrics = (run.folder / "metrics.jsonl").read_text().splitlines()
    assert len(metrics) == 3


def test_an_epoch_is_as_long_as_the_larger_set(make_run: MakeRun):
    style = Dreambooth().train(make_run(steps=None, epochs=1.0, class_pictures=10))
    assert style.provenance.training["steps"] == 5
    assert style.provenance.dataset["count"] == 6


def test_the_text_encoders_own_learning_rate_holds(make_run: MakeRun):
    still = Dreambooth().train(make_run(text_encoder_learning_rate=0.0, class_pictures=2))
    assert still.parts == {"unet"}


class Judge:
    """Photos of one colour each, and a judge that only counts."""

    def photos(self, count: int, side: int) -> list[Image.Image]:
        return [Image.new("RGB", (side, side), (40 * number, 90, 90)) for number in range(count)]

    def figures(
        self, photos: Sequence[Path], outputs: Mapping[str, Sequence[Path]], progress: Progress
    ) -> Mapping[str, Mapping[str, float]]:
        assert all(path.is_file() for paths in (photos, *outputs.values()) for path in paths)
        return {name: {"SC": float(len(paths))} for name, paths in outputs.items()}


def losses(make_run: MakeRun, told: list[Event], name: str, **options: object) -> float:
    """How far apart photos are that the full weights and the style file repaint."""
    run = replace(make_run(name, compare=3, learning_rate=0.01, **options), trial=Judge())
    Dreambooth().train(run)
    record = json.loads((run.folder / "comparison" / "comparison.json").read_text())
    assert record["figures"] == {"the full weights": {"SC": 3.0}, "the style file": {"SC": 3.0}}
    assert len(list((run.folder / "comparison").glob("*.png"))) == 10
    said = [event.message for event in told if event.message and "grey levels" in event.message]
    assert "SC 3.00 and 3.00" in said[-1]
    assert f"{record['difference']:.1f} grey levels" in said[-1]
    assert any("of what the layers learnt" in (event.message or "") for event in told)
    return float(record["difference"])


def test_what_the_file_loses_is_measured_and_grows_with_what_is_left_out(
    make_run: MakeRun, told: list[Event]
):
    full = losses(make_run, told, "most", energy=1.0, max_rank=1024, save_precision="fp32")
    little = losses(make_run, told, "least", energy=0.01, max_rank=1)
    assert little > 1.5 * full
    style_guided = {"steps": 4, "strength": 0.75, "size": 64, "style_guidance": True}
    run = replace(make_run("guided", compare=1), trial=Judge(), transfer=style_guided)
    Dreambooth().train(run)
    assert (run.folder / "comparison" / "grid.png").is_file()


def test_the_whole_pipeline_is_kept_where_that_is_asked_for(
    make_run: MakeRun, mini_spec: BaseSpec, base: Base, told: list[Event]
):
    run = make_run(keep_full=True, learning_rate=0.01, train_norms=False)
    style = Dreambooth().train(run)
    place = run.folder / "pipeline"
    assert any(str(place) in (event.message or "") for event in told)
    whole = load_base(mini_spec, place, "fp32", torch.device("cpu"))
    options = SamplingOptions(steps=3, guidance=2.0)
    prompts, seeds = ["monet style"], [1]

    def of(one: Base) -> np.ndarray:
        return np.asarray(paint_prompts(one, prompts, seeds, options)[0], np.float32)

    from_file = Dreambooth().generator(base, [ScaledStyle(style)], options)([""], seeds)[0]
    apply_styles(base, [])
    near = np.abs(np.asarray(from_file, np.float32) - of(whole)).mean()
    far = np.abs(of(base) - of(whole)).mean()
    assert near < far / 2, (near, far)


def test_what_a_rating_of_checkpoints_needs_is_kept(make_run: MakeRun, told: list[Event]):
    run = make_run(
        save_every=2, preview_every=2, steps=4, validation_steps=2, save_limit=2, class_pictures=2
    )
    style = Dreambooth().train(run)
    kept = sorted(path.name for path in (run.folder / "checkpoints").iterdir())
    assert kept == ["monet-000002.safetensors", "monet-000004.safetensors"]
    shown = read_previews(run.folder)
    assert list(shown) == [2, 4]
    assert [each.prompt for each in shown[2]] == [each.prompt for each in shown[4]]
    assert [each.seed for each in shown[2]] == [3, 4, 5, 6]
    assert shown[2][0].prompt == "monet style, a landscape with trees and water"
    assert style.thumbnail


def test_the_users_own_validation_prompt_is_taken_whole(make_run: MakeRun):
    run = make_run(
        preview_every=3,
        validation_prompt="a person, Disney style",
        validation_pictures=2,
        validation_steps=2,
        class_pictures=2,
    )
    Dreambooth().train(run)
    assert {each.prompt for each in read_previews(run.folder)[3]} == {"a person, Disney style"}


def test_previews_change_nothing_of_what_is_learnt(make_run: MakeRun):
    plain = Dreambooth().train(make_run("plain", class_pictures=2))
    shown = make_run("shown", class_pictures=2, preview_every=1, validation_steps=2)
    guided = replace(shown, transfer={**shown.transfer, "style_guidance": True})
    assert Dreambooth().train(guided).fingerprint == plain.fingerprint


@pytest.mark.parametrize("variant", ["full", "lora"])
def test_a_fine_tune_that_does_not_fit_is_refused_before_anything_is_done(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, variant: str
):
    monkeypatch.setattr(memory_check, "memory_free", lambda device: 2_000_000)
    run = make_run(variant=variant, class_pictures=2)
    if variant == "lora":
        Dreambooth().train(run)
        return
    with pytest.raises(UsageError, match="Fine-tuning the whole denoiser and text encoder") as why:
        Dreambooth().train(run)
    assert "--variant lora" in (why.value.hint or "")
    assert "--gradient-checkpointing" in (why.value.hint or "")
    assert not (run.cache.folder / "class-pictures").exists()


def test_a_run_that_diverges_is_named(make_run: MakeRun, base: Base):
    before = weights_of(base)
    with pytest.raises(StylecliError, match="diverged"):
        Dreambooth().train(make_run(learning_rate=1.0, steps=60, clip_norm=0.0, class_pictures=2))
    assert all(torch.equal(before[name], value) for name, value in weights_of(base).items())


def test_a_class_of_the_styles_own_name_is_refused(make_run: MakeRun):
    with pytest.raises(UsageError, match="also what the style pictures are called"):
        Dreambooth().train(make_run(class_prompt="monet style"))


def test_gradients_are_checkpointed_where_that_is_asked_for(make_run: MakeRun):
    for asked in (False, True):
        run = make_run(gradient_checkpointing=asked)
        WholeParts(run)
        for model in (run.base.denoiser, run.base.text_encoder):
            switches = [getattr(m, "gradient_checkpointing", False) for m in model.modules()]
            assert any(switches) == asked
        run.base.free("unet", "text_encoder")


def test_checkpointed_gradients_learn_the_same(make_run: MakeRun):
    one = Dreambooth().train(make_run("one", class_pictures=2, save_precision="fp32"))
    two = Dreambooth().train(
        make_run("two", class_pictures=2, save_precision="fp32", gradient_checkpointing=True)
    )
    assert one.tensors.keys() == two.tensors.keys()
    photo = Image.new("RGB", (64, 64), (200, 90, 40))
    base = load_base(make_run("three").base.spec, make_run("three").base.folder)
    apart = np.abs(repainted(base, one, photo) - repainted(base, two, photo))
    assert apart.max() <= 2
