import pytest

from stylecli.loras.keys import is_lora, layout_of, parts_of, read_key


# What each program really writes for one and the same kind of module.
@pytest.mark.parametrize(
    ("key", "part", "module", "piece"),
    [
        ("lora_unet_mid_block_x_to_q.lora_down.weight", "unet", "mid_block_x_to_q", "down"),
        ("lora_unet_mid_block_x_to_q.lora_up.weight", "unet", "mid_block_x_to_q", "up"),
        ("lora_unet_mid_block_x_to_q.alpha", "unet", "mid_block_x_to_q", "alpha"),
        ("lora_unet_mid_block_c.lora_mid.weight", "unet", "mid_block_c", "mid"),
        ("lora_te_text_model_x.lora_up.weight", "text_encoder", "text_model_x", "up"),
        ("lora_te1_text_model_x.alpha", "text_encoder", "text_model_x", "alpha"),
        ("lora_te2_text_model_x.alpha", "text_encoder_2", "text_model_x", "alpha"),
        (
            "unet.up_blocks.0.attn1.to_q.lora_A.weight",
            "unet",
            "up_blocks.0.attn1.to_q",
            "down",
        ),
        ("unet.mid_block.x.lora_B.weight", "unet", "mid_block.x", "up"),
        ("unet.mid_block.x.lora_B.default_0.weight", "unet", "mid_block.x", "up"),
        ("unet.mid_block.ff.net.2.lora.down.weight", "unet", "mid_block.ff.net.2", "down"),
        (
            "unet.mid_block.attn1.processor.to_q_lora.down.weight",
            "unet",
            "mid_block.attn1.to_q",
            "down",
        ),
        (
            "unet.mid_block.attn2.processor.to_out_lora.up.weight",
            "unet",
            "mid_block.attn2.to_out.0",
            "up",
        ),
        (
            "down_blocks.0.attn1.processor.to_k_lora.up.weight",
            "unet",
            "down_blocks.0.attn1.to_k",
            "up",
        ),
        (
            "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.up.weight",
            "text_encoder",
            "text_model.encoder.layers.0.self_attn.q_proj",
            "up",
        ),
        (
            "text_encoder.text_model.encoder.layers.0.self_attn.to_out_lora.down.weight",
            "text_encoder",
            "text_model.encoder.layers.0.self_attn.out_proj",
            "down",
        ),
        ("text_encoder_2.text_model.x.lora_A.weight", "text_encoder_2", "text_model.x", "down"),
        ("base_model.model.mid_block.x.lora_A.weight", "unet", "mid_block.x", "down"),
        (
            "base_model.model.text_model.x.lora_B.weight",
            "text_encoder",
            "text_model.x",
            "up",
        ),
        (
            "text_encoder_2.base_model.model.text_model.x.lora_B.weight",
            "text_encoder_2",
            "text_model.x",
            "up",
        ),
        (
            "diffusion_model.input_blocks.4.1.proj_in.lora_up.weight",
            "unet",
            "input_blocks.4.1.proj_in",
            "up",
        ),
        (
            "text_encoders.clip_g.transformer.text_model.x.lora_up.weight",
            "text_encoder_2",
            "text_model.x",
            "up",
        ),
        ("stylecli.vae.decoder.conv_in.lora_up.weight", "vae", "decoder.conv_in", "up"),
        ("lora_unet_x.dora_scale", "unet", "x", "DoRA"),
        ("unet.x.lora_magnitude_vector", "unet", "x", "DoRA"),
        ("unet.x.lora_magnitude_vector.default.weight", "unet", "x", "DoRA"),
        ("lora_unet_x.hada_w1_a", "unet", "x", "LoHa"),
        ("lora_unet_x.lokr_w2_b", "unet", "x", "LoKr"),
        ("lora_unet_x.lokr_w1", "unet", "x", "LoKr"),
        ("lora_unet_x.oft_blocks", "unet", "x", "OFT"),
        ("lora_unet_x.a1.weight", "unet", "x", "GLoRA"),
        ("lora_unet_x.on_input", "unet", "x", "(IA)3"),
    ],
)
def test_known_keys(key, part, module, piece):
    found = read_key(key)
    assert (found.part, found.module, found.piece) == (part, module, piece)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "lora_unet_x",
        "lora_unet_x.diff",
        "lora_unet_x.lora_up.bias",
        "lora_vae_x.lora_up.weight",
        "emb_params",
        "stylecli.lsast.prompts",
        "unet.conv_in.weight",
        "other.lora_up.weight",
        "lora_unet_x.lora_up.weight\n",
    ],
)
def test_other_keys_mean_nothing(key):
    assert read_key(key) is None
    assert not is_lora([key])


def test_the_parts_that_a_file_changes():
    assert parts_of(["lora_unet_x.alpha", "lora_te2_y.lora_up.weight", "z"]) == {
        "unet",
        "text_encoder_2",
    }
    assert parts_of(["stylecli.lsast.prompts"]) == frozenset()
    assert parts_of(["lora_unet_x.dora_scale"]) == frozenset()


@pytest.mark.parametrize(
    ("key", "layout"),
    [
        ("lora_te2_text_model_x.alpha", "kohya"),
        ("unet.x.lora_A.weight", "diffusers"),
        ("down_blocks.0.x.lora_A.weight", "diffusers"),
        ("base_model.model.x.lora_A.weight", "peft"),
        ("unet.base_model.model.x.lora_A.weight", "peft"),
        ("diffusion_model.x.lora_A.weight", "comfyui"),
    ],
)
def test_whose_layout_it_is(key, layout):
    assert layout_of([key]) == layout
