"""Parts that are trained whole: their changes, the LoRA of them, and the pipeline with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from stylecli.bases.base import Base, load_base
from stylecli.bases.extract import extract_lora
from stylecli.bases.lora import apply_styles, to_kohya, without_style
from stylecli.bases.pipeline import write_pipeline
from stylecli.bases.spec import BaseSpec
from stylecli.errors import StylecliError, UsageError
from stylecli.loras.lowrank import lost_share, low_rank
from stylecli.progress import Event
from stylecli.styles.style import Provenance, ScaledStyle, Style

PARTS = ("unet", "text_encoder")


@pytest.fixture
def base(mini_spec: BaseSpec, mini_folder: Path) -> Base:
    return load_base(mini_spec, mini_folder, "fp32", torch.device("cpu"))


def disturb(base: Base, part: str, size: float = 0.05, rank: int | None = None) -> None:
    """Let a part learn something random: in every layer, of some rank, or in every parameter."""
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for value in base.whole[part].model.parameters():
            change = torch.randn(value.shape, generator=random)
            if rank is not None:
                flat = change.reshape(len(change), -1) if change.ndim > 1 else change
                change = torch.zeros_like(change)
                if flat.ndim > 1:
                    up, values, down = torch.linalg.svd(flat, full_matrices=False)
                    kept = (up[:, :rank] * values[:rank]) @ down[:rank]
                    change = kept.reshape(value.shape)
            value += size * change


def seen(base: Base) -> torch.Tensor:
    """What the denoiser says to a text, as the text encoder reads it."""
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return base.predict(latents, torch.tensor([500]), base.contexts(["a house"]))


def test_a_part_that_was_unfrozen_is_the_same_until_it_learns(base: Base):
    before = seen(base)
    wholes = [base.unfreeze(part) for part in PARTS]
    torch.testing.assert_close(seen(base), before)
    assert not any(change.delta.any() for whole in wholes for change in whole.changes())


def test_all_of_it_learns_in_fp32_and_names_tell_the_parts_apart(base: Base):
    unet, text = (base.unfreeze(part).named_parameters() for part in PARTS)
    assert len(unet) == len(list(base.denoiser.parameters()))
    assert all(value.requires_grad and value.dtype == torch.float32 for value in unet.values())
    assert all(name.startswith("text_encoder.") for name in text)
    assert not set(unet) & set(text)


def test_free_brings_back_what_the_base_was(base: Base):
    before = seen(base)
    for part in PARTS:
        base.unfreeze(part)
        disturb(base, part)
    assert not torch.allclose(seen(base), before)
    base.free(*PARTS)
    assert not base.whole
    torch.testing.assert_close(seen(base), before)


def test_the_base_as_it_was_is_there_inside_and_only_there(base: Base):
    before = seen(base)
    for part in PARTS:
        base.unfreeze(part)
        disturb(base, part)
    learnt = seen(base)
    with torch.inference_mode(), without_style(base):
        torch.testing.assert_close(seen(base), before)
    torch.testing.assert_close(seen(base), learnt)
    with without_style(base, "text_encoder"):
        half = seen(base)
    assert not torch.allclose(half, before)
    assert not torch.allclose(half, learnt)
    # What was put back learns on.
    base.contexts(["a house"], trainable=True).context.sum().backward()
    assert any(value.grad is not None for value in base.text_encoder.parameters())


def test_changes_are_told_apart_by_module_and_parameter(base: Base):
    whole = base.unfreeze("text_encoder")
    name = "encoder.layers.0.self_attn.q_proj"
    module = next(m for path, m in base.text_encoder.named_modules() if path.endswith(name))
    with torch.no_grad():
        module.weight += 1.0
        module.bias += 2.0
    found = {(c.module, c.parameter): c for c in whole.changes() if c.delta.any()}
    assert set(found) == {(name, "weight"), (name, "bias")}
    torch.testing.assert_close(
        found[name, "weight"].delta, torch.ones_like(module.weight), rtol=1e-4, atol=1e-4
    )
    assert found[name, "weight"].held
    assert not found[name, "bias"].held
    assert not next(c for c in whole.changes() if "embedding" in c.module).held


def as_style(base: Base, tensors: dict[str, torch.Tensor]) -> ScaledStyle:
    made = Provenance(base=base.spec.public_name)
    return ScaledStyle(Style("learnt", "dreambooth", "sd15", tensors, provenance=made))


def test_a_low_rank_change_of_the_layers_comes_back_whole(base: Base):
    """Known answer: what has rank 2, in layers that all programs read, is held by a file of rank 2."""
    wholes = [base.unfreeze(part) for part in PARTS]
    with torch.no_grad():
        for part in PARTS:
            disturb(base, part, rank=2)
        for part in PARTS:
            for path, value in base.whole[part].model.named_parameters():
                left_out = ("embedding", "conv_in", "conv_out")
                if any(word in path for word in left_out):
                    original = dict(base.whole[part]._load().named_parameters())[path]
                    value.copy_(original)
    learnt = seen(base)
    found = extract_lora(wholes, energy=0.9999, max_rank=16)
    assert found.highest == 2
    assert found.kept == pytest.approx(1, abs=1e-4)
    assert found.outside == pytest.approx(0, abs=1e-6)
    tensors = to_kohya(found.modules, base, "fp32")
    base.free(*PARTS)
    apply_styles(base, [as_style(base, tensors)])
    torch.testing.assert_close(seen(base), learnt, rtol=1e-3, atol=1e-4)
    apply_styles(base, [])


def test_how_much_is_kept_and_what_is_outside_is_what_is_said(base: Base):
    whole = base.unfreeze("unet")
    disturb(base, "unet")
    found = extract_lora([whole], energy=0.5, max_rank=64)
    layers = outside = lost = 0.0
    for change in whole.changes():
        size = float(change.delta.square().sum())
        if change.module in found.modules["unet"] and change.parameter == "weight":
            layers += size
            lost += size * lost_share(change.delta, found.modules["unet"][change.module])
        else:
            outside += size
    assert found.kept == pytest.approx(1 - lost / layers, abs=1e-5)
    assert found.outside == pytest.approx(outside / (layers + outside), abs=1e-5)
    assert 0.5 <= found.kept < 0.9
    assert f"{found.kept:.1%}" in found.described()
    assert extract_lora([whole], energy=0.99, max_rank=3).highest == 3
    assert not any(path.startswith(("conv_in", "time_embedding")) for path in found.modules["unet"])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    shape=st.sampled_from([(12, 8), (6, 20), (10, 4, 3, 3)]),
    energy=st.floats(0.05, 0.999),
)
def test_the_fewest_directions_that_explain_enough_are_kept(
    seed: int, shape: tuple[int, ...], energy: float
):
    delta = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    kept = low_rank(delta, 64, energy=energy)
    assert lost_share(delta, kept) <= 1 - energy + 1e-4
    if kept.rank > 1:
        assert lost_share(delta, low_rank(delta, kept.rank - 1)) > 1 - energy - 1e-4
    assert low_rank(delta, 2, energy=energy).rank <= 2


def test_weights_that_are_no_numbers_are_named(base: Base):
    whole = base.unfreeze("unet")
    with torch.no_grad():
        next(iter(whole.named_parameters().values())).fill_(float("nan"))
    with pytest.raises(StylecliError, match=r"not finite.*diverged"):
        extract_lora([whole], 0.9, 8)


def test_a_run_that_learnt_nothing_is_named(base: Base):
    with pytest.raises(StylecliError, match="Nothing was learnt"):
        extract_lora([base.unfreeze("unet")], 0.9, 8)


def test_every_parameter_is_reported(base: Base):
    events: list[Event] = []
    disturb_all = base.unfreeze("text_encoder")
    disturb(base, "text_encoder")
    extract_lora([disturb_all], 0.9, 4, events.append)
    count = len(disturb_all.named_parameters())
    assert [(event.done, event.total) for event in events] == [
        (n, count) for n in range(1, count + 1)
    ]


def test_a_pipeline_of_fp16_files_has_plain_names(
    mini_spec: BaseSpec, mini_folder: Path, tmp_path: Path
):
    from diffusers import StableDiffusionPipeline

    folder = tmp_path / "half"
    StableDiffusionPipeline.from_pretrained(mini_folder).to(torch.float16).save_pretrained(
        folder, variant="fp16"
    )
    base = load_base(mini_spec, folder, "fp32", torch.device("cpu"))
    base.unfreeze("unet")
    disturb(base, "unet")
    learnt = seen(base)
    write_pipeline(base, tmp_path / "pipeline", torch.float16)
    pipe = StableDiffusionPipeline.from_pretrained(tmp_path / "pipeline")
    assert pipe.vae is not None
    again = load_base(mini_spec, tmp_path / "pipeline", "fp32", torch.device("cpu"))
    torch.testing.assert_close(seen(again), learnt, rtol=0.05, atol=0.02)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_a_pipeline_that_was_written_is_a_base_and_a_diffusers_pipeline(
    base: Base, mini_spec: BaseSpec, tmp_path: Path, dtype: torch.dtype
):
    from diffusers import StableDiffusionPipeline

    for part in PARTS:
        base.unfreeze(part)
        disturb(base, part)
    learnt = seen(base)
    place = tmp_path / "runs" / "pipeline"
    write_pipeline(base, place, dtype)
    again = load_base(mini_spec, place, "fp32", torch.device("cpu"))
    close = {"rtol": 1e-4, "atol": 1e-5} if dtype == torch.float32 else {"rtol": 0.05, "atol": 0.02}
    torch.testing.assert_close(seen(again), learnt, **close)
    pipe = StableDiffusionPipeline.from_pretrained(place, torch_dtype=torch.float32)
    some = next(iter(pipe.unet.state_dict()))
    torch.testing.assert_close(
        pipe.unet.state_dict()[some], again.denoiser.state_dict()[some].contiguous()
    )
    written = load_file(place / "unet" / "diffusion_pytorch_model.safetensors")
    assert {value.dtype for value in written.values()} == {dtype}
    index = json.loads((place / "model_index.json").read_text())
    assert index["safety_checker"] == [None, None]
    assert [path.name for path in place.parent.iterdir()] == ["pipeline"]
    with pytest.raises(UsageError, match="is there already"):
        write_pipeline(base, place, dtype)
