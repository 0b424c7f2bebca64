import pytest
import torch
from accepted_keys import accepted, in_diffusers, in_sgm, text_keys, top_names, unet_names

from stylecli.loras.keys import read_key
from stylecli.loras.kohya import UNREAD, to_kohya
from stylecli.loras.module import LoraModule
from stylecli.loras.names import sgm_paths, underscored
from stylecli.loras.readers import READERS, accepts, problem_with, verdicts

NAMES = [reader.name for reader in READERS]
FAMILIES = ["sd15", "sdxl"]


@pytest.mark.parametrize("family", FAMILIES)
def test_sgms_blocks_are_counted_as_its_own_code_counts_them(real_modules, family):
    paths = list(real_modules[family]["unet"])
    ours = {(underscored(path), underscored(name)) for path, name in sgm_paths(paths).items()}
    assert ours == unet_names(family) | top_names(family)
    assert len(ours) == len(paths) == {"sd15": 282, "sdxl": 794}[family]


@pytest.fixture(scope="module")
def written(real_modules):
    """The keys of a file of ours that changes all that a LoRA of ours can change, by family."""

    def keys(family):
        lora = {
            part: {
                path: LoraModule(torch.ones(1, 1), torch.ones(1, 1), 1.0)
                for path in paths
                if not path.startswith((*UNREAD, "text_projection"))
            }
            for part, paths in real_modules[family].items()
            if part != "vae"
        }
        return list(to_kohya(lora, family, real_modules[family], torch.float16))

    return {family: keys(family) for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("reader", NAMES)
def test_every_key_that_we_write_is_accepted(written, reader, family):
    modules = {key.split(".")[0] for key in written[family]}
    assert len(modules) == {"sd15": 350, "sdxl": 1052}[family]
    assert modules <= accepted(reader, family)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("reader", READERS, ids=NAMES)
def test_what_we_say_of_a_program_is_what_its_code_accepts(reader, family):
    names, top = unet_names(family), top_names(family)
    every = in_diffusers(names | top) | in_sgm(names | (top if family == "sdxl" else set()))
    for prefix in ("lora_te_", "lora_te1_"):
        every |= text_keys(prefix, 12) | text_keys(prefix, 12, text_model=False)
    every |= text_keys("lora_te2_", 32)
    table = accepted(reader.name, family)
    for module in every:
        label = f"{module}.lora_up.weight"
        assert accepts(reader, label, read_key(label), family) == (module in table), module


def loads(keys, family="sd15", alphas=None):
    return {verdict.reader: verdict.loads for verdict in verdicts(keys, alphas or {}, family)}


def pieces(*modules, alpha=True):
    ends = ("lora_down.weight", "lora_up.weight", *(("alpha",) if alpha else ()))
    return [f"{module}.{end}" for module in modules for end in ends]


def attention(prefix, *names):
    return [f"{prefix}text_model_encoder_layers_0_self_attn_{name}" for name in names]


UNET = pieces("lora_unet_mid_block_attentions_0_proj_in", "lora_unet_mid_block_resnets_0_conv1")
FOUR = ("q_proj", "k_proj", "v_proj", "out_proj")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_file_of_ours_loads_everywhere(written, family):
    assert loads(written[family], family) == dict.fromkeys(NAMES, "whole")


# Each row as the programs' own loading code did it, on models of the two families' shapes.
@pytest.mark.parametrize(
    ("keys", "family", "not_whole"),
    [
        (
            UNET + pieces(*attention("lora_te_", "q_proj", "v_proj")),
            "sd15",
            {"diffusers": "not"},
        ),
        (
            pieces(*attention("lora_te2_", "q_proj", "v_proj")) + UNET,
            "sdxl",
            {"diffusers": "not", "A1111": "in part"},
        ),
        (
            UNET + pieces(*attention("lora_te1_", *FOUR)),
            "sd15",
            {"sd-scripts": "in part", "InvokeAI": "in part"},
        ),
        (
            UNET + pieces("lora_unet_conv_in"),
            "sd15",
            {"sd-scripts": "in part"},
        ),
        (
            UNET + pieces("lora_unet_up_blocks_0_upsamplers_0_conv"),
            "sdxl",
            {"A1111": "in part"},
        ),
        (
            UNET + pieces("lora_unet_input_blocks_1_0_in_layers_2"),
            "sd15",
            {"diffusers": "in part", "sd-scripts": "in part", "InvokeAI": "in part"},
        ),
        (
            UNET + pieces("stylecli.vae.encoder.mid_block.attentions.0.to_q"),
            "sd15",
            {
                "diffusers": "not",
                "InvokeAI": "not",
                "ComfyUI": "in part",
                "A1111": "in part",
                "Forge": "in part",
                "sd-scripts": "in part",
            },
        ),
        (
            UNET + pieces(*(f"stylecli.vae.decoder.conv{number}" for number in range(14))),
            "sd15",
            {
                "diffusers": "not",
                "InvokeAI": "not",
                "Forge": "not",
                "ComfyUI": "in part",
                "A1111": "in part",
                "sd-scripts": "in part",
            },
        ),
        (["stylecli.lsast.prompts"], "sd15", dict.fromkeys(NAMES, "not")),
        (
            pieces("stylecli.vae.encoder.mid_block.attentions.0.to_q"),
            "sd15",
            dict.fromkeys(NAMES, "not"),
        ),
        (
            ["unet.mid_block.attentions.0.proj_in.lora_A.weight"],
            "sd15",
            {name: "not" for name in NAMES if name != "diffusers"},
        ),
        (["mid_block.attentions.0.proj_in.lora_A.weight"], "sd15", dict.fromkeys(NAMES, "not")),
        (
            ["unet.mid_block.attentions.0.proj_in.lora_A.weight", "unet.mid_block.x.alpha"],
            "sd15",
            dict.fromkeys(NAMES, "not"),
        ),
        (
            ["unet.base_model.model.mid_block.attentions.0.proj_in.lora_A.weight"],
            "sd15",
            dict.fromkeys(NAMES, "not"),
        ),
        (
            ["diffusion_model.mid_block.x.lora_A.weight"],
            "sd15",
            dict.fromkeys(NAMES, "not") | {"ComfyUI": "unknown"},
        ),
        (
            [*UNET, "lora_unet_mid_block_resnets_0_conv1.lora_mid.weight"],
            "sd15",
            dict.fromkeys(NAMES, "unknown") | {"diffusers": "not"},
        ),
        (
            ["base_model.model.mid_block.attentions.0.proj_in.lora_A.weight"],
            "sd15",
            dict.fromkeys(NAMES, "not"),
        ),
    ],
)
def test_known_files(keys, family, not_whole):
    assert loads(keys, family) == dict.fromkeys(NAMES, "whole") | not_whole


@pytest.mark.parametrize("values", [(1.0, 2.0), (1.0, None)])
def test_alphas_that_differ_confuse_diffusers_alone(values):
    keys = [key for key in UNET if not key.endswith("alpha")]
    modules = dict.fromkeys(key.split(".")[0] for key in UNET)
    alphas = {
        f"{module}.alpha": value
        for module, value in zip(modules, values, strict=True)
        if value is not None
    }
    found = loads([*keys, *alphas], alphas=alphas)
    assert found == dict.fromkeys(NAMES, "whole") | {"diffusers": "in part"}
    assert loads(keys) == dict.fromkeys(NAMES, "whole")


def test_alphas_may_differ_between_the_parts():
    keys = UNET + pieces(*attention("lora_te_", *FOUR))
    alphas = {key: 1.0 + key.startswith("lora_te_") for key in keys if key.endswith("alpha")}
    assert loads(keys, alphas=alphas) == dict.fromkeys(NAMES, "whole")


def test_what_is_wrong_is_said():
    found = {
        verdict.reader: verdict.why
        for verdict in verdicts(UNET + pieces("lora_unet_conv_in"), {}, "sd15")
    }
    assert found["ComfyUI"] == ""
    assert found["sd-scripts"] == "without conv_in"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"lora_unet_x.hada_w1_a": (4, 4)}, "belongs to a LoHa"),
        ({"lora_unet_x.dora_scale": (4, 4)}, "belongs to a DoRA"),
        ({"lora_unet_y.lora_down.weight": (4, 4)}, "lora_unet_y"[10:] + " is incomplete"),
        ({"lora_unet_x.lora_up.weight": ()}, "is of no LoRA"),
        ({"lora_unet_x.lora_up.weight": (0, 4)}, "is of no LoRA"),
    ],
)
def test_what_stylecli_refuses_is_seen_in_the_header(changes, words):
    shapes = {
        "lora_unet_x.lora_down.weight": (4, 8),
        "lora_unet_x.lora_up.weight": (8, 4),
        "lora_unet_x.alpha": (),
    }
    problem = problem_with(shapes | changes)
    assert problem.endswith(words) if words else problem == ""
