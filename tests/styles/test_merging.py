from dataclasses import replace

import pytest
import torch

from stylecli.errors import UsageError
from stylecli.loras.kohya import to_kohya
from stylecli.loras.merge import MergeOptions
from stylecli.loras.module import LoraModule
from stylecli.loras.reading import fit, gather
from stylecli.styles.merging import merge_loras
from stylecli.styles.metadata import style_metadata
from stylecli.styles.style import ANY_LORA, Prompt, Provenance, ScaledStyle, Style

SHAPES = {"unet": {"mid_block.attentions.0.proj_in": (8, 6), "mid_block.resnets.0.conv1": (8, 8)}}


def style(name, seed, **changes):
    generator = torch.Generator().manual_seed(seed)
    lora = {
        path: LoraModule(
            torch.randn(2, into, generator=generator), torch.randn(out, 2, generator=generator), 2.0
        )
        for path, (out, into) in SHAPES["unet"].items()
    }
    made = Style(
        name=name,
        method="lora-sdedit",
        family="sd15",
        tensors=to_kohya({"unet": lora}, "sd15", SHAPES, torch.float16),
        prompt=Prompt(f"A {name} painting,"),
        transfer={"strength": 0.4},
        provenance=Provenance(base="sd15", base_hash="ab", resolution=512, licence="mine"),
    )
    return replace(made, **changes)


MONET, CEZANNE = style("Monet", 1), style("Cezanne", 2)


def merged(*parts, **options):
    scaled = [ScaledStyle(one, scale) for one, scale in parts]
    return merge_loras(scaled, "both", SHAPES, MergeOptions(**options))


def deltas(one):
    fitted = fit(gather(one.tensors, "it"), SHAPES, "it")
    return {path: module.delta() for path, module in fitted.modules["unet"].items()}


def test_the_new_style_is_the_weighted_sum():
    made, lost = merged((MONET, 0.7), (CEZANNE, 0.3))
    assert lost == 0
    one, other, both = deltas(MONET), deltas(CEZANNE), deltas(made)
    for path, delta in both.items():
        torch.testing.assert_close(delta, 0.7 * one[path] + 0.3 * other[path], rtol=5e-3, atol=5e-3)


def test_it_remembers_of_what_it_was_made_and_says_nothing_that_is_not_so():
    made, _ = merged((MONET, 0.7), (CEZANNE, 0.3), combination="dare_linear", seed=4, density=0.6)
    assert made.name == "both"
    assert made.prompt.prefix == "A Monet painting, A Cezanne painting,"
    assert made.transfer == MONET.transfer
    assert (made.provenance.base, made.provenance.base_hash) == ("sd15", "ab")
    assert made.provenance.licence == ""
    assert made.provenance.training == {}
    assert made.provenance.options == {
        "combination": "dare_linear",
        "density": 0.6,
        "rank": None,
        "seed": 4,
    }
    assert [(one["name"], one["scale"]) for one in made.provenance.source["merged"]] == [
        ("Monet", 0.7),
        ("Cezanne", 0.3),
    ]
    assert style_metadata(made, "")["modelspec.merged_from"] == "Monet, Cezanne"


def test_words_that_both_have_stand_once():
    assert merged((MONET, 1), (MONET, 1))[0].prompt == MONET.prompt


def test_two_methods_make_a_lora_of_none():
    assert merged((MONET, 1), (CEZANNE, 1))[0].method == "lora-sdedit"
    other = replace(CEZANNE, method="dreambooth")
    assert merged((MONET, 1), (other, 1))[0].method == ANY_LORA


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            replace(CEZANNE, method="lsast", tensors={"stylecli.lsast.prompts": torch.ones(3, 2)}),
            r"'Cezanne' \(lsast\) is no LoRA",
        ),
        (replace(CEZANNE, family="sdxl"), "'Monet' is of the sd15 family, 'Cezanne' of sdxl"),
        (
            replace(
                CEZANNE,
                tensors={
                    key.replace("mid_block", "no_block"): value
                    for key, value in CEZANNE.tensors.items()
                },
            ),
            "style 'Cezanne' does not fit the base of 'Monet'",
        ),
        (
            replace(
                CEZANNE,
                tensors={
                    key: torch.ones(2, 9) if "down" in key else value
                    for key, value in CEZANNE.tensors.items()
                },
            ),
            "style 'Cezanne' does not fit this base",
        ),
    ],
)
def test_what_cannot_be_merged_is_refused_by_name(other, words):
    with pytest.raises(UsageError, match=words):
        merged((MONET, 0.5), (other, 0.5))


def test_an_embedded_bases_style_and_another_are_not_merged():
    made = replace(CEZANNE.provenance, base="tiny", embedded=True)
    with pytest.raises(UsageError, match="'Monet' is for base 'sd15', 'Cezanne' for 'tiny'"):
        merged((MONET, 0.5), (replace(CEZANNE, provenance=made), 0.5))


def test_bases_that_predict_differently_are_not_merged():
    other = replace(CEZANNE, provenance=replace(CEZANNE.provenance, prediction_type="v_prediction"))
    with pytest.raises(UsageError, match="'Cezanne' for one that predicts v_prediction"):
        merged((MONET, 0.5), (other, 0.5))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_the_number_type_is_that_of_the_styles(dtype):
    def of_type(one, kind):
        return replace(one, tensors={key: value.to(kind) for key, value in one.tensors.items()})

    made, _ = merged((of_type(MONET, dtype), 0.5), (of_type(CEZANNE, dtype), 0.5))
    assert {value.dtype for value in made.tensors.values()} == {dtype}
    made, _ = merged((of_type(MONET, dtype), 0.5), (of_type(CEZANNE, torch.float32), 0.5))
    assert {value.dtype for value in made.tensors.values()} == {torch.float32}


def test_small_matrices_survive_half_precision():
    generator = torch.Generator().manual_seed(0)
    lora = {
        path: LoraModule(
            torch.randn(64, into, generator=generator),
            torch.randn(out, 64, generator=generator) * 2e-3,
            1.0,
        )
        for path, (out, into) in SHAPES["unet"].items()
    }
    small = replace(MONET, tensors=to_kohya({"unet": lora}, "sd15", SHAPES, torch.float16))
    made, _ = merged((small, 0.7), (small, 0.3))
    for path, delta in deltas(made).items():
        assert (delta - deltas(small)[path]).norm() / delta.norm() < 2e-3
