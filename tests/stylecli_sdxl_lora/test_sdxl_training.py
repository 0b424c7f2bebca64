"""What sdxl-lora learns, what it keeps in memory meanwhile, and what it tells the denoiser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from stylecli.bases.base import Base
from stylecli.bases.lora import apply_styles
from stylecli.errors import Cancelled, UsageError
from stylecli.loras.keys import parts_of
from stylecli.progress import Event
from stylecli.sampling.options import RepaintOptions
from stylecli.styles.style import ScaledStyle, Style
from stylecli.training.run import TrainRun
from stylecli_sdxl_lora.method import SdxlLora

MakeRun = Callable[..., TrainRun]
ALL = {"unet", "text_encoder", "text_encoder_2"}


def train(run: TrainRun) -> Style:
    return SdxlLora().train(run)


def ups(style: Style, part: str) -> dict[str, torch.Tensor]:
    return {
        key: value
        for key, value in style.tensors.items()
        if key.endswith("lora_up.weight") and parts_of([key]) == {part}
    }


def test_the_denoiser_learns_in_the_names_that_other_programs_know(make_run: MakeRun):
    style = train(make_run())
    assert style.family == "sdxl"
    assert style.parts == {"unet"}
    learnt = ups(style, "unet")
    assert all(value.any() for value in learnt.values())
    assert all(
        key.startswith(
            ("lora_unet_input_blocks_", "lora_unet_middle_block_", "lora_unet_output_blocks_")
        )
        for key in learnt
    )


def test_both_text_encoders_learn_as_far_as_they_are_read(make_run: MakeRun):
    """Of the first only the penultimate states are read, so its last layer has nothing to learn from."""
    style = train(make_run(train_text_encoders=True))
    assert style.parts == ALL
    for part in ALL:
        for key, value in ups(style, part).items():
            unread = part == "text_encoder" and "_layers_1_" in key
            assert bool(value.any()) != unread, key


def test_the_text_encoders_learn_at_their_own_rate(make_run: MakeRun):
    style = train(make_run(train_text_encoders=True, text_encoder_learning_rate=0.0))
    assert not any(value.any() for part in ALL - {"unet"} for value in ups(style, part).values())
    assert all(value.any() for value in ups(style, "unet").values())


@pytest.mark.parametrize("previews", [0, 2])
@pytest.mark.parametrize("reads", [False, True])
def test_what_encoded_the_pictures_is_dropped_before_training(
    make_run: MakeRun, previews: int, reads: bool
):
    loaded = []
    run = make_run(train_text_encoders=reads, preview_every=previews)

    def listen(event: Event) -> None:
        if event.stage == "training" and event.total and event.picture is None:
            loaded.append(set(run.base.loaded))

    train(replace(run, progress=listen))
    assert loaded == [ALL if reads else {"unet"}] * 3


def test_the_denoiser_is_told_each_pictures_own_size_and_crop(
    make_run: MakeRun, base: Base, monkeypatch: pytest.MonkeyPatch
):
    told: list[list[float]] = []
    forward = base.denoiser.forward

    def watched(*args, **kwargs):
        told.extend(kwargs["added_cond_kwargs"]["time_ids"].tolist())
        return forward(*args, **kwargs)

    monkeypatch.setattr(base.denoiser, "forward", watched)
    train(make_run(steps=12, resolution=72, crop_size=64))
    sizes = {item.size for item in make_run().dataset.items}
    assert {(width, height) for height, width, *_ in told} == sizes
    assert {tuple(target) for *_, high, wide in told for target in [(high, wide)]} == {(64, 64)}
    assert len({(top, left) for _, _, top, left, _, _ in told}) > 4


@pytest.mark.parametrize("reads", [False, True])
def test_less_memory_changes_nothing_that_is_learnt(make_run: MakeRun, reads: bool):
    def learnt(checkpointing: bool) -> Style:
        run = make_run(
            f"run-{checkpointing}",
            train_text_encoders=reads,
            gradient_checkpointing=checkpointing,
        )
        return train(run)

    plain, spared = learnt(False), learnt(True)
    assert plain.tensors.keys() == spared.tensors.keys()
    for key, value in plain.tensors.items():
        assert torch.allclose(value, spared.tensors[key], atol=1e-5), key


@pytest.mark.parametrize("reads", [False, True])
def test_a_run_that_is_stopped_goes_on_exactly(make_run: MakeRun, told, reads: bool):
    options = {"train_text_encoders": reads, "dropout": 0.3, "epochs": 1.0, "accumulation": 1}
    through = train(make_run("through", **options))

    def stop(event: Event) -> None:
        if event.stage == "training" and event.done == 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        train(replace(make_run("stopped", **options), progress=stop))
    going_on = train(make_run("stopped", resume=True, **options))
    assert going_on.tensors.keys() == through.tensors.keys()
    for key, value in through.tensors.items():
        assert torch.equal(value, going_on.tensors[key]), key


def test_weights_stay_fp32_and_small_steps_count_in_bf16(make_run: MakeRun):
    """At 1e-5 a bf16 weight would round every update away."""
    run = make_run(precision="bf16", learning_rate=1e-5)
    run.base.dtype = torch.bfloat16
    style = train(run)
    changed = [value.abs().max() for value in ups(style, "unet").values()]
    assert all(0 < value <= 3.1e-5 for value in changed)


def test_pictures_come_every_so_many_epochs_and_change_nothing(make_run: MakeRun):
    quiet = train(make_run("quiet", epochs=4.0))
    run = make_run("seen", epochs=4.0, preview_epochs=2.0, preview_every=None)
    run = replace(
        run,
        options=replace(run.options, validation_prompt="a red house", validation_pictures=3),
    )
    seen = train(run)
    names = sorted(path.name for path in (run.folder / "previews").glob("*.png"))
    # Three batches make an epoch.
    steps = {name.rsplit("-", 1)[0] for name in names}
    assert steps == {"step-000006", "step-000012"}
    assert len(names) == 6
    assert '"a red house"' in (run.folder / "previews" / "previews.json").read_text()
    assert seen.thumbnail
    assert all(torch.equal(value, seen.tensors[key]) for key, value in quiet.tensors.items())


def test_the_perceptual_term_keeps_the_decoder_and_changes_what_is_learnt(make_run: MakeRun):
    plain = train(make_run("plain"))
    loaded = []
    run = make_run("seen", perceptual_weight=0.5, preview_every=2)

    def listen(event: Event) -> None:
        if event.stage == "training" and event.total and event.picture is None:
            loaded.append(set(run.base.loaded))

    seen = train(replace(run, progress=listen))
    assert loaded == [{"unet", "vae"}] * 3
    assert any(not torch.equal(value, seen.tensors[key]) for key, value in plain.tensors.items())
    spared = train(make_run("spared", perceptual_weight=0.5, gradient_checkpointing=True))
    for key, value in seen.tensors.items():
        assert torch.allclose(value, spared.tensors[key], atol=1e-4), key


def test_a_style_whose_weights_are_zeroed_paints_what_the_base_paints(
    make_run: MakeRun, base: Base, picture
):
    style = train(make_run(train_text_encoders=True, steps=6, learning_rate=0.05))
    nothing = replace(
        style,
        tensors={
            key: value if key.endswith(".alpha") else torch.zeros_like(value)
            for key, value in style.tensors.items()
        },
    )
    photo = picture(40, (64, 64))
    options = RepaintOptions(steps=4, strength=0.8, guidance=3.0, size=64)

    def painted(*styles: Style) -> np.ndarray:
        paint = SdxlLora().stylizer(base, [ScaledStyle(each) for each in styles], options)
        # The words come from the styles; without one they are given.
        words = "" if styles else style.prompt.with_subject("")
        return np.asarray(paint([photo], [words], [1])[0], float)

    with_style, zeroed, bare = painted(style), painted(nothing), painted()
    apply_styles(base, ())
    assert np.array_equal(zeroed, bare)
    assert np.abs(with_style - zeroed).mean() > 1


def test_what_there_is_not_is_refused_before_anything_is_encoded(make_run: MakeRun, told):
    for options, flag in (
        ({"target_modules": "to_w"}, "--target-modules"),
        (
            {"train_text_encoders": True, "text_encoder_target_modules": "query"},
            "--text-encoder-target-modules",
        ),
    ):
        with pytest.raises(UsageError, match=flag):
            train(make_run(**options))
    assert told == []
