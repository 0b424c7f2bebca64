import pytest

from stylecli.errors import UsageError
from stylecli.loras.family import family_of_lora


def to_k(width, name="lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"):
    return {f"{name}.lora_down.weight": (4, width), f"{name}.lora_up.weight": (320, 4)}


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (to_k(768), "sd15"),
        (to_k(2048), "sdxl"),
        (to_k(2048, "lora_unet_middle_block_1_transformer_blocks_0_attn2_to_k"), "sdxl"),
        (to_k(128), ""),
        (to_k(768) | to_k(2048, "lora_unet_x_attn2_to_k"), ""),
        ({"lora_unet_mid_block_attentions_0_proj_in.lora_up.weight": (8, 4)}, ""),
        ({"lora_te1_text_model_x.lora_up.weight": (8, 4)}, ""),
        ({"lora_te_text_model_x.lora_up.weight": (8, 4)}, "sd15"),
        ({"lora_te2_text_model_x.lora_up.weight": (8, 4)}, "sdxl"),
        ({"lora_unet_label_emb_0_0.lora_up.weight": (8, 4)}, "sdxl"),
        ({"unet.x.transformer_blocks.1.attn1.to_q.lora_B.weight": (8, 4)}, "sdxl"),
        ({"unet.x.transformer_blocks.0.attn1.to_q.lora_B.weight": (8, 4)}, ""),
    ],
)
def test_the_family_is_told_by_what_only_it_has(shapes, family):
    assert family_of_lora(shapes, "it") == family


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (to_k(1024), "Stable Diffusion 2"),
        ({"lora_unet_double_blocks_0_img_mlp_0.lora_up.weight": (8, 4)}, "Flux"),
        (
            {"transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": (8, 4)},
            "Flux",
        ),
        ({"lora_unet_joint_blocks_0_x.lora_up.weight": (8, 4)}, "Stable Diffusion 3"),
        ({"transformer.x.lora_A.weight": (8, 4)}, "diffusion transformer"),
        ({"lora_prior_unet_x.lora_up.weight": (8, 4)}, "Cascade"),
        ({"model.diffusion_model.conv.weight": (8, 4)}, "holds no LoRA; its keys are: model."),
        ({}, "holds no LoRA"),
    ],
)
def test_what_cannot_be_used_is_named(shapes, words):
    with pytest.raises(UsageError) as caught:
        family_of_lora(shapes, "it.safetensors")
    assert caught.value.message.startswith("it.safetensors: ")
    assert words in caught.value.message
