"""The presets give exactly what the reports say, on every base."""

from __future__ import annotations

import pytest

from stylecli.bases.spec import SD15, BaseSpec
from stylecli.cli.given import Given
from stylecli.cli.train_setup import options_for
from stylecli.errors import UsageError
from stylecli.options import as_record, resolve
from stylecli.registry import load_registry
from stylecli_lora_sdedit.method import LoraSdedit
from stylecli_lora_sdedit.options import LoraOptions, trained_parts
from stylecli_lora_sdedit.published import ABLATIONS, PRESETS

COMMON = {
    "lr_schedule": "constant",
    "warmup": 0,
    "accumulation": 1,
    "adam_beta2": 0.999,
    "clip_norm": 0.0,
    "min_snr": 0.0,
    "noise_offset": 0.0,
    "min_timestep": 0,
    "max_timestep": 999,
    "caption_dropout": 0.0,
    "flip": False,
    "buckets": False,
    "rank": 8,
    "alpha": 16.0,
    "steps": None,
}
REPORTS = {
    "monet-a": {
        **COMMON,
        "train_modules": "unet",
        "target_modules": "to_q,to_k,to_v,to_out.0",
        "dropout": 0.0,
        "learning_rate": 1e-5,
        "weight_decay": 0.01,
        "batch_size": 2,
        "epochs": 1.0,
        "resolution": 256,
        "crop_size": 256,
        "crop": "random",
        "precision": "bf16",
        "prefix_only": 0.0,
    },
    "three-part": {
        **COMMON,
        "train_modules": "unet,text-encoder,vae",
        "target_modules": "to_q,to_v",
        "text_encoder_target_modules": "q_proj,v_proj",
        "vae_target_modules": "to_q,to_k,to_v",
        "dropout": 0.05,
        "learning_rate": 1e-4,
        "text_encoder_learning_rate": 1e-4,
        "vae_learning_rate": 1e-4,
        "weight_decay": 0.0,
        "batch_size": 4,
        "vae_batch_size": 4,
        "epochs": 100.0,
        "vae_epochs": 100.0,
        "vae_steps": None,
        "resolution": 512,
        "crop_size": 512,
        "precision": "fp32",
        "prefix_only": 1.0,
    },
}
FREE = {
    "preview_every",
    "checkpoint_every",
    "save_every",
    "save_limit",
    "save_precision",
    "gradient_checkpointing",
}
"""What does not touch what is learnt."""


def options_on(spec: BaseSpec, preset: str | None, **typed: object) -> LoraOptions:
    chosen = PRESETS[preset] if preset else None
    given = Given(typed, {}, {})
    options: LoraOptions = options_for(LoraSdedit(), spec, given, chosen, None, {}).options
    return options


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_preset_is_its_report_on_every_base(preset: str):
    records = []
    for spec in (SD15, load_registry().bases["tiny"]):
        record = as_record(options_on(spec, preset))
        assert {name: record[name] for name in REPORTS[preset]} == REPORTS[preset]
        free = (*FREE, *(("text_encoder_", "vae_") if record["train_modules"] == "unet" else ()))
        records.append({name: each for name, each in record.items() if not name.startswith(free)})
    assert records[0] == records[1], "a base's recommendation does not get into it"


def test_the_presets_words():
    method = LoraSdedit()
    monet, three = PRESETS["monet-a"], PRESETS["three-part"]
    assert method.prompt("x", monet.prefix, monet.token).prefix == "A Monet painting,"
    prompt = method.prompt("x", three.prefix, three.token)
    assert (prompt.prefix, prompt.token) == ("A painting in the style of **", "**")
    told = prompt.with_subject("A photo of a car in the style of **")
    assert told == "A photo of a car in the style of **"


def test_without_a_preset_the_bases_recommendation_holds():
    options = options_on(load_registry().bases["tiny"], None, train_modules="unet,vae")
    assert (options.rank, options.steps, options.noise_offset) == (8, 180, 0.35)
    assert trained_parts(options) == ("unet", "vae")


def test_what_is_typed_goes_before_a_preset():
    options = options_on(SD15, "three-part", vae_steps=7, rank=4)
    assert (options.vae_steps, options.vae_epochs, options.rank) == (7, None, 4)


def test_each_part_has_a_shape_of_its_own_and_else_the_denoisers():
    options = LoraOptions(rank=6, alpha=3.0, dropout=0.1)
    assert options.shape("unet").alpha == 3.0
    text = options.shape("text_encoder")
    assert (text.rank, text.alpha, text.dropout) == (6, 6, 0.1)
    assert text.targets == ("q_proj", "k_proj", "v_proj", "out_proj")
    options = LoraOptions(rank=6, vae_rank=2, vae_alpha=9.0, vae_target_modules=" conv1, to_q,")
    shape = options.shape("vae")
    assert (shape.rank, shape.alpha, shape.targets) == (2, 9.0, ("conv1", "to_q"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("unet", ("unet",)),
        ("vae, unet", ("unet", "vae")),
        ("text-encoder,text-encoder", ("text_encoder",)),
        ("unet,text-encoder,vae", ("unet", "text_encoder", "vae")),
    ],
)
def test_the_parts_are_named_with_commas(text: str, parts: tuple[str, ...]):
    assert trained_parts(LoraOptions(train_modules=text)) == parts


@pytest.mark.parametrize("text", ["", ",", "unet,text_encoder", "all"])
def test_other_parts_are_refused(text: str):
    with pytest.raises(UsageError, match="--train-modules") as caught:
        trained_parts(LoraOptions(train_modules=text))
    assert "unet, text-encoder, vae" in (caught.value.hint or "")


def test_an_ablation_takes_one_part_out_of_what_is_trained():
    options = LoraOptions(train_modules="unet,vae")
    assert ABLATIONS["vae"].changes(options) == {"train_modules": "unet"}
    assert ABLATIONS["text-encoder"].changes(LoraOptions(train_modules="vae, unet")) == {}
    with pytest.raises(UsageError, match="nothing would be left"):
        ABLATIONS["unet"].changes(LoraOptions())
    assert resolve(LoraOptions, []).options == LoraOptions()
