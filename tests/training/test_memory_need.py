from __future__ import annotations

import copy
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from stylecli.bases.base import Base, load_base
from stylecli.bases.conditions import Conditions
from stylecli.bases.spec import BaseSpec
from stylecli.errors import UsageError
from stylecli.progress import Event, silent
from stylecli.training.memory import (
    MemoryNeed,
    WholeTraining,
    memory_free,
    memory_needed,
    whole_training,
)
from stylecli.training.memory_check import WAYS, check_memory
from stylecli.training.options import TrainingOptions
from stylecli.training.rehearsal import Rehearsal

BOTH = WholeTraining(("unet", "text_encoder"), batch_size=2, pictures=4, side=64)


def elements(model: torch.nn.Module) -> int:
    return sum(value.numel() for value in model.parameters())


def test_weights_gradients_and_states_are_those_of_the_parameters(base: Base):
    need = memory_needed(base, replace(BOTH, average=True))
    count = elements(base.denoiser) + elements(base.text_encoder)
    assert need.weights == need.gradients == need.average == 4 * count
    assert need.optimizer == 8 * count
    assert need.total == 20 * count + need.activations


def test_the_text_encoder_counted_by_hand(base: Base, mini_folder: Path):
    words = json.loads((mini_folder / "text_encoder" / "config.json").read_text())["vocab_size"]
    layer = 4 * (32 * 32 + 32) + 2 * 2 * 32 + (32 * 64 + 64) + (64 * 32 + 32)
    by_hand = words * 32 + 77 * 32 + 2 * layer + 2 * 32
    need = memory_needed(base, replace(BOTH, parts=("text_encoder",)))
    assert need.gradients == 4 * by_hand
    assert need.weights == 4 * (by_hand + elements(base.denoiser)), "the denoiser stays loaded"


def test_what_is_needed_is_known_without_loading_anything(base: Base):
    memory_needed(base, BOTH)
    assert base.loaded == []


def test_with_previews_the_other_parts_stay_loaded(base: Base):
    alone = replace(BOTH, parts=("unet",))
    more = memory_needed(base, replace(alone, previews=True)).weights
    less = memory_needed(base, alone).weights
    assert more - less == 4 * (elements(base.vae) + elements(base.text_encoder))


def test_8_bit_states_but_of_small_tensors(base: Base):
    sizes = [value.numel() for value in base.denoiser.parameters()]
    small = sum(size for size in sizes if size < 4096)
    large = [size for size in sizes if size >= 4096]
    assert small
    assert large
    need = memory_needed(base, replace(BOTH, parts=("unet",), eight_bit=True))
    blocks = sum((size + 255) // 256 for size in large)
    assert need.optimizer == 8 * small + 2 * sum(large) + 8 * blocks


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pictures=some.integers(1, 8), sides=some.tuples(some.integers(16, 32), some.integers(1, 16)))
def test_a_pass_keeps_more_for_more_and_larger_pictures_and_less_with_checkpoints(
    base: Base, pictures: int, sides: tuple[int, int]
):
    side = 4 * sides[0]
    one = replace(BOTH, parts=("unet",), pictures=pictures, side=side)
    kept = memory_needed(base, one).activations
    assert memory_needed(base, replace(one, pictures=pictures + 1)).activations > kept
    assert memory_needed(base, replace(one, side=side + 4 * sides[1])).activations > kept
    assert memory_needed(base, replace(one, checkpointing=True)).activations < kept


def test_attention_is_not_counted_as_a_matrix(base: Base):
    """Twice the side makes 4 times the cells; the matrix of each to each would be 16 times as large."""
    one = replace(BOTH, parts=("unet",), side=256)
    ratio = (
        memory_needed(base, replace(one, side=512)).activations
        / memory_needed(base, one).activations
    )
    assert 3 < ratio < 4.2


@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_rehearsal_counts_what_torch_allocates(base: Base, checkpointing: bool):
    unet = base.denoiser.train().requires_grad_(True)
    empty = copy.deepcopy(unet).to("meta")
    counted = Rehearsal(empty, None, torch.float32, False, checkpointing).peak(8, 32)
    if checkpointing:
        unet.enable_gradient_checkpointing()
    latents, context = torch.randn(8, 4, 32, 32), torch.randn(8, 77, 32)
    with torch.profiler.profile(profile_memory=True) as profiler:
        prediction = base.predict(latents, torch.zeros(8, dtype=torch.long), Conditions(context))
        (prediction - latents).square().mean().backward()
    held = peak = 0
    events = profiler.profiler.kineto_results.events()
    for event in sorted(events, key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            held += event.nbytes()
            peak = max(peak, held)
    assert peak > 1e6
    assert 0.85 < counted / peak < 1.15


def test_half_precision_keeps_less_but_the_cast_weights_too(mini_spec: BaseSpec, mini_folder: Path):
    full, half = (
        load_base(mini_spec, mini_folder, precision, torch.device("cpu"))
        for precision in ("fp32", "bf16")
    )
    large = replace(BOTH, parts=("unet",), side=256)
    assert memory_needed(half, large).activations < memory_needed(full, large).activations
    assert memory_needed(half, large).weights == memory_needed(full, large).weights


def test_gradients_that_wait_for_a_second_pass_are_counted_at_its_fullest(base: Base):
    one = replace(BOTH, side=256)
    assert memory_needed(base, replace(one, accumulation=4)).total > memory_needed(base, one).total


def test_options_mean_what_they_say():
    options = TrainingOptions(batch_size=3, gradient_checkpointing=True, preview_every=0)
    meant = whole_training(options, ["unet"], 6, torch.device("cpu"))
    assert meant == WholeTraining(("unet",), 3, 6, 512, checkpointing=True)
    cropped = whole_training(replace(options, crop_size=256), ["unet"], 6, torch.device("cpu"))
    assert (cropped.side, cropped.side_flag) == (256, "--crop-size")


def test_8_bits_are_counted_only_where_bitsandbytes_works(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    options = TrainingOptions(optimizer="adamw-8bit")
    assert not whole_training(options, ["unet"], 2, torch.device("cpu")).eight_bit


def test_a_damaged_configuration_is_named(base: Base, mini_folder: Path, tmp_path: Path):
    folder = tmp_path / "broken"
    shutil.copytree(mini_folder, folder)
    (folder / "unet" / "config.json").write_text("{")
    with pytest.raises(UsageError, match=r"unet/config\.json"):
        memory_needed(Base(base.spec, folder, base.device, base.dtype), BOTH)


def test_what_is_free_is_known_of_a_cpu_and_not_of_everything():
    assert (memory_free(torch.device("cpu")) or 0) > 0
    assert memory_free(torch.device("mps")) is None


def refusal(base: Base, training: WholeTraining, free: int, last: str = "") -> UsageError:
    with pytest.raises(UsageError) as caught:
        check_memory(base, training, silent, last=last, free=free)
    return caught.value


def test_what_cannot_fit_is_refused_with_ways_that_add_up_to_fitting(base: Base):
    plans = [replace(BOTH, side=256)]
    for change in ({"checkpointing": True}, {"parts": ("unet",)}, {"batch_size": 1, "pictures": 2}):
        plans.append(replace(plans[-1], **change))
    needs = [memory_needed(base, plan).total for plan in plans]
    assert needs == sorted(needs, reverse=True)
    free = int(needs[-1] / 0.89)
    assert needs[-2] > 0.9 * free
    error = refusal(base, plans[0], free, last="--variant lora")
    whole, first, second, third, room = (round(need / 1e6) for need in (*needs, free))
    assert error.message == (
        f"Fine-tuning the whole denoiser and text encoder needs about {whole} MB; {room} MB are free in memory."
    )
    assert error.hint == (
        f"Try --gradient-checkpointing ({first} MB), then also --no-train-text-encoder ({second} MB), "
        f"then also --batch-size 1 ({third} MB). --variant lora needs far less."
    )


def test_ways_that_the_run_has_already_are_not_named(base: Base):
    training = WholeTraining(("unet",), 1, 2, 256, checkpointing=True)
    hint = refusal(base, training, 1_000_000).hint or ""
    assert hint.startswith("All of these are not enough: --resolution 128 (")
    assert "checkpointing" not in hint
    assert "text-encoder" not in hint
    assert "--batch-size" not in hint


def test_8_bit_is_a_way_on_a_gpu(mini_spec: BaseSpec, mini_folder: Path, base: Base):
    gpu = load_base(mini_spec, mini_folder, "bf16", torch.device("cuda"))
    error = refusal(gpu, BOTH, 1_000_000)
    assert error.message.endswith("1 MB are free on the GPU.")
    assert "--optimizer adamw-8bit" in (error.hint or "")
    assert "adamw-8bit" not in (refusal(base, BOTH, 1_000_000).hint or "")


def test_a_method_names_its_own_ways(base: Base):
    only = {"batch-size": WAYS["batch-size"]}
    with pytest.raises(UsageError) as caught:
        check_memory(base, BOTH, silent, only, "--variant lora", 1_000_000)
    assert (caught.value.hint or "").startswith("All of these are not enough: --batch-size 1 (")
    with pytest.raises(UsageError) as caught:
        check_memory(base, BOTH, silent, {}, free=1_000_000)
    assert caught.value.hint is None


@pytest.mark.parametrize(
    ("share", "warned"), [(0.85, False), (0.95, True), (1.05, True)], ids=["fits", "just", "near"]
)
def test_a_narrow_miss_is_a_warning(base: Base, share: float, warned: bool):
    heard: list[Event] = []
    need = memory_needed(base, BOTH)
    got = check_memory(base, BOTH, heard.append, free=int(need.total / share))
    assert got == need
    assert [event.level for event in heard] == ["warning"] * warned


def test_nothing_is_refused_where_it_is_not_known_what_is_free(
    mini_spec: BaseSpec, mini_folder: Path
):
    unknown = load_base(mini_spec, mini_folder, "fp32", torch.device("mps"))
    assert check_memory(unknown, BOTH, silent) is None


def test_a_need_adds_up():
    assert MemoryNeed(1, 20, 300, 4000, 50000).total == 54321
